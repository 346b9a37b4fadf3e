import { describe, expect, it } from 'vitest';
import type { Integrations } from '../../../src/config/integrations.ts';
import { setStatus } from '../../../src/customers/change.ts';
import { customerById } from '../../../src/customers/find.ts';
import { putCustomer, statusOf } from '../../../src/customers/index.ts';
import { statusRow } from '../../../src/customers/review.ts';
import { type Principal, parseSubject } from '../../../src/kernel/principal.ts';
import { customersOf } from '../../../src/transfers/customers.ts';
import { knownFields } from '../../../src/transfers/known-fields.ts';
import { ALICE, BOB, DISTRIBUTION, SHARED, type TestAnchor, useTestAnchor } from '../../support/anchor.ts';
import { walletOf } from './client.ts';

type Verdict = 'ACCEPTED' | 'PROCESSING' | 'NEEDS_INFO' | 'REJECTED';
const SEPS = [1, 6, 10, 12] as const;
const PERSON = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  email_address: 'ada@example.org',
  bank_account_number: '98765432',
};

const who = (subject: string): Principal => parseSubject(subject) as Principal;

/** Reviewed by hand: complete customers stay in PROCESSING. */
const byHand: Integrations = { customers: { review: () => ({ status: 'PROCESSING' }) } };

async function register(anchor: TestAnchor, subject = ALICE): Promise<string> {
  return putCustomer(customersOf(anchor.ctx), who(subject), { type: 'sep6', texts: PERSON });
}

/** What an operator, or the anchor's own code, decides later. */
async function decide(anchor: TestAnchor, customerId: string, status: Verdict): Promise<void> {
  const ctx = customersOf(anchor.ctx);
  await anchor.ctx.db.write(async (trx) => {
    const customer = await customerById(trx, customerId);
    if (customer === null) throw new Error('no such customer');
    const before = await statusRow(trx, customerId, 'sep6');
    await setStatus(ctx, trx, customer, before, 'sep6', { status, by: 'operator:test', reason: 'test' });
  });
}

