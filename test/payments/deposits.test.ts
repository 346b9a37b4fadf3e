import { afterAll, beforeAll, expect, it } from 'vitest';
import { submitPayments } from '../../src/payments/index.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, XLM } from '../support/money.ts';

describeDatabases('deposits', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test);
  });
  afterAll(() => money.close());

  const pass = async (): Promise<void> => {
    await pollDeposits(money.ctx, money.options);
    await submitPayments(money.ctx, money.options);
  };

  it('pays a deposit to an existing account, with every status on the way (S24-M10, S24-F18, S24-F19)', async () => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 100n * XLM);
    money.credit(row, '100');
    await pass();
    const done = await money.row(row.id);
    expect(done.status).toBe('completed');
    expect(done.completed_at).not.toBeNull();
    expect(done.amount_out_units).toBe(99n * XLM);
    expect(await money.balance(wallet.publicKey)).toBe(99n * XLM);
    const [operation] = await money.deliveries(wallet.publicKey);
    expect(operation?.transaction.hash).toBe(done.stellar_transaction_id);
    const history = await money.ctx.db.read
      .selectFrom('transaction_history')
      .select('to_status')
      .where('transaction_id', '=', row.id)
      .orderBy('id')
      .execute();
    expect(history.map((one) => one.to_status)).toEqual([
      'incomplete',
      'pending_user_transfer_start',
      'pending_anchor',
      'pending_stellar',
      'completed',
    ]);
  });

  it('pays once, however often it is run again', async () => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 50n * XLM);
    money.credit(row, '50');
    await pass();
    await pass();
    await pass();
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
  });
});
