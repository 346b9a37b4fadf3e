import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { BankReturn, RailsIntegration } from '../../src/config/integrations.ts';
import { watchPayments } from '../../src/ingest/index.ts';
import {
  executePayouts,
  notifyDeposit,
  notifyPayout,
  notifyReturn,
  openReturns,
  pollDeposits,
  pollPayouts,
  resolveReturn,
  settlePayout,
} from '../../src/rails/index.ts';
import {
  type AnchorContext,
  refundCredit,
  type TransactionRow,
  waitingFor,
} from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, scriptedBank, XLM } from '../support/money.ts';

describeDatabases('returns, notices and refunds', (test) => {
  let money: Money;
  let wallet: Seeded;
  let serial = 0;
  beforeAll(async () => {
    money = await openMoney(test, { bank: scriptedBank() });
    wallet = await money.wallet({ units: 10_000n * XLM });
  });
  beforeEach(() => {
    money.bank.onPayout = null;
    money.bank.calls.payout.length = 0;
  });
  afterAll(() => money.close());

  const withRails = (rails: Partial<RailsIntegration>): AnchorContext => ({
    ...money.ctx,
    project: { ...money.ctx.project, integrations: { rails: { ...money.bank.rails, ...rails } } },
  });
  const execute = (ctx: AnchorContext = money.ctx) =>
    executePayouts(ctx, { ...money.options, deadlineMs: money.clock.now() + 20_000 });
  const owed = async (): Promise<TransactionRow> => {
    const row = await money.started('withdrawal', wallet.publicKey, 50n * XLM);
    const destination = row.anchor_account ?? '';
    await money.apply(
      wallet,
      [{ type: 'payment', destination, asset: money.stellarAsset, amount: 50n * XLM }],
      { memo: { type: 'id', value: row.memo ?? '' } },
    );
    await watchPayments(money.ctx, money.options);
    return row;
  };
  const keyOf = async (row: TransactionRow) => (await money.obligations(row.id))[0]?.id ?? '';
  const returns = () => money.ctx.db.read.selectFrom('bank_returns').selectAll().execute();
  const returned = (id: string) =>
    money.ctx.db.read.selectFrom('bank_returns').selectAll().where('id', '=', id).executeTakeFirst();
  const credit = (id: string) =>
    money.ctx.db.read.selectFrom('bank_credits').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

  it('R7: a payout that comes back after success is owed again, held and visible', async () => {
    const row = await owed();
    await execute();
    expect((await money.row(row.id)).status).toBe('completed');
    const key = await keyOf(row);
    const list: BankReturn[] = [{ id: `R-${++serial}`, key, amount: '49.5', reason: 'account closed' }];
    const ctx = withRails({ pollReturns: async () => ({ returns: list, cursor: 'r1' }) });
    expect(await pollPayouts(ctx, money.options)).toMatchObject({ processed: 1 });
    expect(await money.obligations(row.id)).toMatchObject([
      { state: 'held', held_for: 'returned', waiting_code: 'operator' },
    ]);
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await waitingFor(money.ctx, await money.row(row.id))).toMatchObject({ code: 'operator' });
    expect(await returned(list[0]?.id ?? '')).toMatchObject({
      effect: 'reopened',
      obligation_id: key,
      amount_units: 495_000_000n,
      resolved_at: null,
    });
    // told again, in any way, it changes nothing; nor does the bank's old news that it had paid
    await pollPayouts(ctx, money.options);
    await notifyReturn(money.ctx, list[0] as BankReturn);
    await notifyPayout(money.ctx, { key, status: 'completed' });
    await execute();
    expect((await returns()).filter((one) => one.obligation_id === key)).toHaveLength(1);
    expect(await money.obligations(row.id)).toMatchObject([{ state: 'held' }]);
    expect(money.bank.calls.payout).toHaveLength(1);
  });

  it('F16: accepted and later rejected is with us again, held; rejected and later paid is completed', async () => {
    const row = await owed();
    money.bank.onPayout = () => ({ status: 'accepted' });
    await execute();
    const key = await keyOf(row);
    await notifyPayout(money.ctx, { key, status: 'rejected', reason: 'frozen' });
    expect((await money.row(row.id)).status).toBe('pending_anchor');
    expect(await money.obligations(row.id)).toMatchObject([{ state: 'held', held_for: 'rejected' }]);
    await notifyPayout(money.ctx, { key, status: 'completed', externalId: 'late' });
    expect(await money.row(row.id)).toMatchObject({ status: 'completed', external_transaction_id: 'late' });
    await notifyPayout(money.ctx, { key, status: 'rejected', reason: 'after all not' });
    expect(await money.obligations(row.id)).toMatchObject([{ state: 'held', held_for: 'returned' }]);
  });

  it('F16: another amount than ordered is held and never completed', async () => {
    const row = await owed();
    money.bank.onPayout = () => ({ status: 'completed', amount: '4950' });
    await execute();
    expect(await money.obligations(row.id)).toMatchObject([{ state: 'held', held_for: 'amount' }]);
    expect((await money.row(row.id)).status).toBe('pending_anchor');
    await notifyPayout(money.ctx, { key: await keyOf(row), status: 'completed' });
    expect((await money.row(row.id)).status).toBe('pending_anchor');
  });

  it('an accepted payout that the bank has forgotten is held', async () => {
    const row = await owed();
    money.bank.onPayout = () => ({ status: 'accepted' });
    await execute();
    await pollPayouts(money.ctx, money.options);
    expect((await money.row(row.id)).status).toBe('pending_external');
    money.clock.advance(120_000);
    await pollPayouts(money.ctx, money.options);
    expect(await money.obligations(row.id)).toMatchObject([{ state: 'held', held_for: 'forgotten' }]);
  });

  it('a credit that is taken back in time is not paid out; too late it is the operator’s', async () => {
    const [inTime, late] = [
      await money.started('deposit', wallet.publicKey, 100n * XLM),
      await money.started('deposit', wallet.publicKey, 100n * XLM),
    ];
    const [a, b] = [money.credit(inTime, '100'), money.credit(late, '100')];
    await pollDeposits(money.ctx, money.options);
    expect(await notifyReturn(money.ctx, { id: `R-${++serial}`, creditId: a.id, reason: 'recalled' })).toBe(
      'withheld',
    );
    expect((await money.row(inTime.id)).status).toBe('on_hold');
    expect(await money.obligations(inTime.id)).toMatchObject([{ state: 'held' }]);
    await money.ctx.db.read
      .updateTable('obligations')
      .set({ state: 'paid' })
      .where('transaction_id', '=', late.id)
      .execute();
    expect(await notifyReturn(money.ctx, { id: `R-${++serial}`, creditId: b.id, reason: 'recalled' })).toBe(
      'after_payment',
    );
    expect(await waitingFor(money.ctx, await money.row(late.id))).toMatchObject({ code: 'operator' });
  });

  it('a credit in suspense that is taken back is no longer there to be matched or refunded', async () => {
    const one = { id: `S-${++serial}`, amount: '7', reference: 'NOBODY77' };
    expect(await notifyDeposit(money.ctx, one)).toBe('suspended');
    expect(await notifyReturn(money.ctx, { id: `R-${++serial}`, creditId: one.id, reason: 'x' })).toBe(
      'withheld',
    );
    expect(await credit(one.id)).toMatchObject({ bucket: 'returned' });
  });

  it('a return of something unknown is kept, open', async () => {
    const id = `R-${++serial}`;
    expect(await notifyReturn(money.ctx, { id, key: 'nobody', reason: 'x' })).toBe('unknown');
    expect(await returned(id)).toMatchObject({ effect: 'unknown', resolved_at: null });
  });

  it('R12: one bad return keeps no other out', async () => {
    const row = await owed();
    await execute();
    const good = { id: `R-${++serial}`, key: await keyOf(row), reason: 'closed' };
    const cyclic: Record<string, unknown> = { id: 'cyclic' };
    cyclic['self'] = cyclic;
    const list = [null, 7, {}, { id: 'a\0b' }, cyclic, { id: 'big', reason: 'x'.repeat(1e6) }, good];
    await pollPayouts(withRails({ pollReturns: async () => ({ returns: list as never }) }), money.options);
    expect(await returned(good.id)).toMatchObject({ effect: 'reopened' });
  });

  it('notices are refused when they can never be booked', async () => {
    for (const bad of [null, {}, { id: '' }, { id: 5, amount: '1' }]) {
      await expect(notifyDeposit(money.ctx, bad as never)).rejects.toMatchObject({
        code: 'BANK_NOTICE_INVALID',
      });
    }
    const strange = { key: 'x', status: 'perhaps' } as never;
    await expect(notifyPayout(money.ctx, strange)).rejects.toMatchObject({ code: 'BANK_NOTICE_INVALID' });
    await expect(notifyPayout(money.ctx, { key: 'x', status: 'completed' })).rejects.toMatchObject({
      code: 'PAYOUT_UNKNOWN',
    });
    await expect(notifyReturn(money.ctx, {} as never)).rejects.toMatchObject({ code: 'BANK_NOTICE_INVALID' });
  });

  it('keeps a second credit that comes under the id of another, and reads one that was mended', async () => {
    const row = await money.started('deposit', wallet.publicKey, 100n * XLM);
    const first = { id: `D-${++serial}`, amount: '100', reference: row.reference };
    expect(await notifyDeposit(money.ctx, first)).toBe('matched');
    expect(await notifyDeposit(money.ctx, first)).toBe('known');
    const other = { ...first, amount: '55' };
    expect(await notifyDeposit(money.ctx, other)).toBe('suspended');
    expect(await notifyDeposit(money.ctx, other)).toBe('known');
    const reused = await money.ctx.db.read
      .selectFrom('bank_credits')
      .selectAll()
      .where('id', 'like', `${first.id}#%`)
      .execute();
    expect(reused).toMatchObject([{ reason: 'id_reused', bucket: 'suspense', amount_units: 55n * XLM }]);
    expect(reused[0]?.held_at).not.toBeNull();
    const later = await money.started('deposit', wallet.publicKey, 100n * XLM);
    const mended = { id: `D-${++serial}`, reference: later.reference };
    expect(await notifyDeposit(money.ctx, { ...mended, amount: '1e2' })).toBe('suspended');
    expect(await notifyDeposit(money.ctx, { ...mended, amount: '100' })).toBe('matched');
    expect((await money.row(later.id)).status).toBe('pending_anchor');
  });

  it('sends a credit back through rails.refund, with the rules of a payout', async () => {
    const one = { id: `S-${++serial}`, amount: '31', reference: 'NOBODY31', from: 'Grace' };
    await notifyDeposit(money.ctx, one);
    const row = await credit(one.id);
    await money.ctx.db.write((trx) =>
      refundCredit(money.ctx, trx, row, { by: 'operator:test', reason: 'test', assetId: money.asset.id }),
    );
    const orders: unknown[] = [];
    const refund: RailsIntegration['refund'] = async (order) => {
      orders.push(order);
      money.bank.paid.set(order.key, order.amount);
      throw new Error('socket hang up');
    };
    const obligation = () =>
      money.ctx.db.read
        .selectFrom('obligations')
        .selectAll()
        .where('credit_id', '=', one.id)
        .executeTakeFirstOrThrow();
    const { id: key } = await obligation();
    await execute(withRails({ refund }));
    expect(await obligation()).toMatchObject({ state: 'unknown' });
    await execute(withRails({ refund }));
    expect(await obligation()).toMatchObject({ state: 'paid', external_id: `P-${key}` });
    expect(orders).toEqual([
      { key, amount: '31', credit: expect.objectContaining({ id: one.id, from: 'Grace' }) },
    ]);
  });

  it('holds a refund where the rails have none', async () => {
    const one = { id: `S-${++serial}`, amount: '32', reference: 'NOBODY32' };
    await notifyDeposit(money.ctx, one);
    const row = await credit(one.id);
    await money.ctx.db.write((trx) =>
      refundCredit(money.ctx, trx, row, { by: 'operator:test', reason: 'test', assetId: money.asset.id }),
    );
    await execute();
    const held = await money.ctx.db.read
      .selectFrom('obligations')
      .selectAll()
      .where('credit_id', '=', one.id)
      .executeTakeFirstOrThrow();
    expect(held).toMatchObject({ state: 'held', held_for: 'no_refund', waiting_code: 'operator' });
  });

  it('lets the operator settle what is held: paid, again under the same key, anew under another', async () => {
    const how = { by: 'operator:test', reason: 'asked the bank' };
    const held = async (row: TransactionRow) => {
      const all = await money.obligations(row.id);
      const one = all.find(({ state }) => state === 'held');
      if (one === undefined) throw new Error('nothing is held');
      return one;
    };
    const [paid, again, anew] = [await owed(), await owed(), await owed()];
    money.bank.onPayout = () => ({ status: 'rejected', reason: 'closed' });
    await execute();
    await settlePayout(money.ctx, await held(paid), { ...how, outcome: 'paid', externalId: 'B-9' });
    expect(await money.row(paid.id)).toMatchObject({ status: 'completed', external_transaction_id: 'B-9' });
    await money.ctx.db.read
      .updateTable('obligations')
      .set({ held_for: 'unclear' })
      .where('transaction_id', '=', again.id)
      .execute();
    money.bank.calls.payout.length = 0;
    money.bank.onPayout = null;
    const [first, second] = [await held(again), await held(anew)];
    await settlePayout(money.ctx, first, { ...how, outcome: 'again' });
    await settlePayout(money.ctx, second, { ...how, outcome: 'again' });
    await execute();
    expect((await money.row(again.id)).status).toBe('completed');
    expect((await money.row(anew.id)).status).toBe('completed');
    expect(money.bank.calls.payout).toContain(first.id);
    expect(money.bank.calls.payout).not.toContain(second.id);
    expect(await money.obligations(anew.id)).toHaveLength(2);
    await expect(settlePayout(money.ctx, first, { ...how, outcome: 'again' })).rejects.toMatchObject({
      code: 'OBLIGATION_MOVED',
    });
    const [done] = await money.obligations(paid.id);
    await expect(settlePayout(money.ctx, done as never, { ...how, outcome: 'again' })).rejects.toMatchObject({
      code: 'PAYOUT_NOT_HELD',
    });
  });

  it('lets the operator order a returned payout anew, and closes its return', async () => {
    const how = { by: 'operator:test', reason: 'new account' };
    const row = await owed();
    await execute();
    const [first] = await money.obligations(row.id);
    const id = `R-${++serial}`;
    await notifyReturn(money.ctx, { id, key: first?.id ?? '', reason: 'closed' });
    const [reopened] = await money.obligations(row.id);
    await settlePayout(money.ctx, reopened as never, { ...how, outcome: 'again' });
    await execute();
    expect((await money.obligations(row.id)).map(({ state }) => state).sort()).toEqual(['cancelled', 'paid']);
    expect(await returned(id)).toMatchObject({ resolution: 'operator:test: new account' });
    expect(await waitingFor(money.ctx, await money.row(row.id))).toBeNull();
    // the bank pays the old order after all: that is told, and changes nothing
    await expect(
      notifyPayout(money.ctx, { key: first?.id ?? '', status: 'completed' }),
    ).rejects.toMatchObject({ code: 'PAYOUT_UNKNOWN' });
    const other = `R-${++serial}`;
    await notifyReturn(money.ctx, { id: other, creditId: 'nothing', reason: 'x' });
    expect((await openReturns(money.ctx, 10)).map((one) => one.id)).toContain(other);
    await resolveReturn(money.ctx, other, how);
    await expect(resolveReturn(money.ctx, other, how)).rejects.toMatchObject({ code: 'RETURN_NOT_OPEN' });
  });
});
