import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchPayments } from '../../src/ingest/index.ts';
import type { Memo } from '../../src/kernel/memos.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { executePayouts, pollDeposits } from '../../src/rails/index.ts';
import type { TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

describeDatabases('withdrawals', (test) => {
  let money: Money;
  let wallet: Seeded;
  beforeAll(async () => {
    money = await openMoney(test);
    wallet = await money.wallet({ units: 10_000n * XLM });
  });
  afterAll(() => money.close());

  const watch = () => watchPayments(money.ctx, money.options);
  const started = (units = 50n) => money.started('withdrawal', wallet.publicKey, units * XLM);
  const memoOf = (row: TransactionRow): Memo => ({ type: 'id', value: row.memo ?? '' });
  const send = (
    row: TransactionRow,
    units: bigint,
    more: { memo?: Memo | null; destination?: string; from?: Seeded } = {},
  ) =>
    money.apply(
      more.from ?? wallet,
      [
        {
          type: 'payment',
          destination: more.destination ?? row.anchor_account ?? '',
          asset: money.stellarAsset,
          amount: units,
        },
      ],
      more.memo === null ? {} : { memo: more.memo ?? memoOf(row) },
    );
  const incoming = (hash: string) =>
    money.ctx.db.read
      .selectFrom('incoming_payments')
      .selectAll()
      .where('transaction_hash', '=', hash)
      .execute();

  it('takes a payment with its memo and pays it out through the bank (S24-M15, S24-M18, S24-67)', async () => {
    const row = await started();
    const hash = await send(row, 50n * XLM);
    await watch();
    expect(await money.row(row.id)).toMatchObject({
      status: 'pending_anchor',
      stellar_transaction_id: hash,
      received_units: 50n * XLM,
      paid_units: (50n * XLM * 99n) / 100n,
      from_address: wallet.publicKey,
    });
    await executePayouts(money.ctx, money.options);
    const done = await money.row(row.id);
    expect(done.status).toBe('completed');
    const [owed] = await money.obligations(row.id);
    expect(money.bank.paid.get(owed?.id ?? '')).toBe('49.5');
    expect(done.external_transaction_id).toBe(`P-${owed?.id}`);
  });

  it('takes a payment to the muxed address with the memo id (S24-67)', async () => {
    const row = await started();
    const destination = joinMuxed(row.anchor_account ?? '', row.memo ?? '');
    await send(row, 50n * XLM, { memo: null, destination });
    await watch();
    expect((await money.row(row.id)).status).toBe('pending_anchor');
  });

  it('takes a payment from another account than the login (S24-67, SV-13)', async () => {
    const other = await money.wallet({ units: 100n * XLM });
    const row = await started();
    await send(row, 50n * XLM, { from: other });
    await watch();
    expect(await money.row(row.id)).toMatchObject({
      status: 'pending_anchor',
      from_address: other.publicKey,
    });
  });

  it('recomputes amounts and fee within ten percent (S24-70)', async () => {
    const row = await started();
    await send(row, 46n * XLM);
    await watch();
    expect(await money.row(row.id)).toMatchObject({
      status: 'pending_anchor',
      amount_in_units: 46n * XLM,
      amount_fee_units: 4_600_000n,
      amount_out_units: 455_400_000n,
      fee_units: 4_600_000n,
      paid_units: 455_400_000n,
    });
  });

  it.each([
    ['too_small', 40n],
    ['too_large', 60n],
  ])('leaves %s in suspense and the withdrawal as it was', async (reason, units) => {
    const row = await started();
    const hash = await send(row, units * XLM);
    await watch();
    expect(await incoming(hash)).toMatchObject([
      { bucket: 'suspense', reason, transaction_id: row.id, amount_units: units * XLM },
    ]);
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
  });

  it.each<[string, (row: TransactionRow) => Memo | null]>([
    ['no_memo', () => null],
    ['unknown_memo', () => ({ type: 'id', value: '18446744073709551615' })],
    ['unknown_memo', (row) => ({ type: 'text', value: row.memo ?? '' })],
    ['unknown_memo', (row) => ({ type: 'hash', value: (row.memo ?? '').padStart(64, '0') })],
  ])('leaves a payment in suspense: %s', async (reason, memo) => {
    const row = await started();
    const hash = await send(row, 50n * XLM, { memo: memo(row) });
    await watch();
    expect(await incoming(hash)).toMatchObject([{ bucket: 'suspense', reason }]);
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
  });

  it('leaves another asset with the right memo in suspense, XLM and the same code of another issuer (S24-69)', async () => {
    const row = await started();
    const memo = memoOf(row);
    const to = { type: 'payment', destination: row.anchor_account ?? '' } as const;
    const xlm = await money.apply(
      wallet,
      [{ ...to, asset: { code: 'native', issuer: null }, amount: 50n * XLM }],
      { memo },
    );
    const fake = { code: money.stellarAsset.code, issuer: wallet.publicKey };
    await money.apply(money.distribution, [{ type: 'changeTrust', asset: fake }]);
    await money.agree();
    // an issuer's payment of its own asset to us, so from a third account
    const third = await money.wallet();
    await money.apply(third, [{ type: 'changeTrust', asset: fake }]);
    await money.apply(wallet, [
      { type: 'payment', destination: third.publicKey, asset: fake, amount: 50n * XLM },
    ]);
    const forged = await money.apply(third, [{ ...to, asset: fake, amount: 50n * XLM }], { memo });
    await watch();
    for (const hash of [xlm, forged]) {
      expect(await incoming(hash)).toMatchObject([{ bucket: 'suspense', reason: 'wrong_asset' }]);
    }
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
  });

  it('takes each of two withdrawals paid in two transactions, and the second payment of one as a duplicate', async () => {
    const row = await started();
    await send(row, 50n * XLM);
    const again = await send(row, 50n * XLM);
    await watch();
    const later = await send(row, 50n * XLM);
    await watch();
    for (const hash of [again, later]) {
      expect(await incoming(hash)).toMatchObject([
        { bucket: 'suspense', reason: 'duplicate', transaction_id: row.id },
      ]);
    }
    expect((await money.row(row.id)).received_units).toBe(50n * XLM);
  });

  it('credits what a strict-send path payment delivered, and one operation of several once (S24-68, S24-69)', async () => {
    const row = await started();
    const asset = money.stellarAsset;
    const destination = row.anchor_account ?? '';
    const hash = await money.apply(
      wallet,
      [
        { type: 'payment', destination: money.issuer.publicKey, asset, amount: XLM },
        {
          type: 'pathPaymentStrictSend',
          sendAsset: asset,
          sendAmount: 50n * XLM,
          destination,
          asset,
          minimum: 1n,
        },
        { type: 'payment', destination, asset, amount: XLM },
      ],
      { memo: memoOf(row) },
    );
    await watch();
    const rows = await incoming(hash);
    expect(rows.map((one) => one.bucket).sort()).toEqual(['matched', 'suspense']);
    expect((await money.row(row.id)).received_units).toBe(50n * XLM);
  });

  it('marks its own set-up and its own payments internal or nothing', async () => {
    await watch();
    const rows = await money.ctx.db.read
      .selectFrom('incoming_payments')
      .select(['type', 'reason'])
      .where('bucket', '=', 'internal')
      .orderBy('ledger')
      .execute();
    expect(rows.slice(0, 2)).toEqual([
      { type: 'create_account', reason: 'the account was created' },
      { type: 'payment', reason: 'issued' },
    ]);
    const deposit = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(deposit, '10');
    await pollDeposits(money.ctx, money.options);
    await submitPayments(money.ctx, money.options);
    const { stellar_transaction_id: hash } = await money.row(deposit.id);
    await watch();
    expect(await incoming(hash ?? '')).toEqual([]);
  });

  it('leaves an account merge in suspense with what it brought (S24-68)', async () => {
    const row = await started();
    const leaving = await money.wallet({ trust: false });
    const merge = { type: 'accountMerge', destination: row.anchor_account ?? '' } as const;
    const hash = await money.apply(leaving, [merge], { memo: memoOf(row) });
    await watch();
    expect(await incoming(hash)).toMatchObject([
      { bucket: 'suspense', reason: 'unsupported_operation', asset: 'native' },
    ]);
  });

  it('takes a payment after the withdrawal has expired into suspense (S24-65)', async () => {
    const row = await started();
    await money.ctx.db.read
      .updateTable('transactions')
      .set({ status: 'expired' })
      .where('id', '=', row.id)
      .execute();
    const hash = await send(row, 50n * XLM);
    await watch();
    expect(await incoming(hash)).toMatchObject([
      { bucket: 'suspense', reason: 'expired', transaction_id: row.id },
    ]);
  });

  it('M3: every incoming operation is in exactly one bucket, also with two watchers and many pages', async () => {
    const rows = [];
    for (let i = 0; i < 6; i++) rows.push(await started(10n));
    for (const row of rows) await send(row, 10n * XLM);
    const asset = money.stellarAsset;
    const destination = money.distribution.publicKey;
    const many = Array.from(
      { length: 90 },
      () => ({ type: 'payment', destination, asset, amount: 100n }) as const,
    );
    for (let i = 0; i < 5; i++) await money.apply(wallet, many);
    await Promise.all([
      watchPayments(money.context(), money.worker('a')),
      watchPayments(money.context(), money.worker('b')),
    ]);
    await watch();
    for (const row of rows) expect((await money.row(row.id)).status).toBe('pending_anchor');
    const { count } = await money.ctx.db.read
      .selectFrom('incoming_payments')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('amount_units', '=', 100n)
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(450);
  });

  it('R8: cursor and rows stand or fall together', async () => {
    const row = await started();
    await send(row, 50n * XLM);
    const cursor = () =>
      money.ctx.db.read
        .selectFrom('cursors')
        .select('cursor')
        .where('name', 'like', 'payments:%')
        .executeTakeFirst();
    const before = await cursor();
    const broken = {
      ...money.ctx,
      db: {
        ...money.ctx.db,
        write: <T>(work: Parameters<typeof money.ctx.db.write<T>>[0]) =>
          money.ctx.db.write<T>(async (trx) => {
            await work(trx);
            throw new Error('killed before the commit');
          }),
      },
    };
    await expect(watchPayments(broken, money.options)).rejects.toThrow();
    expect(await cursor()).toEqual(before);
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
    await watch();
    expect((await money.row(row.id)).status).toBe('pending_anchor');
  });

  it('R12: a fee that cannot be computed holds this payment alone', async () => {
    const [odd, good] = [await started(), await started()];
    const hash = await send(odd, 49n * XLM);
    await send(good, 50n * XLM);
    const fee = async (): Promise<string> => {
      throw new Error('no rates');
    };
    const integrations = { ...money.ctx.project.integrations, fee };
    const ctx = { ...money.ctx, project: { ...money.ctx.project, integrations } };
    await watchPayments(ctx, money.options);
    expect(await incoming(hash)).toMatchObject([{ bucket: 'suspense', reason: 'internal_error' }]);
    // the announced amount keeps the fee that the user was shown
    expect((await money.row(good.id)).status).toBe('pending_anchor');
  });

  it('tells the integration when a withdrawal is completed, and survives its fault', async () => {
    const told: string[] = [];
    const afterCompleted = async ({ id, status }: { id: string; status: string }): Promise<void> => {
      told.push(`${id} ${status}`);
      throw new Error('mail server away');
    };
    const integrations = { ...money.ctx.project.integrations, withdrawal: { afterCompleted } };
    const ctx = { ...money.ctx, project: { ...money.ctx.project, integrations } };
    const row = await started();
    await send(row, 50n * XLM);
    await watchPayments(ctx, money.options);
    await executePayouts(ctx, money.options);
    expect(told).toContain(`${row.id} completed`);
    expect((await money.row(row.id)).status).toBe('completed');
  });

  it('keeps an operation that cannot be read in suspense, and goes on behind it', async () => {
    const [odd, good] = [await started(), await started()];
    const hash = await send(odd, 50n * XLM);
    await send(good, 50n * XLM);
    const network = {
      ...money.ctx.network,
      operations: async (...args: Parameters<typeof money.ctx.network.operations>) =>
        (await money.ctx.network.operations(...args)).map((one) =>
          one.transaction.hash === hash ? { ...one, raw: { ...one.raw, amount: 'NaN' } } : one,
        ),
    };
    await watchPayments({ ...money.ctx, network }, money.options);
    expect(await incoming(hash)).toMatchObject([{ bucket: 'suspense', reason: 'unreadable' }]);
    expect((await money.row(good.id)).status).toBe('pending_anchor');
    expect((await money.row(odd.id)).status).toBe('pending_user_transfer_start');
  });
});
