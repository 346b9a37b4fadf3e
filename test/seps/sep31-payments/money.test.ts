import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchPayments } from '../../../src/ingest/index.ts';
import { expireTransactions } from '../../../src/jobs/expire.ts';
import { systemIds } from '../../../src/kernel/ids.ts';
import { submitPayments } from '../../../src/payments/index.ts';
import { executePayouts } from '../../../src/rails/index.ts';
import { sep31 } from '../../../src/seps/sep31-payments/index.ts';
import { tokensOf } from '../../../src/seps/shared/tokens.ts';
import { randomKeyPair } from '../../../src/stellar/keys.ts';
import { askInfo } from '../../../src/transfers/ask-info.ts';
import { holdTransaction, refundTransaction } from '../../../src/transfers/index.ts';
import { createDatabase, DATABASES, type DatabaseKind, type TestDatabase } from '../../support/databases.ts';
import { type Money, openMoney, XLM } from '../../support/money.ts';

type Json = Record<string, unknown>;

let database: TestDatabase;
let money: Money;
const open = async (kind: DatabaseKind) => {
  database = await createDatabase(kind);
  money = await openMoney(database, {
    asset: { sep31_enabled: 1, anchored_asset: 'iso4217:USD', refund_after_hours: 1, wrong_amount: 'end' },
    integrations: {
      sep31: { info: () => ({ fields: { account: { description: 'Account of the receiver' } } }) },
    },
  });
};

const by = { by: 'operator:test', reason: 'test' };
const owner = randomKeyPair(systemIds).publicKey;

