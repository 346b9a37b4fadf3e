import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { watchPayments } from '../../src/ingest/index.ts';
import type { Memo } from '../../src/kernel/memos.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { executePayouts, pollDeposits } from '../../src/rails/index.ts';
import { describeTransaction } from '../../src/seps/sep24-interactive/view.ts';
import {
  type AssetRow,
  findSuspense,
  holdSuspense,
  holdTransaction,
  type IncomingRow,
  keepPayment,
  listSuspense,
  matchSuspense,
  refundPaid,
  refundPayment,
  refundTransaction,
  releaseSuspense,
  releaseTransaction,
  suspenseHistory,
  suspenseView,
  type TransactionRow,
} from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const ANN = { by: 'operator:ann', reason: 'a test' };
const HOUR = 3_600_000;

describeDatabases('refunds and suspense', (test) => {
  let money: Money;
  let wallet: Seeded;
  beforeAll(async () => {
    money = await openMoney(test);
    wallet = await money.wallet({ units: 10_000n * XLM });
  });
  afterAll(() => money.close());
  afterEach(() =>
    policy({ refund_after_hours: null, accept_late: 0, wrong_amount: 'wait', refund_min_units: 0n }),
  );

  const policy = (set: Partial<AssetRow>) =>
    money.ctx.db.read.updateTable('assets').set(set).where('id', '=', money.asset.id).execute();
  const watch = () => watchPayments(money.ctx, money.options);
  const submit = () => submitPayments(money.ctx, money.options);
  const started = (units = 50n, more: Parameters<Money['started']>[3] = {}) =>
    money.started('withdrawal', wallet.publicKey, units * XLM, more);
  const memoOf = (row: TransactionRow): Memo => ({ type: 'id', value: row.memo ?? '' });
  const send = (
    destination: string,
    units: bigint,
    memo: Memo | null,
    more: { from?: Seeded; source?: string; asset?: { code: string; issuer: string | null } } = {},
  ) => {
    const asset = more.asset ?? money.stellarAsset;
    const source = more.source === undefined ? {} : { source: more.source };
    const operation = { type: 'payment', destination, asset, amount: units, ...source } as const;
    return money.apply(more.from ?? wallet, [operation], memo === null ? {} : { memo });
  };
  const pay = (row: TransactionRow, units: bigint, more: { from?: Seeded } = {}) =>
    send(row.anchor_account ?? '', units, memoOf(row), more);
  const incoming = async (hash: string): Promise<IncomingRow> =>
    money.ctx.db.read
      .selectFrom('incoming_payments')
      .selectAll()
      .where('transaction_hash', '=', hash)
      .executeTakeFirstOrThrow();
  const item = async (hash: string) => findSuspense(money.ctx.db.read, (await incoming(hash)).operation_id);
  const refund = async (hash: string) => {
    const row = await incoming(hash);
    await money.ctx.db.write((trx) => refundPayment(money.ctx, trx, row, ANN));
  };
  const refundsOf = async (hash: string) => {
    const { operation_id: id } = await incoming(hash);
    return money.ctx.db.read.selectFrom('obligations').selectAll().where('incoming_id', '=', id).execute();
  };
  const sep24 = async (id: string) => describeTransaction(money.ctx, await money.row(id));
  /** the payment on the ledger that an obligation was paid with */
  const onLedger = async (hash: string) => {
    const [operation] = (await money.deliveries(wallet.publicKey)).filter(
      (one) => one.transaction.hash === hash,
    );
    return { to: operation?.raw['to_muxed'] ?? operation?.raw['to'], memo: operation?.transaction.memo };
  };

  it('sends a payment without memo back to its sender, once', async () => {
    const before = await money.balance(wallet.publicKey);
    const hash = await send(money.distribution.publicKey, 7n * XLM, null);
    await watch();
    await refund(hash);
    await expect(refund(hash)).rejects.toMatchObject({ code: 'SUSPENSE_MOVED' });
    await submit();
    await submit();
    const [owed, another] = await refundsOf(hash);
    expect(owed).toMatchObject({ state: 'paid', purpose: 'refund', leg: 'stellar', transaction_id: null });
    expect(another).toBeUndefined();
    expect(await money.balance(wallet.publicKey)).toBe(before);
    expect(await incoming(hash)).toMatchObject({ bucket: 'suspense', refunded_units: 7n * XLM });
    const view = await suspenseView(money.ctx.db.read, await item(hash));
    expect(view).toMatchObject({ state: 'refunded', reason: 'no_memo', amount: '7' });
    expect(await suspenseHistory(money.ctx.db.read, await item(hash))).toMatchObject([
      { action: 'refund', by: 'operator:ann' },
    ]);
  });

  it('keeps the muxed sender and the memo of the payment, and prefers refund_memo (S24-22)', async () => {
    const source = joinMuxed(wallet.publicKey, '18446744073709551615');
    const unknown = await send(
      money.distribution.publicKey,
      XLM,
      { type: 'text', value: 'to whom?' },
      { source },
    );
    const row = await started(50n, { refundMemo: { type: 'text', value: 'user 7' } });
    const small = await pay(row, 20n * XLM);
    await watch();
    for (const hash of [unknown, small]) await refund(hash);
    await submit();
    await submit();
    const [first] = await refundsOf(unknown);
    expect(first).toMatchObject({ destination: source, memo: 'to whom?', memo_type: 'text', state: 'paid' });
    expect(await onLedger(first?.paid_by ?? '')).toEqual({ to: source, memo: 'to whom?' });
    const [second] = await refundsOf(small);
    expect(second).toMatchObject({ destination: wallet.publicKey, memo: 'user 7', state: 'paid' });
    // it goes on waiting for the right amount
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
  });

  it('sends XLM back as XLM that was paid in place of the asset', async () => {
    const row = await started();
    const native = { code: 'native', issuer: null };
    const hash = await send(row.anchor_account ?? '', 50n * XLM, memoOf(row), { asset: native });
    await watch();
    expect(await incoming(hash)).toMatchObject({ reason: 'wrong_asset', transaction_id: row.id });
    await refund(hash);
    await submit();
    const [owed] = await refundsOf(hash);
    expect(owed).toMatchObject({ state: 'paid', asset_key: 'native', memo: row.memo });
    const paid = (await money.deliveries(wallet.publicKey)).find(
      (one) => one.transaction.hash === owed?.paid_by,
    );
    expect(paid?.raw).toMatchObject({ asset_type: 'native', amount: '50.0000000', to: wallet.publicKey });
  });

  it('waits where the sender cannot take it, and goes when it can; it never creates accounts', async () => {
    const other = await money.wallet({ units: 20n * XLM });
    const gone = await money.wallet({ units: 5n * XLM });
    const hash = await send(money.distribution.publicKey, 20n * XLM, null, { from: other });
    const lost = await send(money.distribution.publicKey, 5n * XLM, null, { from: gone });
    await watch();
    const asset = money.stellarAsset;
    await money.apply(other, [{ type: 'changeTrust', asset, limit: 0n }]);
    await money.apply(gone, [
      { type: 'changeTrust', asset, limit: 0n },
      { type: 'accountMerge', destination: other.publicKey },
    ]);
    await refund(hash);
    await refund(lost);
    await submit();
    expect(await refundsOf(hash)).toMatchObject([{ state: 'waiting', waiting_code: 'trustline' }]);
    expect(await refundsOf(lost)).toMatchObject([{ state: 'waiting', waiting_code: 'account' }]);
    expect((await suspenseView(money.ctx.db.read, await item(hash))).state).toBe('refunding');
    await money.apply(other, [{ type: 'changeTrust', asset }]);
    money.clock.advance(15 * 60_000);
    await submit();
    expect(await refundsOf(hash)).toMatchObject([{ state: 'paid' }]);
    expect(await refundsOf(lost)).toMatchObject([{ state: 'waiting' }]);
  });

  it('holds a refund without memo to an account that asks for one (SEP-29), and lets it be called off and matched', async () => {
    const exchange = await money.wallet({ units: 100n * XLM });
    await money.apply(exchange, [{ type: 'manageData', name: 'config.memo_required', value: '1' }]);
    const hash = await send(money.distribution.publicKey, 50n * XLM, null, { from: exchange });
    const row = await started();
    await watch();
    await refund(hash);
    await submit();
    expect(await refundsOf(hash)).toMatchObject([{ state: 'held' }]);
    await holdSuspense(money.ctx, await item(hash), ANN);
    expect(await incoming(hash)).toMatchObject({ refunded_units: 0n });
    await matchSuspense(money.ctx, await item(hash), row, ANN);
    expect(await refundsOf(hash)).toMatchObject([{ state: 'cancelled' }]);
    expect(await money.row(row.id)).toMatchObject({ status: 'pending_anchor', received_units: 50n * XLM });
    await submit();
    await executePayouts(money.ctx, money.options);
    expect((await money.row(row.id)).status).toBe('completed');
    await expect(refund(hash)).rejects.toMatchObject({ code: 'SUSPENSE_MOVED' });
  });

  it('revives an expired withdrawal where the policy takes late money (S24-65)', async () => {
    await policy({ accept_late: 1 });
    const [late, wrong] = [await started(), await started()];
    for (const row of [late, wrong]) await expire(row);
    await pay(late, 50n * XLM);
    const hash = await pay(wrong, 20n * XLM);
    await watch();
    expect(await money.row(late.id)).toMatchObject({ status: 'pending_anchor', received_units: 50n * XLM });
    expect(await incoming(hash)).toMatchObject({ bucket: 'suspense', reason: 'expired' });
    await executePayouts(money.ctx, money.options);
    expect((await money.row(late.id)).status).toBe('completed');
  });

  it('refunds an expired withdrawal that was paid late, and shows it (S24-62, S24-65)', async () => {
    const row = await started();
    await expire(row);
    const hash = await pay(row, 50n * XLM);
    await watch();
    expect((await money.row(row.id)).status).toBe('expired');
    await refund(hash);
    expect(await money.row(row.id)).toMatchObject({ status: 'pending_anchor', refunded_units: 50n * XLM });
    await submit();
    const done = await money.row(row.id);
    expect(done).toMatchObject({ status: 'refunded', received_units: 50n * XLM, paid_units: 0n });
    const [owed] = await money.obligations(row.id);
    expect(await sep24(row.id)).toMatchObject({
      status: 'refunded',
      refunded: true,
      amount_in: '50',
      amount_out: '0',
      amount_fee: '0',
      refunds: {
        amount_refunded: '50',
        amount_fee: '0',
        payments: [{ id: owed?.paid_by, id_type: 'stellar', amount: '50', fee: '0' }],
      },
    });
    await executePayouts(money.ctx, money.options);
    expect(money.bank.paid.has(owed?.id ?? '')).toBe(false);
  });

  it('ends a withdrawal with the wrong amount where the policy says so, and sends it back (S24-M19, S24-70)', async () => {
    await policy({ wrong_amount: 'end', refund_after_hours: 2 });
    const [small, large] = [await started(), await started()];
    await pay(small, 40n * XLM);
    await pay(large, 60n * XLM);
    await watch();
    expect(await sep24(small.id)).toMatchObject({ status: 'too_small', amount_in: '40', refunded: false });
    expect(await sep24(large.id)).toMatchObject({ status: 'too_large', amount_in: '60' });
    await watch();
    expect(await money.obligations(small.id)).toEqual([]);
    money.clock.advance(2 * HOUR);
    await watch();
    await submit();
    await submit();
    expect(await sep24(small.id)).toMatchObject({ status: 'refunded', refunds: { amount_refunded: '40' } });
    expect(await sep24(large.id)).toMatchObject({ status: 'refunded', refunds: { amount_refunded: '60' } });
  });

  it('takes what the tolerance of the asset allows and no more (S24-70)', async () => {
    await policy({ tolerance_percent_units: 0n });
    const [exact, near] = [await started(), await started()];
    await pay(exact, 50n * XLM);
    const hash = await pay(near, 50n * XLM - 1n);
    await watch();
    await policy({ tolerance_percent_units: 100_000_000n });
    expect((await money.row(exact.id)).status).toBe('pending_anchor');
    expect(await incoming(hash)).toMatchObject({ reason: 'too_small' });
  });

  it('refunds by policy after its hours, neither what is held, nor dust, nor XLM that names nothing', async () => {
    const done = await started();
    await pay(done, 50n * XLM);
    await watch();
    const native = { code: 'native', issuer: null };
    const to = money.distribution.publicKey;
    const duplicate = await pay(done, 50n * XLM);
    const held = await send(to, 3n * XLM, null);
    const dust = await send(to, 5n, null);
    const fees = await send(to, 9n * XLM, null, { asset: native });
    const wrong = await send(to, 9n * XLM, memoOf(done), { asset: native });
    await watch();
    await holdSuspense(money.ctx, await item(held), ANN);
    await policy({ refund_after_hours: 24, refund_min_units: XLM });
    expect((await suspenseView(money.ctx.db.read, await item(duplicate))).refund_due_at).not.toBeNull();
    expect((await suspenseView(money.ctx.db.read, await item(fees))).refund_due_at).toBeNull();
    await watch();
    expect(await refundsOf(duplicate)).toEqual([]);
    money.clock.advance(24 * HOUR);
    await Promise.all([watch(), watchPayments(money.context(), money.worker('other'))]);
    for (const hash of [duplicate, wrong]) expect(await refundsOf(hash)).toHaveLength(1);
    const named = await listSuspense(money.ctx.db.read, { transactionId: done.id, limit: 10 });
    expect(named.map((one) => one.row.reason).sort()).toEqual(['duplicate', 'wrong_asset']);
    for (const hash of [held, dust, fees]) expect(await refundsOf(hash)).toEqual([]);
    await releaseSuspense(money.ctx, await item(held), ANN);
    await watch();
    expect(await refundsOf(held)).toHaveLength(1);
    const kept = await item(fees);
    if (kept.kind === 'payment') await keepPayment(money.ctx, kept, ANN);
    expect(await incoming(fees)).toMatchObject({ bucket: 'internal' });
    await submit();
    await submit();
    expect((await money.row(done.id)).refunded_units).toBe(0n);
    expect(await sep24(done.id)).not.toHaveProperty('refunds.payments');
  });

  it('sends back what is funded, fee included, in place of the payout, and never both (M2, M4)', async () => {
    const row = await started();
    await pay(row, 50n * XLM);
    await watch();
    await money.ctx.db.write(async (trx) => refundTransaction(money.ctx, trx, await money.row(row.id), ANN));
    await executePayouts(money.ctx, money.options);
    await submit();
    const done = await money.row(row.id);
    expect(done).toMatchObject({ status: 'refunded', refunded_units: 50n * XLM, fee_units: 0n });
    const owed = await money.obligations(row.id);
    expect(owed.map(({ purpose, state }) => `${purpose} ${state}`).sort()).toEqual([
      'deliver cancelled',
      'refund paid',
    ]);
    expect(money.bank.calls.payout.some((key) => owed.some(({ id }) => id === key))).toBe(false);
    await expect(
      money.ctx.db.write((trx) => refundTransaction(money.ctx, trx, done, ANN)),
    ).rejects.toMatchObject({ code: 'REFUND_TOO_LATE' });
  });

  it('refunds nothing that is paid, on its way, or unclear at the bank', async () => {
    const [done, unclear] = [await started(), await started()];
    for (const row of [done, unclear]) await pay(row, 50n * XLM);
    await watch();
    const [owed] = await money.obligations(unclear.id);
    money.bank.onPayout = (key, take) => {
      take();
      if (key === owed?.id) throw new Error('connection lost');
      return { status: 'completed' };
    };
    await executePayouts(money.ctx, money.options);
    money.bank.onPayout = null;
    const attempt = async (id: string, more = {}) =>
      money.ctx.db.write(async (trx) =>
        refundTransaction(money.ctx, trx, await money.row(id), { ...ANN, ...more }),
      );
    await expect(attempt(done.id)).rejects.toMatchObject({ code: 'REFUND_TOO_LATE' });
    await expect(attempt(unclear.id)).rejects.toMatchObject({ code: 'REFUND_TOO_LATE' });
    await money.ctx.db.read
      .updateTable('obligations')
      .set({ state: 'held', waiting_code: 'operator', waiting_text: 'nobody knows' })
      .where('id', '=', owed?.id ?? '')
      .execute();
    await expect(attempt(unclear.id)).rejects.toMatchObject({ code: 'PAYOUT_UNCLEAR' });
    await attempt(unclear.id, { notPaid: true });
    expect((await money.row(unclear.id)).refunded_units).toBe(50n * XLM);
  });

  it('holds and releases a withdrawal; a worker that had read its payout finds it changed (S24-M07)', async () => {
    const row = await started();
    await pay(row, 50n * XLM);
    await watch();
    await holdTransaction(money.ctx, await money.row(row.id), ANN);
    await executePayouts(money.ctx, money.options);
    expect((await money.row(row.id)).status).toBe('on_hold');
    await expect(holdTransaction(money.ctx, await money.row(row.id), ANN)).resolves.toMatchObject({
      status: 'on_hold',
    });
    await releaseTransaction(money.ctx, await money.row(row.id), ANN);
    await executePayouts(money.ctx, money.options);
    const done = await money.row(row.id);
    expect(done.status).toBe('completed');
    await expect(holdTransaction(money.ctx, done, ANN)).rejects.toMatchObject({
      code: 'STATUS_MOVE_FORBIDDEN',
    });
    await expect(releaseTransaction(money.ctx, done, ANN)).rejects.toMatchObject({ code: 'RELEASE_NOTHING' });
  });

  it('lets one of several decide, whatever they want, and totals never exceed what came in (M4)', async () => {
    const row = await started();
    const hash = await send(money.distribution.publicKey, 50n * XLM, null);
    await watch();
    const one = await item(hash);
    const wants = [
      () => refund(hash),
      () => matchSuspense(money.ctx, one, row, ANN),
      () => refund(hash),
      () => matchSuspense(money.context(), one, row, ANN),
    ];
    const outcomes = await Promise.allSettled(wants.map((want) => want()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const paid = await incoming(hash);
    const matched = paid.bucket === 'matched';
    expect(paid.refunded_units).toBe(matched ? 0n : 50n * XLM);
    expect((await money.row(row.id)).received_units).toBe(matched ? 50n * XLM : 0n);
    const broken = { refunded_units: 51n * XLM };
    const update = money.ctx.db.read.updateTable('incoming_payments').set(broken);
    await expect(update.where('transaction_hash', '=', hash).execute()).rejects.toThrow();
  });

  it('matches only what can be meant: asset, kind, account and a withdrawal that waits', async () => {
    const to = money.distribution.publicKey;
    const [done, open] = [await started(), await started()];
    await pay(done, 50n * XLM);
    const deposit = await money.started('deposit', wallet.publicKey, 50n * XLM);
    const xlm = await send(to, 50n * XLM, null, { asset: { code: 'native', issuer: null } });
    const srt = await send(to, 30n * XLM, null);
    await watch();
    const match = async (hash: string, row: TransactionRow) =>
      matchSuspense(money.ctx, await item(hash), await money.row(row.id), ANN);
    await expect(match(xlm, open)).rejects.toMatchObject({ code: 'MATCH_REFUSED' });
    await expect(match(srt, done)).rejects.toMatchObject({ code: 'MATCH_REFUSED' });
    await expect(match(srt, deposit)).rejects.toMatchObject({ code: 'MATCH_REFUSED' });
    expect(await incoming(srt)).toMatchObject({ bucket: 'suspense' });
    // late, and far from what was announced: the operator takes it
    await expire(open);
    await match(srt, open);
    expect(await money.row(open.id)).toMatchObject({ amount_in_units: 30n * XLM, paid_units: 297_000_000n });
  });

  it('owes the refund of a funded deposit through the rails, and of a late credit too', async () => {
    const [funded, late] = [
      await money.started('deposit', wallet.publicKey, 20n * XLM),
      await money.started('deposit', wallet.publicKey, 20n * XLM),
    ];
    await expire(late);
    money.credit(funded, '20');
    const credit = money.credit(late, '20');
    await pollDeposits(money.ctx, money.options);
    await money.ctx.db.write(async (trx) =>
      refundTransaction(money.ctx, trx, await money.row(funded.id), ANN),
    );
    const found = await findSuspense(money.ctx.db.read, credit.id);
    expect(found.row.bucket).toBe('suspense');
    if (found.kind !== 'credit') expect.unreachable();
    const { refundCredit } = await import('../../src/transfers/index.ts');
    await money.ctx.db.write((trx) => refundCredit(money.ctx, trx, found.row, ANN));
    await submit();
    for (const row of [funded, late]) {
      const owed = (await money.obligations(row.id)).filter(({ purpose }) => purpose === 'refund');
      expect(owed).toMatchObject([{ leg: 'rails', state: 'owed', amount_units: 20n * XLM }]);
      await money.ctx.db.write(async (trx) => {
        const id = owed[0]?.id ?? '';
        const paid = trx.updateTable('obligations').set({ state: 'paid', external_id: 'B-1' });
        const done = await paid.where('id', '=', id).returningAll().executeTakeFirstOrThrow();
        await refundPaid(money.ctx, trx, done, 'job:execute-payouts');
      });
      expect(await sep24(row.id)).toMatchObject({
        status: 'refunded',
        refunds: { amount_refunded: '20', payments: [{ id: 'B-1', id_type: 'external' }] },
      });
    }
    expect(await money.balance(wallet.publicKey)).toBeLessThan(10_000n * XLM);
  });

  it('follows the policy for bank credits: the wrong amount ends a deposit, a late one revives it (S24-M06, S24-65)', async () => {
    await policy({ wrong_amount: 'end', accept_late: 1, refund_after_hours: 1 });
    const [small, late] = [
      await money.started('deposit', wallet.publicKey, 20n * XLM),
      await money.started('deposit', wallet.publicKey, 20n * XLM),
    ];
    await expire(late);
    money.credit(small, '10');
    money.credit(late, '20');
    const stray = money.credit(late, '3', { reference: 'WHATEVER' });
    await pollDeposits(money.ctx, money.options);
    await submit();
    expect((await money.row(late.id)).status).toBe('completed');
    expect(await money.row(small.id)).toMatchObject({ status: 'too_small', received_units: 10n * XLM });
    money.clock.advance(HOUR);
    await pollDeposits(money.ctx, money.options);
    const [owed] = await money.obligations(small.id);
    expect(owed).toMatchObject({ leg: 'rails', purpose: 'refund', amount_units: 10n * XLM });
    const { row } = await findSuspense(money.ctx.db.read, stray.id);
    expect(row.refunded_units).toBe(3n * XLM);
    const refunds = money.ctx.db.read.selectFrom('obligations').selectAll().where('credit_id', '=', stray.id);
    expect(await refunds.execute()).toMatchObject([{ leg: 'rails', purpose: 'refund', state: 'owed' }]);
  });

  it('takes an account merge back to an account that it creates anew with the amount', async () => {
    const leaving = await money.wallet({ trust: false });
    const row = await started();
    const merge = { type: 'accountMerge', destination: row.anchor_account ?? '' } as const;
    const hash = await money.apply(leaving, [merge]);
    await watch();
    const { amount_units: units } = await incoming(hash);
    await refund(hash);
    await submit();
    expect(await refundsOf(hash)).toMatchObject([{ state: 'paid', asset_key: 'native' }]);
    expect(await money.balance(leaving.publicKey, 'native')).toBe(units);
  });

  async function expire(row: TransactionRow): Promise<void> {
    const past = new Date(money.clock.now() - HOUR).toISOString();
    await money.ctx.db.read
      .updateTable('transactions')
      .set({ status: 'expired', expires_at: past })
      .where('id', '=', row.id)
      .execute();
  }
});
