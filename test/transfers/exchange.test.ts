import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PriceAnswer } from '../../src/config/integrations.ts';
import { QUOTES_PRESET } from '../../src/config/project.ts';
import { watchPayments } from '../../src/ingest/index.ts';
import { expireTransactions } from '../../src/jobs/expire.ts';
import { compareTotals } from '../../src/jobs/reconcile/totals.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { type Principal, parseSubject } from '../../src/kernel/principal.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { firmQuote, onchainId, type QuoteRow } from '../../src/quotes/index.ts';
import { executePayouts, pollDeposits } from '../../src/rails/index.ts';
import {
  exchangeFor,
  type Kind,
  quotedExchange,
  refundTransaction,
  type TransactionRow,
} from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, scriptedBank, XLM } from '../support/money.ts';

const BRL = 'iso4217:BRL';
const amount = (units: number): bigint => BigInt(Math.round(units * 100)) * (XLM / 100n);

describeDatabases('exchanges', (test) => {
  let money: Money;
  let perSrt: string;
  let away: boolean;
  const orders: { amount: string; asset: string }[] = [];

  /** BRL for SRT at `perSrt`, and a fee of 1 of what is sold. */
  beforeAll(async () => {
    const bank = scriptedBank();
    const { payout } = bank.rails;
    bank.rails.payout = (order, ctx) => {
      orders.push({ amount: order.amount, asset: order.asset });
      return payout(order, ctx);
    };
    const clock: Clock = {
      now: () => (money === undefined ? Date.now() : money.clock.now()),
      sleep: () => Promise.resolve(),
    };
    money = await openMoney(test, {
      // ledgers close at the time of the anchor
      sandbox: { clock },
      bank,
      integrations: {
        quotes: {
          price: ({ sellAsset }): PriceAnswer => {
            if (away) throw new Error('the prices are away');
            const fee = { total: '1' };
            return sellAsset === BRL ? { price: perSrt, fee } : { rate: perSrt, fee };
          },
        },
      },
      project: {
        seps: [1, 10, 24, 38],
        quotes: {
          ...QUOTES_PRESET,
          assets: [
            { asset: BRL, decimals: 2, countryCodes: [], sellDeliveryMethods: [], buyDeliveryMethods: [] },
          ],
        },
      },
      asset: { sep38_enabled: 1, significant_decimals: 7 },
    });
  });
  afterAll(() => money.close());
  beforeEach(async () => {
    perSrt = '5';
    away = false;
    orders.length = 0;
    await lateMoney(0);
  });

  const lateMoney = (accept_late: 0 | 1) =>
    money.ctx.db.read.updateTable('assets').set({ accept_late }).execute();

  const user = (wallet: Seeded): Principal => parseSubject(wallet.publicKey) as Principal;

  async function quoted(
    kind: Kind,
    wallet: Seeded,
    units: bigint,
  ): Promise<{ row: TransactionRow; quote: QuoteRow }> {
    const onchain = onchainId(money.asset);
    const quote = await firmQuote(money.ctx, user(wallet), {
      sellAsset: kind === 'deposit' ? BRL : onchain,
      buyAsset: kind === 'deposit' ? onchain : BRL,
      given: { sell: units },
      context: 'sep24',
      sellDeliveryMethod: null,
      buyDeliveryMethod: null,
      countryCode: null,
      expireAfter: null,
    });
    const request = { sep: '24', quoteId: quote.id, kind, asset: money.asset } as const;
    const plan = await quotedExchange(money.ctx, user(wallet), request);
    return { quote, row: await money.started(kind, wallet.publicKey, units, { plan }) };
  }
  const unquoted = (kind: Kind, wallet: Seeded, units: bigint): Promise<TransactionRow> =>
    money.started(kind, wallet.publicKey, units, {
      plan: exchangeFor(money.ctx, user(wallet), money.asset, kind, BRL),
    });
  const pay = (wallet: Seeded, row: TransactionRow, units: bigint): Promise<string> =>
    money.apply(
      wallet,
      [
        {
          type: 'payment',
          destination: row.anchor_account ?? '',
          asset: money.stellarAsset,
          amount: units,
        },
      ],
      { memo: { type: 'id', value: row.memo ?? '' } },
    );
  const totals = (row: TransactionRow) => ({
    in: row.amount_in_units,
    out: row.amount_out_units,
    fee: row.amount_fee_units,
    received: row.received_units,
    paid: row.paid_units,
    refunded: row.refunded_units,
  });
  async function consistent(): Promise<void> {
    const found: unknown[] = [];
    const report = { add: (one: unknown) => found.push(one) } as unknown as Parameters<
      typeof compareTotals
    >[1];
    await compareTotals(money.ctx, report, { changedSince: null, signal: new AbortController().signal });
    expect(found).toEqual([]);
  }
  const reasonsOf = async (row: TransactionRow): Promise<(string | null)[]> => {
    const table = row.kind === 'deposit' ? 'bank_credits' : 'incoming_payments';
    const found = await money.ctx.db.read
      .selectFrom(table)
      .select('reason')
      .where('bucket', '=', 'suspense')
      .where('transaction_id', '=', row.id)
      .execute();
    return found.map(({ reason }) => reason);
  };

  it('pays a deposit out as quoted, whatever the price is then (S24-26, S24-28, S24-58, S6-31)', async () => {
    const wallet = await money.wallet();
    const { row, quote } = await quoted('deposit', wallet, amount(501));
    expect(row).toMatchObject({ expires_at: quote.expires_at, user_action_required_by: quote.expires_at });
    perSrt = '50';
    money.credit(row, '501', { asset: 'BRL' });
    await pollDeposits(money.ctx, money.options);
    const credited = await money.row(row.id);
    expect(credited).toMatchObject({ status: 'pending_anchor', amount_in_asset: BRL, quote_id: quote.id });
    expect(totals(credited)).toEqual({
      in: amount(501),
      out: amount(100),
      fee: amount(1),
      received: amount(501),
      paid: amount(500),
      refunded: 0n,
    });
    await submitPayments(money.ctx, money.options);
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await money.balance(wallet.publicKey)).toBe(amount(100));
    await consistent();
  });

  it('pays a withdrawal out as quoted, in the other asset (S24-26, S31-20, S6-24)', async () => {
    const wallet = await money.wallet({ units: amount(200) });
    const { row } = await quoted('withdrawal', wallet, amount(100));
    perSrt = '1';
    await pay(wallet, row, amount(100));
    await watchPayments(money.ctx, money.options);
    const [owed] = await money.obligations(row.id);
    expect(owed).toMatchObject({ leg: 'rails', amount_units: amount(495), asset_key: BRL });
    await executePayouts(money.ctx, money.options);
    expect(orders).toEqual([{ amount: '495', asset: BRL }]);
    const done = await money.row(row.id);
    expect(done.status).toBe('completed');
    expect(totals(done)).toMatchObject({
      in: amount(100),
      out: amount(495),
      fee: amount(1),
      paid: amount(99),
    });
    await consistent();
  });

  it('exchanges without a quote at the price of when the money comes (S24-29, S31-19)', async () => {
    const wallet = await money.wallet({ units: amount(200) });
    const row = await unquoted('withdrawal', wallet, amount(100));
    expect(totals(row)).toMatchObject({ in: amount(100), out: amount(495) });
    perSrt = '6';
    await pay(wallet, row, amount(100));
    await watchPayments(money.ctx, money.options);
    expect(totals(await money.row(row.id))).toMatchObject({ out: amount(594), paid: amount(99) });
    const deposit = await unquoted('deposit', wallet, amount(601));
    perSrt = '8';
    money.credit(deposit, '601');
    await pollDeposits(money.ctx, money.options);
    expect(totals(await money.row(deposit.id))).toMatchObject({ out: amount(75), paid: amount(600) });
    await consistent();
  });

  it('honours a quote for money that was paid in time and is seen late, also after it has expired (S31-16, S6-24, S24-27)', async () => {
    const wallet = await money.wallet({ units: amount(200) });
    const { row } = await quoted('withdrawal', wallet, amount(100));
    perSrt = '1';
    await pay(wallet, row, amount(100));
    money.clock.advance(700_000);
    await expireTransactions(money.ctx, money.options);
    expect((await money.row(row.id)).status).toBe('expired');
    await watchPayments(money.ctx, money.options);
    const revived = await money.row(row.id);
    expect(revived.status).toBe('pending_anchor');
    expect(totals(revived)).toMatchObject({ out: amount(495), paid: amount(99) });
    await consistent();
  });

  it('keeps money that comes after the quote for the operator or its sender (S24-26, S24-65)', async () => {
    const wallet = await money.wallet({ units: amount(200) });
    const { row } = await quoted('withdrawal', wallet, amount(100));
    const deposit = await quoted('deposit', wallet, amount(501));
    money.clock.advance(700_000);
    await pay(wallet, row, amount(100));
    money.credit(deposit.row, '501');
    await watchPayments(money.ctx, money.options);
    await pollDeposits(money.ctx, money.options);
    expect(await reasonsOf(row)).toEqual(['expired']);
    expect(await reasonsOf(deposit.row)).toEqual(['expired']);
    expect(totals(await money.row(row.id))).toMatchObject({ received: 0n, paid: 0n });
    await consistent();
  });

  it('takes late money at the new price where the asset says so (S24-65, S24-26)', async () => {
    await lateMoney(1);
    const wallet = await money.wallet({ units: amount(200) });
    const { row } = await quoted('withdrawal', wallet, amount(100));
    money.clock.advance(700_000);
    perSrt = '4';
    await pay(wallet, row, amount(100));
    await watchPayments(money.ctx, money.options);
    expect(totals(await money.row(row.id))).toMatchObject({ out: amount(396), paid: amount(99) });
    await consistent();
  });

  it('exchanges another amount than the quote is of at the price of now, within the tolerance only (S24-70, S24-M06)', async () => {
    const wallet = await money.wallet({ units: amount(500) });
    const near = await quoted('withdrawal', wallet, amount(100));
    const far = await quoted('withdrawal', wallet, amount(100));
    perSrt = '4';
    await pay(wallet, near.row, amount(101));
    await pay(wallet, far.row, amount(150));
    await watchPayments(money.ctx, money.options);
    expect(totals(await money.row(near.row.id))).toMatchObject({ in: amount(101), out: amount(400) });
    expect(await reasonsOf(far.row)).toEqual(['too_large']);
    expect((await money.row(far.row.id)).received_units).toBe(0n);
    await consistent();
  });

  it('keeps money while the prices are away, and books it when they are back', async () => {
    const wallet = await money.wallet({ units: amount(200) });
    const row = await unquoted('withdrawal', wallet, amount(100));
    const deposit = await unquoted('deposit', wallet, amount(501));
    away = true;
    await pay(wallet, row, amount(100));
    money.credit(deposit, '501');
    await watchPayments(money.ctx, money.options);
    await pollDeposits(money.ctx, money.options);
    expect(await reasonsOf(row)).toEqual(['no_price']);
    expect(await reasonsOf(deposit)).toEqual(['no_price']);
    away = false;
    await watchPayments(money.ctx, money.options);
    await pollDeposits(money.ctx, money.options);
    expect(totals(await money.row(row.id))).toMatchObject({ out: amount(495), received: amount(100) });
    expect(totals(await money.row(deposit.id))).toMatchObject({ out: amount(100), received: amount(501) });
    await consistent();
  });

  it('keeps money of another currency than the deposit waits for', async () => {
    const wallet = await money.wallet();
    const { row } = await quoted('deposit', wallet, amount(501));
    money.credit(row, '501', { asset: 'iso4217:USD' });
    await pollDeposits(money.ctx, money.options);
    expect(await reasonsOf(row)).toEqual(['wrong_asset']);
    expect((await money.row(row.id)).received_units).toBe(0n);
  });

  it('refunds what came in, in what came in (S24-62, S24-58)', async () => {
    const wallet = await money.wallet({ units: amount(200) });
    const { row } = await quoted('withdrawal', wallet, amount(100));
    await pay(wallet, row, amount(100));
    await watchPayments(money.ctx, money.options);
    const how = { by: 'operator:test', reason: 'the customer asked for it' };
    const current = await money.row(row.id);
    await money.ctx.db.write(async (trx) => {
      await refundTransaction(money.ctx, trx, current, how);
    });
    await submitPayments(money.ctx, money.options);
    const back = await money.row(row.id);
    expect(back.status).toBe('refunded');
    expect(totals(back)).toMatchObject({
      in: amount(100),
      out: 0n,
      fee: 0n,
      refunded: amount(100),
      paid: 0n,
    });
    expect(await money.balance(wallet.publicKey)).toBe(amount(200));
    await consistent();
  });

  it('uses no more of a quote than once: a second payment for it lies in suspense (S38-35)', async () => {
    const wallet = await money.wallet({ units: amount(500) });
    const { row } = await quoted('withdrawal', wallet, amount(100));
    await pay(wallet, row, amount(100));
    await pay(wallet, row, amount(100));
    await watchPayments(money.ctx, money.options);
    expect(await reasonsOf(row)).toEqual(['duplicate']);
    expect(totals(await money.row(row.id))).toMatchObject({ received: amount(100), paid: amount(99) });
    await consistent();
  });

  it('ends with a quote that expires before the last form is sent (S24-27)', async () => {
    const wallet = await money.wallet({ units: amount(200) });
    const begun = await quoted('withdrawal', wallet, amount(100));
    expect(begun.row.status).toBe('pending_user_transfer_start');
    money.clock.advance(700_000);
    await expireTransactions(money.ctx, money.options);
    expect((await money.row(begun.row.id)).status).toBe('expired');
  });
});
