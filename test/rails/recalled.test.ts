import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { RailsIntegration } from '../../src/config/integrations.ts';
import { watchPayments } from '../../src/ingest/index.ts';
import { reconcile } from '../../src/jobs/reconcile/index.ts';
import { submitPayments } from '../../src/payments/index.ts';
import {
  executePayouts,
  notifyDeposit,
  notifyReturn,
  openReturns,
  pollDeposits,
  settlePayout,
} from '../../src/rails/index.ts';
import {
  type AnchorContext,
  holdTransaction,
  type ObligationRow,
  refundCredit,
  refundTransaction,
  releaseTransaction,
  type TransactionRow,
  waitingFor,
} from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { faults, type Money, openMoney, type Seeded, scriptedBank, XLM } from '../support/money.ts';

const how = { by: 'operator:test', reason: 'asked the bank' };

describeDatabases('money that comes back', (test) => {
  let money: Money;
  let wallet: Seeded;
  let serial = 0;
  beforeAll(async () => {
    money = await openMoney(test, { bank: scriptedBank() });
    wallet = await money.wallet({ units: 10_000n * XLM });
  });
  afterEach(() => faults(money.sandbox, []));
  afterAll(() => money.close());

  const withRails = (rails: Partial<RailsIntegration>): AnchorContext => ({
    ...money.ctx,
    project: { ...money.ctx.project, integrations: { rails: { ...money.bank.rails, ...rails } } },
  });
  const execute = (ctx: AnchorContext = money.ctx) =>
    executePayouts(ctx, { ...money.options, deadlineMs: money.clock.now() + 20_000 });
  const withdrawal = async (): Promise<TransactionRow> => {
    const row = await money.started('withdrawal', wallet.publicKey, 50n * XLM);
    const destination = row.anchor_account ?? '';
    const asset = money.stellarAsset;
    await money.apply(wallet, [{ type: 'payment', destination, asset, amount: 50n * XLM }], {
      memo: { type: 'id', value: row.memo ?? '' },
    });
    await watchPayments(money.ctx, money.options);
    return row;
  };
  const only = async (row: TransactionRow): Promise<ObligationRow> => {
    const [one] = await money.obligations(row.id);
    if (one === undefined) throw new Error('nothing is owed');
    return one;
  };
  const ofCredit = (id: string) =>
    money.ctx.db.read
      .selectFrom('obligations')
      .selectAll()
      .where('credit_id', '=', id)
      .executeTakeFirstOrThrow();
  /** A deposit whose envelope was signed and never reached the network. */
  const inFlight = async (): Promise<{ row: TransactionRow; to: Seeded; creditId: string }> => {
    const to = await money.wallet();
    const row = await money.started('deposit', to.publicKey, 20n * XLM);
    const { id } = money.credit(row, '20');
    await pollDeposits(money.ctx, money.options);
    await faults(money.sandbox, [{ on: 'POST /transactions_async', times: 1000, reset: true }]);
    await submitPayments(money.ctx, { ...money.options, deadlineMs: money.clock.now() + 2_000 });
    expect(await only(row)).toMatchObject({ state: 'bound' });
    return { row, to, creditId: id };
  };

  it('a recalled credit whose payment was under way is not paid when the slot has died (F16, R4)', async () => {
    const { row, to, creditId } = await inFlight();
    const id = `R-${++serial}`;
    expect(await notifyReturn(money.ctx, { id, creditId, reason: 'recalled' })).toBe('after_payment');
    expect(await only(row)).toMatchObject({ state: 'bound' });
    money.closeLedgers(30);
    await faults(money.sandbox, []);
    money.clock.advance(60_000);
    await submitPayments(money.ctx, money.options);
    expect(await only(row)).toMatchObject({ state: 'held', held_for: 'returned', slot_id: null });
    await submitPayments(money.ctx, money.options);
    expect(await money.deliveries(to.publicKey)).toEqual([]);
    const [open] = (await openReturns(money.ctx, 100)).filter((one) => one.id === id);
    expect(open?.effect).toBe('withheld');
    expect(await waitingFor(money.ctx, await money.row(row.id))).toMatchObject({ code: 'operator' });
    // an operator may pay it all the same
    await releaseTransaction(money.ctx, await money.row(row.id), how);
    await submitPayments(money.ctx, money.options);
    expect(await money.deliveries(to.publicKey)).toHaveLength(1);
  });

  it('a recalled credit whose payment applied after all stays paid, and open for the operator', async () => {
    const { row, to, creditId } = await inFlight();
    await notifyReturn(money.ctx, { id: `R-${++serial}`, creditId, reason: 'recalled' });
    await faults(money.sandbox, []);
    await submitPayments(money.ctx, money.options);
    expect(await money.deliveries(to.publicKey)).toHaveLength(1);
    expect(await only(row)).toMatchObject({ state: 'paid', held_for: null });
    expect(await waitingFor(money.ctx, await money.row(row.id))).toMatchObject({ code: 'operator' });
  });

  it('a return that is told of before its credit funds nothing (F16)', async () => {
    const row = await money.started('deposit', wallet.publicKey, 100n * XLM);
    const credit = { id: `EARLY-${++serial}`, amount: '100', reference: row.reference };
    const id = `R-${++serial}`;
    expect(await notifyReturn(money.ctx, { id, creditId: credit.id, reason: 'recalled' })).toBe('unknown');
    expect(await notifyDeposit(money.ctx, credit)).toBe('suspended');
    expect(await notifyDeposit(money.ctx, credit)).toBe('known');
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
    expect(await money.obligations(row.id)).toEqual([]);
    const stored = await money.ctx.db.read
      .selectFrom('bank_credits')
      .selectAll()
      .where('id', '=', credit.id)
      .executeTakeFirst();
    expect(stored).toMatchObject({ bucket: 'returned' });
    const [open] = (await openReturns(money.ctx, 100)).filter((one) => one.id === id);
    expect(open).toMatchObject({ effect: 'withheld', credit_id: credit.id, transaction_id: row.id });
  });

  it('a refund of a transaction that an operator holds waits until it is released', async () => {
    const refunded: string[] = [];
    const refund: RailsIntegration['refund'] = async ({ key }) => {
      refunded.push(key);
      return { status: 'completed' };
    };
    const row = await money.started('deposit', wallet.publicKey, 100n * XLM);
    money.credit(row, '100');
    await pollDeposits(money.ctx, money.options);
    await money.ctx.db.write(async (trx) => refundTransaction(money.ctx, trx, await money.row(row.id), how));
    await holdTransaction(money.ctx, await money.row(row.id), how);
    await execute(withRails({ refund }));
    expect(refunded).toEqual([]);
    await releaseTransaction(money.ctx, await money.row(row.id), how);
    await execute(withRails({ refund }));
    expect(refunded).toHaveLength(1);
    expect((await money.row(row.id)).status).toBe('refunded');
  });

  it('a held refund of a credit without transaction is settled by the operator', async () => {
    const rejecting = withRails({ refund: async () => ({ status: 'rejected', reason: 'closed' }) });
    const one = { id: `S-${++serial}`, amount: '33', reference: 'NOBODY33' };
    await notifyDeposit(money.ctx, one);
    const credit = await money.ctx.db.read
      .selectFrom('bank_credits')
      .selectAll()
      .where('id', '=', one.id)
      .executeTakeFirstOrThrow();
    await money.ctx.db.write((trx) =>
      refundCredit(money.ctx, trx, credit, { ...how, assetId: money.asset.id }),
    );
    await execute(rejecting);
    expect(await ofCredit(one.id)).toMatchObject({ state: 'held', held_for: 'rejected' });
    await settlePayout(money.ctx, await ofCredit(one.id), { ...how, outcome: 'paid', externalId: 'B-33' });
    expect(await ofCredit(one.id)).toMatchObject({ state: 'paid', external_id: 'B-33' });
  });

  it('a completed withdrawal whose payout came back is refunded on Stellar, and stays completed (R7)', async () => {
    const row = await withdrawal();
    await execute();
    const done = await money.row(row.id);
    expect(done.status).toBe('completed');
    const refund = async (notPaid: boolean) =>
      money.ctx.db.write(async (trx) =>
        refundTransaction(money.ctx, trx, await money.row(row.id), { ...how, notPaid }),
      );
    await expect(refund(true)).rejects.toMatchObject({ code: 'REFUND_TOO_LATE' });
    const payout = await only(row);
    await notifyReturn(money.ctx, { id: `R-${++serial}`, key: payout.id, reason: 'account closed' });
    await expect(refund(false)).rejects.toMatchObject({ code: 'PAYOUT_UNCLEAR' });
    const before = await money.balance(wallet.publicKey);
    await refund(true);
    await expect(refund(true)).rejects.toMatchObject({ code: 'REFUND_TOO_LATE' });
    expect(await waitingFor(money.ctx, await money.row(row.id))).toMatchObject({ code: 'job_not_running' });
    await submitPayments(money.ctx, money.options);
    await submitPayments(money.ctx, money.options);
    expect((await money.balance(wallet.publicKey)) - before).toBe(50n * XLM);
    const after = await money.row(row.id);
    expect(after).toMatchObject({ status: 'completed', paid_units: 0n, refunded_units: 50n * XLM });
    expect(after.completed_at).toBe(done.completed_at);
    expect(await waitingFor(money.ctx, after)).toBeNull();
    await execute();
    expect(money.bank.paid.size).toBe(1);
    const report = await reconcile(money.ctx, { signal: new AbortController().signal });
    expect(report.list().filter(({ id }) => id === row.id)).toEqual([]);
  });
});
