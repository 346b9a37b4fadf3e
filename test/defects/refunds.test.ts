import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchPayments } from '../../src/ingest/index.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { executePayouts } from '../../src/rails/index.ts';
import { refundPayment, refundTransaction, type TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const ANN = { by: 'operator:ann', reason: 'a test' };

describeDatabases('defects in refunds', (test) => {
  let money: Money;
  let wallet: Seeded;
  beforeAll(async () => {
    money = await openMoney(test);
    wallet = await money.wallet({ units: 10_000n * XLM });
  });
  afterAll(() => money.close());

  const watch = () => watchPayments(money.ctx, money.options);
  const started = () => money.started('withdrawal', wallet.publicKey, 50n * XLM);
  const pay = (row: TransactionRow) =>
    money.apply(
      wallet,
      [
        {
          type: 'payment',
          destination: row.anchor_account ?? '',
          asset: money.stellarAsset,
          amount: 50n * XLM,
        },
      ],
      { memo: { type: 'id', value: row.memo ?? '' } },
    );
  const paid = async () => {
    const row = await started();
    await pay(row);
    await watch();
    return money.row(row.id);
  };
  const settle = async () => {
    for (let pass = 0; pass < 2; pass++) {
      await executePayouts(money.ctx, money.options);
      await submitPayments(money.ctx, money.options);
    }
  };
  const refund = (ctx: Money['ctx'], id: string) =>
    ctx.db.write(async (trx) => refundTransaction(ctx, trx, await money.row(id), ANN));
  const incoming = (hash: string) =>
    money.ctx.db.read
      .selectFrom('incoming_payments')
      .selectAll()
      .where('transaction_hash', '=', hash)
      .executeTakeFirstOrThrow();

  it('1157 fall-through refund: in a status that allows none nothing is refunded, owed or moved', async () => {
    const [waiting, expired, done, refunded] = [await started(), await started(), await paid(), await paid()];
    const set = { status: 'expired' } as const;
    await money.ctx.db.read.updateTable('transactions').set(set).where('id', '=', expired.id).execute();
    await refund(money.ctx, refunded.id);
    await settle();
    expect((await money.row(done.id)).status).toBe('completed');
    expect((await money.row(refunded.id)).status).toBe('refunded');
    const balance = await money.balance(wallet.publicKey);
    for (const [{ id }, code] of [
      [waiting, 'REFUND_NOTHING'],
      [expired, 'REFUND_NOTHING'],
      [done, 'REFUND_TOO_LATE'],
      [refunded, 'REFUND_TOO_LATE'],
    ] as const) {
      const before = [await money.row(id), await money.obligations(id)];
      await expect(refund(money.ctx, id)).rejects.toMatchObject({ code, httpStatus: 409 });
      expect([await money.row(id), await money.obligations(id)]).toEqual(before);
    }
    await settle();
    expect(await money.balance(wallet.publicKey)).toBe(balance);
  });

  it('1162 TOCTOU double refund: of sixteen at once, in two processes, one is made', async () => {
    const apart = { ...money.ctx, db: await test.again() };
    const at = (i: number) => (i % 2 === 0 ? money.ctx : apart);
    const won = (all: PromiseSettledResult<unknown>[]) =>
      all.filter(({ status }) => status === 'fulfilled').length;

    const row = await paid();
    const before = await money.balance(wallet.publicKey);
    const tries = await Promise.allSettled(Array.from({ length: 16 }, (_, i) => refund(at(i), row.id)));
    expect(won(tries)).toBe(1);
    await settle();
    expect(await money.row(row.id)).toMatchObject({ status: 'refunded', refunded_units: 50n * XLM });
    expect(await money.balance(wallet.publicKey)).toBe(before + 50n * XLM);

    // a payment in suspense: the second for the same withdrawal
    const hash = await pay(row);
    await watch();
    const item = await incoming(hash);
    expect(item).toMatchObject({ bucket: 'suspense', reason: 'duplicate' });
    const again = await Promise.allSettled(
      Array.from({ length: 16 }, (_, i) => at(i).db.write((trx) => refundPayment(at(i), trx, item, ANN))),
    );
    expect(won(again)).toBe(1);
    await settle();
    expect(await money.balance(wallet.publicKey)).toBe(before + 50n * XLM);

    // the payout and the refund of one withdrawal: whoever comes first, never both
    const both = await paid();
    await Promise.allSettled([executePayouts(apart, money.worker('two')), refund(money.ctx, both.id)]);
    await settle();
    const end = await money.row(both.id);
    const [owed] = (await money.obligations(both.id)).filter(({ purpose }) => purpose === 'deliver');
    expect(['completed', 'refunded']).toContain(end.status);
    expect(money.bank.paid.has(owed?.id ?? '')).toBe(end.status === 'completed');
  });
});
