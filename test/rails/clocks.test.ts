import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchPayments } from '../../src/ingest/index.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { executePayouts, pollDeposits } from '../../src/rails/index.ts';
import type { AnchorContext, TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, scriptedBank, XLM } from '../support/money.ts';

const HOUR = 3_600_000;

describeDatabases('workers whose clocks are wrong', (test) => {
  let money: Money;
  let wallet: Seeded;
  beforeAll(async () => {
    money = await openMoney(test, { bank: scriptedBank() });
    wallet = await money.wallet({ units: 10_000n * XLM });
  });
  afterAll(() => money.close());

  /** Its own clock is off; the database's is not. */
  const off = (ms: number): AnchorContext => ({
    ...money.ctx,
    clock: { now: () => money.clock.now() + ms, sleep: (pause, signal) => money.clock.sleep(pause, signal) },
  });
  const options = (ctx: AnchorContext) => ({ ...money.options, deadlineMs: ctx.clock.now() + 10_000 });
  const execute = (ctx: AnchorContext) => executePayouts(ctx, options(ctx));
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
  const state = async (row: TransactionRow) => (await money.obligations(row.id))[0]?.state;

  it.each([HOUR, -HOUR])(
    'F14: one that is %i ms off does not believe `none` too early, nor for ever (M2)',
    async (skew) => {
      const wrong = off(skew);
      const row = await withdrawal();
      const before = money.bank.calls.payout.length;
      money.bank.onPayout = () => {
        throw new Error('connection reset');
      };
      await execute(wrong);
      money.bank.onPayout = null;
      // the bank takes the order late, within its settle time
      await execute(wrong);
      expect(await state(row)).toBe('unknown');
      expect(money.bank.calls.payout.length - before).toBe(1);
      money.clock.advance(130_000);
      await execute(wrong);
      money.clock.advance(15_000);
      // any other worker goes on where it stopped
      await execute(money.ctx);
      expect(await state(row)).toBe('paid');
      expect(money.bank.calls.payout.length - before).toBe(2);
    },
  );

  it.each([HOUR, -HOUR])('F14: one that is %i ms off puts nothing off for the others (L1)', async (skew) => {
    const wrong = off(skew);
    const account = await money.wallet({ trust: false });
    const row = await money.started('deposit', account.publicKey, 10n * XLM);
    money.credit(row, '10');
    await pollDeposits(wrong, options(wrong));
    await submitPayments(wrong, options(wrong));
    expect(await state(row)).toBe('waiting');
    await money.apply(account, [{ type: 'changeTrust', asset: money.stellarAsset }]);
    money.clock.advance(60_000);
    await submitPayments(money.ctx, money.options);
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await money.deliveries(account.publicKey)).toHaveLength(1);
  });
});
