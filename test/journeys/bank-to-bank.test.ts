import { afterEach, describe, expect, it } from 'vitest';
import { listSends, send, showSend } from '../../src/sending/index.ts';
import { type TwoAnchors, twoAnchors } from './two-anchors.ts';

const XLM = 10_000_000n;

let both: TwoAnchors | undefined;
afterEach(async () => {
  await both?.close();
  both = undefined;
});

const payment = (to: string, more: object = {}) => ({
  key: 'order-4711',
  to,
  asset: 'SRT',
  amount: '100',
  sender: { id: 'ada', fields: { first_name: 'Ada', last_name: 'Lovelace', bank_account_number: 'ADA-1' } },
  receiver: { id: 'bob', fields: { first_name: 'Bob', last_name: 'Builder', bank_account_number: 'BOB-2' } },
  ...more,
});

describe('two anchors', () => {
  it('pay each other from bank to bank (S31-M01, S31-M03, S31-M06, S31-15, S31-F11)', async () => {
    both = await twoAnchors();
    const { a, b, until } = both;
    const before = { a: await a.balance(), b: await b.balance() };
    const begun = await send(a.ctx, payment(b.home));
    expect(begun).toMatchObject({
      state: 'awaiting_funds',
      amount: '100',
      amount_fee: '1',
      amount_sent: '99',
    });
    expect(await send(a.ctx, payment(b.home))).toMatchObject({ id: begun.id });
    await a.bank.pay({ amount: '100', reference: begun.reference ?? '', from: 'Ada' });
    const done = await until('the end', async () => {
      const now = await showSend(a.ctx, 'order-4711');
      return now.ended_at !== null && now;
    });
    expect(done).toMatchObject({ state: 'completed', remote: { status: 'completed', amount_out: '97' } });
    // the truth: both banks and the ledger
    expect(await a.statement('credit')).toMatchObject([{ amount: '100' }]);
    expect(await a.statement('payout')).toEqual([]);
    expect(await b.statement('payout')).toMatchObject([{ amount: '97', counterparty: 'BOB-2' }]);
    expect(await a.balance()).toBe(before.a - 99n * XLM);
    expect(await b.balance()).toBe(before.b + 99n * XLM);
    expect(await listSends(a.ctx, { limit: 10, open: true })).toEqual([]);
  });
});