/** What the sending anchor sees and does. */
async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
  const token = tokensOf(money.ctx).sign('api', { sub: owner, lifetimeSeconds: 86_400 * 365 });
  const answer = await sep31.routes(money.ctx).request(`http://localhost:8000/sep31${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Json) };
}
const find = async (id: string): Promise<Json> =>
  (await ask('GET', `/transactions/${id}`)).body['transaction'] as Json;

async function begin(more: Json = {}): Promise<Json & { id: string }> {
  const body = {
    amount: 100,
    asset_code: money.asset.code,
    funding_method: 'SEPA',
    fields: { transaction: { account: 'BOB' } },
    ...more,
  };
  const answer = await ask('POST', '/transactions', body);
  expect(answer.status).toBe(201);
  return answer.body as Json & { id: string };
}

/** From an account that is not the one of the login (S31-15). */
async function pay(told: Json, units: bigint): Promise<string> {
  const wallet = await money.wallet({ units });
  return money.apply(
    wallet,
    [
      {
        type: 'payment',
        destination: told['stellar_account_id'] as string,
        asset: money.stellarAsset,
        amount: units,
      },
    ],
    { memo: { type: 'id', value: told['stellar_memo'] as string } },
  );
}
const see = () => watchPayments(money.ctx, money.options);
const payOut = () => executePayouts(money.ctx, money.options);

describe.each(DATABASES.filter(({ available }) => available))(
  'the money of a SEP-31 payment on $kind',
  ({ kind }) => {
    beforeAll(() => open(kind));
    afterAll(async () => {
      await money.close();
      await database.drop();
    });

    it('goes from Stellar to the receiver (S31-M01, S31-M03, S31-M08, S31-15, S31-F12)', async () => {
      const told = await begin();
      expect(await find(told.id)).toMatchObject({
        status: 'pending_sender',
        stellar_memo: told['stellar_memo'],
      });
      const hash = await pay(told, 100n * XLM);
      await see();
      expect(await find(told.id)).toMatchObject({ status: 'pending_receiver', stellar_transaction_id: hash });
      await payOut();
      expect(await find(told.id)).toMatchObject({
        status: 'completed',
        amount_in: '100',
        external_transaction_id: expect.stringMatching(/^P-/),
        completed_at: expect.stringMatching(/Z$/),
        fee_details: { total: '1' },
      });
      const [owed] = await money.obligations(told.id);
      expect(money.bank.paid.get(owed?.id ?? '')).toBe('99');
    });

    it('waits in pending_external while the bank has not delivered (S31-M06)', async () => {
      const told = await begin();
      await pay(told, 100n * XLM);
      money.bank.onPayout = (key, take) => {
        take();
        return { status: 'accepted', externalId: `X-${key}` };
      };
      await see();
      await payOut();
      money.bank.onPayout = null;
      expect(await find(told.id)).toMatchObject({ status: 'pending_external' });
    });

    it('goes back with the refund memo, and is told as refunds (S31-26, S31-21, S31-M09, S31-F14, S31-P09)', async () => {
      const told = await begin({ refund_memo: '4711', refund_memo_type: 'id' });
      const wallet = await money.wallet({ units: 100n * XLM });
      await money.apply(
        wallet,
        [
          {
            type: 'payment',
            destination: told['stellar_account_id'] as string,
            asset: money.stellarAsset,
            amount: 100n * XLM,
          },
        ],
        { memo: { type: 'id', value: told['stellar_memo'] as string } },
      );
      await see();
      const row = await money.row(told.id);
      await money.ctx.db.write((trx) => refundTransaction(money.ctx, trx, row, by));
      expect(await find(told.id)).toMatchObject({ status: 'pending_receiver' });
      await submitPayments(money.ctx, money.options);
      const found = await find(told.id);
      expect(found).toMatchObject({
        status: 'refunded',
        refunds: {
          amount_refunded: '100',
          amount_fee: '0',
          payments: [{ id: expect.stringMatching(/^[0-9a-f]{64}$/), amount: '100', fee: '0' }],
        },
      });
      expect(found['refunded']).toBe(true);
      const [refund] = await money.deliveries(wallet.publicKey);
      const hash = (found['refunds'] as { payments: { id: string }[] }).payments[0]?.id ?? '';
      expect(refund?.transaction.hash).toBe(hash);
      expect([refund?.transaction.memoType, refund?.transaction.memo]).toEqual(['id', '4711']);
      expect(await money.balance(wallet.publicKey)).toBe(100n * XLM);
      await payOut();
      expect(money.bank.paid.size).toBeGreaterThan(0);
      for (const owed of await money.obligations(told.id)) {
        if (owed.leg === 'rails')
          expect([owed.state, money.bank.paid.has(owed.id)]).toEqual(['cancelled', false]);
      }
    });

    it('that is too little ends it and goes back by policy (S31-M09, S31-22)', async () => {
      const told = await begin();
      await pay(told, 50n * XLM);
      await see();
      expect(await find(told.id)).toMatchObject({
        status: 'pending_receiver',
        status_message: expect.any(String),
      });
      money.clock.advance(2 * 3_600_000);
      await see();
      await submitPayments(money.ctx, money.options);
      expect(await find(told.id)).toMatchObject({ status: 'refunded', refunds: { amount_refunded: '50' } });
      expect(money.bank.calls.payout.length).toBeGreaterThan(0);
    });

    it('never comes: expired, and what comes later lies in suspense (S31-M09, S31-16)', async () => {
      const told = await begin();
      money.clock.advance(73 * 3_600_000);
      await expireTransactions(money.ctx, money.options);
      expect(await find(told.id)).toMatchObject({ status: 'expired' });
      await pay(told, 100n * XLM);
      await see();
      const late = await money.ctx.db.read
        .selectFrom('incoming_payments')
        .selectAll()
        .where('memo', '=', told['stellar_memo'] as string)
        .executeTakeFirstOrThrow();
      expect([late.bucket, late.reason]).toEqual(['suspense', 'expired']);
      expect(await find(told.id)).toMatchObject({ status: 'expired' });
    });

    it('waits for data of the payment, which PATCH brings (S31-25, S31-M05, S31-F15, S31-F16)', async () => {
      const told = await begin();
      await pay(told, 100n * XLM);
      await see();
      await askInfo(money.ctx, await money.row(told.id), {
        fields: { account: { description: 'Account of the receiver' } },
        message: 'The bank does not know this account.',
        by: 'operator:test',
      });
      const open = await find(told.id);
      expect(open).toMatchObject({
        status: 'pending_transaction_info_update',
        required_info_message: 'The bank does not know this account.',
        required_info_updates: { transaction: { account: { description: 'Account of the receiver' } } },
      });
      const before = money.bank.calls.payout.length;
      await payOut();
      expect(money.bank.calls.payout.length).toBe(before);
      const patch = (fields: unknown) => ask('PATCH', `/transactions/${told.id}`, { fields });
      for (const bad of [
        undefined,
        {},
        { transaction: {} },
        { transaction: { other: 'x' } },
        { transaction: { account: '' } },
        { transaction: { account: {} } },
        'x',
      ]) {
        expect((await patch(bad)).status).toBe(400);
      }
      expect(await find(told.id)).toEqual(open);
      const done = await patch({ transaction: { account: 'BOB-9' } });
      expect([done.status, (done.body['transaction'] as Json)['status']]).toEqual([200, 'pending_receiver']);
      expect(done.body['transaction']).not.toHaveProperty('required_info_updates');
      expect((await patch({ transaction: { account: 'BOB-9' } })).status).toBe(400);
      let seen: unknown;
      money.ctx.project.integrations.rails = {
        ...money.bank.rails,
        async payout(order, hook) {
          seen = order.transaction.fields['account'];
          return money.bank.rails.payout(order, hook);
        },
      };
      await payOut();
      money.ctx.project.integrations.rails = money.bank.rails;
      expect(seen).toBe('BOB-9');
      expect(await find(told.id)).toMatchObject({ status: 'completed' });
    });

    it('the bank rejects with a question: the sending anchor is asked, and the payout ordered anew under another key (S31-24, S31-25, S31-M05)', async () => {
      const told = await begin();
      await pay(told, 100n * XLM);
      await see();
      const fields = { account: { description: 'Account of the receiver', choices: ['BOB-1', 'BOB-2'] } };
      money.bank.onPayout = () => ({
        status: 'rejected',
        reason: 'no account',
        ask: { message: 'No such account.', fields },
      });
      await payOut();
      money.bank.onPayout = null;
      expect(await find(told.id)).toMatchObject({
        status: 'pending_transaction_info_update',
        required_info_message: 'No such account.',
        required_info_updates: { transaction: fields },
      });
      const patch = (account: string) =>
        ask('PATCH', `/transactions/${told.id}`, { fields: { transaction: { account } } });
      expect((await patch('BOB-3')).status).toBe(400);
      expect((await patch('BOB-2')).status).toBe(200);
      await payOut();
      expect(await find(told.id)).toMatchObject({ status: 'completed' });
      const owed = await money.obligations(told.id);
      expect(owed.map(({ state }) => state).sort()).toEqual(['cancelled', 'paid']);
      expect(owed.filter(({ id }) => money.bank.paid.has(id))).toHaveLength(1);
    });

    it('lacks fields that /info demands (S31-12, S31-P11)', async () => {
      const { body } = await ask('GET', '/info');
      const entry = (body['receive'] as Record<string, Json>)[money.asset.code];
      expect(entry?.['fields']).toEqual({
        transaction: { account: { description: 'Account of the receiver' } },
      });
      const answer = await ask('POST', '/transactions', { amount: 100, asset_code: money.asset.code });
      expect([answer.status, answer.body]).toEqual([
        400,
        { error: 'transaction_info_needed', fields: { account: { description: 'Account of the receiver' } } },
      ]);
    });

    it('stays in one status of the wire while an operator looks at it, with the time at which that began (S31-29)', async () => {
      const told = await begin();
      await pay(told, 100n * XLM);
      await see();
      const before = await find(told.id);
      money.clock.advance(60_000);
      await holdTransaction(money.ctx, await money.row(told.id), by);
      expect(await find(told.id)).toEqual(before);
    });
  },
);
