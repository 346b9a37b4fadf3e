import { describe, expect, it } from 'vitest';
import { putCustomer } from '../../../src/customers/index.ts';
import { parseSubject } from '../../../src/kernel/principal.ts';
import { customersOf } from '../../../src/transfers/customers.ts';
import { ALICE, BOB, SHARED, type TestAnchor, useTestAnchor } from '../../support/anchor.ts';
import { countTransactions } from '../sep24/client.ts';
import { senderOf } from './client.ts';

const usdc = { sep31_enabled: 1 as const, code: 'USDC' };
const good = { amount: 100, asset_code: 'USDC', funding_method: 'SEPA' };
const ada = { first_name: 'Ada', last_name: 'Lovelace' };
const bob = { first_name: 'Bob', last_name: 'Builder', bank_account_number: 'BOB-2' };

/** As the sending anchor registers somebody through SEP-12. */
function register(
  anchor: TestAnchor,
  subject: string,
  type: string,
  texts: Record<string, string>,
  memo?: string,
) {
  const principal = parseSubject(subject);
  if (principal === null) throw new Error(subject);
  const key = memo === undefined ? {} : { memo: { type: 'id' as const, value: memo } };
  return putCustomer(customersOf(anchor.ctx), principal, { ...key, type, texts });
}

async function idOf(made: Promise<unknown>): Promise<string> {
  const found = (await made) as string | { id: string };
  return typeof found === 'string' ? found : found.id;
}

const both = async (anchor: TestAnchor, subject = ALICE) => ({
  sender_id: await idOf(register(anchor, subject, 'sep31-sender', ada, '1')),
  receiver_id: await idOf(register(anchor, subject, 'sep31-receiver', bob, '2')),
});

describe('customers of a payment', () => {
  const anchor = useTestAnchor({ assets: [usdc], project: { seps: [1, 10, 12, 31] } });
  const sender = (subject?: string) => senderOf(anchor, subject);

  it('names their types in /info (S31-06)', async () => {
    const { body } = await sender().ask('/info');
    const entry = (body['receive'] as Record<string, Record<string, unknown>>)['USDC'];
    expect(entry?.['sep12']).toEqual({
      sender: { types: { 'sep31-sender': { description: expect.any(String) } } },
      receiver: { types: { 'sep31-receiver': { description: expect.any(String) } } },
    });
  });

  it('asks for those who are not named or not complete, with the type (S31-11, S31-P07, S31-P08)', async () => {
    const known = await both(anchor);
    const before = await countTransactions(anchor);
    const lacking = await idOf(register(anchor, ALICE, 'sep31-receiver', ada, '3'));
    for (const [body, type] of [
      [{}, 'sep31-sender'],
      [{ sender_id: known.sender_id }, 'sep31-receiver'],
      [{ sender_id: known.sender_id, receiver_id: lacking }, 'sep31-receiver'],
    ] as const) {
      const answer = await sender().post({ ...good, ...body });
      expect([answer.status, answer.body]).toEqual([400, { error: 'customer_info_needed', type }]);
    }
    expect(await countTransactions(anchor)).toBe(before);
    expect((await sender().post({ ...good, ...known })).status).toBe(201);
  });

  it('takes customers of any memo under the account, and of no other account (S31-14, SC-21)', async () => {
    const known = await both(anchor, SHARED);
    expect((await sender(`${SHARED}:1`).post({ ...good, ...known })).status).toBe(201);
    const foreign = await sender(BOB).post({ ...good, ...known });
    const absent = await sender(BOB).post({
      ...good,
      sender_id: '6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11',
      receiver_id: known.receiver_id,
    });
    expect(foreign.status).toBe(400);
    expect(foreign.text).toBe(absent.text);
    expect(foreign.body).not.toHaveProperty('type');
    expect((await sender(BOB).post({ ...good, sender_id: 'x', receiver_id: 'y' })).text).toBe(absent.text);
  });

  it('refuses the rejected, in the language of the request (S31-13)', async () => {
    const known = await both(anchor, BOB);
    await anchor.ctx.db.read
      .updateTable('customer_statuses')
      .set({ status: 'REJECTED' })
      .where('customer_id', '=', known.receiver_id)
      .execute();
    const answer = await sender(BOB).post({ ...good, ...known, lang: 'es' });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error: 'No podemos pagar a este destinatario.' });
  });
});

describe('customers that are not accepted yet', () => {
  const anchor = useTestAnchor({
    assets: [usdc],
    integrations: { customers: { review: async () => ({ status: 'PROCESSING' }) } },
    project: {
      seps: [1, 10, 12, 31],
      sep31: { senders: [], fundingMethods: ['SEPA'], quotesRequired: false, acceptUnverified: true },
    },
  });

  it('wait in pending_receiver, and are asked to pay when they are accepted (S31-09, S31-11, S31-M01, S31-M02)', async () => {
    const sender = senderOf(anchor);
    const known = await both(anchor);
    const answer = await sender.post({ ...good, ...known });
    expect([answer.status, Object.keys(answer.body)]).toEqual([201, ['id']]);
    const id = answer.body['id'] as string;
    expect(await sender.find(id)).toMatchObject({ status: 'pending_receiver' });
    expect(await sender.find(id)).not.toHaveProperty('stellar_account_id');
    const customers = customersOf(anchor.ctx);
    for (const [customerId, type] of [
      [known.sender_id, 'sep31-sender'],
      [known.receiver_id, 'sep31-receiver'],
    ] as const) {
      await anchor.ctx.db.write(async (trx) => {
        await trx
          .updateTable('customer_statuses')
          .set({ status: 'ACCEPTED' })
          .where('customer_id', '=', customerId)
          .execute();
        const owner = parseSubject(ALICE)?.owner;
        if (owner === undefined) throw new Error('no owner');
        await customers.changed?.(trx, {
          customerId,
          owner,
          type,
          from: 'PROCESSING',
          to: 'ACCEPTED',
          by: 'test',
        });
      });
    }
    expect(await sender.find(id)).toMatchObject({
      status: 'pending_sender',
      stellar_memo_type: 'id',
      stellar_account_id: expect.stringMatching(/^G/),
    });
  });
});

describe('without SEP-12 types', () => {
  const anchor = useTestAnchor({ assets: [usdc] });

  it('needs no customers, and says so with empty objects (S31-06)', async () => {
    const { body } = await senderOf(anchor).ask('/info');
    const entry = (body['receive'] as Record<string, Record<string, unknown>>)['USDC'];
    expect(entry?.['sep12']).toEqual({ sender: {}, receiver: {} });
    expect((await senderOf(anchor).post(good)).status).toBe(201);
  });
});