describe('SEP-6 with SEP-12', () => {
  const anchor = useTestAnchor({ project: { seps: SEPS }, integrations: byHand });

  it.each(['deposit', 'withdraw'] as const)(
    'a %s without data is taken and waits for the customer, without instructions (S6-11, S6-18, S6-33, S6-36)',
    async (kind) => {
      const wallet = walletOf(anchor, BOB);
      const { status, body } = await wallet[kind]({ amount: '100' });
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('account_id');
      expect(body).not.toHaveProperty('instructions');
      const found = await wallet.find(body['id']);
      expect(found).toMatchObject({ status: 'pending_customer_info_update', amount_in: '100' });
      expect(typeof found['required_info_message']).toBe('string');
      expect(typeof found['user_action_required_by']).toBe('string');
      for (const name of [
        'instructions',
        'withdraw_anchor_account',
        'withdraw_memo',
        'required_info_updates',
      ])
        expect(found).not.toHaveProperty(name);
    },
  );

  it("goes through the customer's states, with the transactions that were begun before (S6-36, S6-39, S6-33)", async () => {
    const wallet = walletOf(anchor);
    const deposit = (await wallet.deposit({ amount: '100' })).body['id'] as string;
    const withdrawal = (await wallet.withdraw()).body['id'] as string;
    const statuses = async () => [
      (await wallet.find(deposit))['status'],
      (await wallet.find(withdrawal))['status'],
    ];
    const customer = await register(anchor);
    expect(await statuses()).toEqual(['pending_anchor', 'pending_anchor']);
    expect(await wallet.find(deposit)).not.toHaveProperty('instructions');
    await decide(anchor, customer, 'NEEDS_INFO');
    expect(await statuses()).toEqual(['pending_customer_info_update', 'pending_customer_info_update']);
    await decide(anchor, customer, 'ACCEPTED');
    expect(await statuses()).toEqual(['pending_user_transfer_start', 'pending_user_transfer_start']);
    expect(await wallet.find(deposit)).toHaveProperty('instructions');
    expect(await wallet.find(withdrawal)).toMatchObject({
      withdraw_anchor_account: DISTRIBUTION,
      withdraw_memo_type: 'id',
    });
    expect((await anchor.row(deposit)).kyc_verified).toBe(1);
    const fields = await knownFields(anchor.ctx, await anchor.row(withdrawal));
    expect(fields).toMatchObject({ bank_account_number: '98765432', first_name: 'Ada' });

    // looked at again while money is waited for
    await decide(anchor, customer, 'NEEDS_INFO');
    expect(await statuses()).toEqual(['pending_customer_info_update', 'pending_customer_info_update']);
    const memo = (await anchor.row(withdrawal)).memo;
    await decide(anchor, customer, 'ACCEPTED');
    expect((await anchor.row(withdrawal)).memo).toBe(memo);

    // a new one needs nothing more
    expect((await wallet.withdraw()).body).toMatchObject({ account_id: DISTRIBUTION });

    // rejected: what has no money ends, and new ones are refused
    await decide(anchor, customer, 'REJECTED');
    expect(await statuses()).toEqual(['error', 'error']);
    const refused = await wallet.deposit();
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ type: 'customer_info_status', status: 'denied' });
  });

  it('tells a rejected customer so at once, in the language asked for (S6-13)', async () => {
    const customer = (await statusOf(customersOf(anchor.ctx), who(ALICE), 'sep6')).id ?? '';
    await decide(anchor, customer, 'REJECTED');
    const answers = await Promise.all(['en', 'fr'].map((lang) => walletOf(anchor).withdraw({ lang })));
    for (const { status, body } of answers) {
      expect(status).toBe(403);
      expect(body).toEqual({ type: 'customer_info_status', status: 'denied', error: expect.any(String) });
    }
    expect(answers[0]?.text).not.toBe(answers[1]?.text);
  });

  it('money that is there waits with its customer, and goes on (S6-36, S6-39)', async () => {
    const carol = SHARED;
    const wallet = walletOf(anchor, carol);
    const customer = await register(anchor, carol);
    await decide(anchor, customer, 'ACCEPTED');
    const id = (await wallet.deposit({ amount: '100' })).body['id'] as string;
    await anchor.advance(id, 'pending_anchor');
    await anchor.ctx.db.read
      .updateTable('transactions')
      .set({ received_units: 10n })
      .where('id', '=', id)
      .execute();
    await decide(anchor, customer, 'NEEDS_INFO');
    expect((await anchor.row(id)).status).toBe('pending_customer_info_update');
    await decide(anchor, customer, 'ACCEPTED');
    expect((await anchor.row(id)).status).toBe('pending_anchor');
    await decide(anchor, customer, 'REJECTED');
    expect((await anchor.row(id)).status).toBe('on_hold');
  });

  it("takes only a customer of the login's own (S6-P11, S6-P19)", async () => {
    const wallet = walletOf(anchor);
    const own = (await statusOf(customersOf(anchor.ctx), who(ALICE), 'sep6')).id ?? '';
    expect((await walletOf(anchor, BOB).deposit({ customer_id: own })).status).toBe(404);
    const absent = await walletOf(anchor, BOB).deposit({
      customer_id: '7b9c1ed4-2b5a-4c6b-9b4a-1f1c2f3a4b5c',
    });
    const foreign = await walletOf(anchor, BOB).deposit({ customer_id: own });
    expect(foreign.text).toBe(absent.text);
    expect((await wallet.withdraw({ customer_id: own })).status).not.toBe(404);
  });

  it("never tells the rails of somebody else's customer, nor moves by one (S6-P11, SC-21)", async () => {
    const victim = (await statusOf(customersOf(anchor.ctx), who(ALICE), 'sep6')).id ?? '';
    const thief = walletOf(anchor, BOB);
    const { body } = await thief.withdraw();
    const id = body['id'] as string;
    // as if it had been named while SEP-12 was off
    await anchor.ctx.db.read
      .updateTable('transactions')
      .set({ customer_id: victim })
      .where('id', '=', id)
      .execute();
    expect(await knownFields(anchor.ctx, await anchor.row(id))).not.toHaveProperty('bank_account_number');
    const { status } = await anchor.row(id);
    await decide(anchor, victim, 'NEEDS_INFO');
    await decide(anchor, victim, 'ACCEPTED');
    expect((await anchor.row(id)).status).toBe(status);
    const hosted = (customer_id: string) =>
      thief.ask('/sep24/transactions/deposit/interactive', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ asset_code: 'SRT', customer_id }),
      });
    const [foreign, absent] = [await hosted(victim), await hosted('7b9c1ed4-2b5a-4c6b-9b4a-1f1c2f3a4b5c')];
    expect([foreign.status, foreign.text]).toEqual([404, absent.text]);
  });
});
