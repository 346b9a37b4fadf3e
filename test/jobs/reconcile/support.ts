import { watchPayments } from '../../../src/ingest/index.ts';
import { acceptTransaction, liftFreeze, type Report, reconcile } from '../../../src/jobs/reconcile/index.ts';
import { AnchorError } from '../../../src/kernel/errors.ts';
import { submitPayments } from '../../../src/payments/index.ts';
import { executePayouts, pollDeposits } from '../../../src/rails/index.ts';
import type { AnchorContext, TransactionRow } from '../../../src/transfers/index.ts';
import type { TestDatabase } from '../../support/databases.ts';
import { type Money, type MoneyOptions, openMoney, type Seeded, XLM } from '../../support/money.ts';

export const { signal } = new AbortController();

export const all = (ctx: AnchorContext): Promise<Report> => reconcile(ctx, { signal });

/** Kinds and ids of what differs. */
export const kinds = (report: Report): string[] => report.list().map((one) => one.kind);

export const accept = (ctx: AnchorContext, hash: string) =>
  acceptTransaction(ctx, { hash, by: 'operator:test', reason: 'by hand' }, signal);

/** Money whose set-up by hand has been accepted, as an operator would: from there on everything agrees. */
export async function openAgreed(test: TestDatabase, options: MoneyOptions = {}): Promise<Money> {
  // ledgers tell whole seconds: what happens in these tests comes after the key was taken in
  const created_at = new Date(Date.now() - 60_000).toISOString();
  const money = await openMoney(test, { ...options, asset: { created_at, ...options.asset } });
  await watchPayments(money.ctx, money.options);
  const report = await all(money.ctx);
  for (const { kind, id } of report.list()) if (kind === 'unknown_transaction') await accept(money.ctx, id);
  await liftFreeze(money.ctx, 'operator:test', 'set-up');
  return money;
}

export async function pass(money: Money, ctx: AnchorContext = money.ctx): Promise<void> {
  await pollDeposits(ctx, money.options);
  await watchPayments(ctx, money.options);
  await submitPayments(ctx, money.options);
  await executePayouts(ctx, money.options);
}

export async function deposit(
  money: Money,
  amount: bigint,
): Promise<{ row: TransactionRow; wallet: Seeded }> {
  const wallet = await money.wallet();
  const row = await money.started('deposit', wallet.publicKey, amount * XLM);
  money.credit(row, String(amount));
  return { row, wallet };
}

export async function withdrawal(money: Money, amount: bigint): Promise<TransactionRow> {
  const wallet = await money.wallet({ units: amount * XLM });
  const row = await money.started('withdrawal', wallet.publicKey, amount * XLM);
  await money.apply(
    wallet,
    [
      {
        type: 'payment',
        destination: money.distribution.publicKey,
        asset: money.stellarAsset,
        amount: amount * XLM,
      },
    ],
    { memo: { type: 'id', value: row.memo ?? '' } },
  );
  return row;
}

/** The code with which work is refused. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was refused',
    (error: unknown) => (AnchorError.is(error) ? error.code : String(error)),
  );
