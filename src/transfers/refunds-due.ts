import { sql } from 'kysely';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { allAssets, keyOf } from './assets.ts';
import type { AnchorContext } from './context.ts';
import { isMoved } from './move.ts';
import { nothing, type PassResult } from './pass.ts';
import { refundCredit, refundPayment, refundTransaction } from './refunds.ts';
import type { AssetRow, CreditRow, IncomingRow, TransactionRow } from './rows.ts';
import { holdSuspense, isSuspenseMoved, type SuspenseItem } from './suspense.ts';

const BATCH = 200;
const HOUR_MS = 3_600_000;

interface Pass {
  signal: AbortSignal;
  /** `job:NAME` */
  by: string;
}

const policyReason = (hours: number): string => `the policy: back to the sender after ${hours} hours`;

/**
 * Sends back what has lain in suspense as long as its asset's policy says: payments to us, and with them what ended a withdrawal as
 * too_small or too_large. What cannot be sent back by itself is held for the operator, so that it is looked at once.
 */
export async function refundDuePayments(ctx: AnchorContext, pass: Pass): Promise<PassResult> {
  const result = nothing();
  const assets = [...(await allAssets(ctx.db.read)).values()];
  for (const asset of assets) {
    if (asset.refund_after_hours === null) continue;
    await inBatches(
      pass,
      () => duePayments(ctx, asset, assets),
      async (row) => {
        const how = { by: pass.by, reason: policyReason(asset.refund_after_hours ?? 0) };
        const item: SuspenseItem = { kind: 'payment', row };
        await orHold(ctx, item, pass, result, () => ctx.db.write((trx) => refundPayment(ctx, trx, row, how)));
      },
    );
    await refundEnded(ctx, asset, 'withdrawal', pass, result);
  }
  return result;
}

/** The same for bank credits; the rails carry the refunds out. */
export async function refundDueCredits(ctx: AnchorContext, pass: Pass): Promise<PassResult> {
  const result = nothing();
  const assets = [...(await allAssets(ctx.db.read)).values()];
  for (const asset of assets) {
    const hours = asset.refund_after_hours;
    if (hours === null) continue;
    await inBatches(
      pass,
      () => dueCredits(ctx, asset, assets.length === 1),
      async (row) => {
        const how = { by: pass.by, reason: policyReason(hours), assetId: asset.id };
        const item: SuspenseItem = { kind: 'credit', row };
        await orHold(ctx, item, pass, result, () => ctx.db.write((trx) => refundCredit(ctx, trx, row, how)));
      },
    );
    await refundEnded(ctx, asset, 'deposit', pass, result);
  }
  return result;
}

/** Each row once, however often it is found. */
async function inBatches<T extends { created_at: string }>(
  { signal }: Pass,
  read: () => Promise<T[]>,
  work: (row: T) => Promise<void>,
): Promise<void> {
  const seen = new Set<string>();
  const idOf = (row: T): string =>
    JSON.stringify(Object.entries(row).filter(([key]) => /^(operation_)?id$/.test(key)));
  while (!signal.aborted) {
    const rows = (await read()).filter((row) => !seen.has(idOf(row)));
    if (rows.length === 0) return;
    for (const row of rows) {
      if (signal.aborted) return;
      seen.add(idOf(row));
      await work(row);
    }
  }
}

/** In the words of the indexes on it. */
const UNDECIDED = sql<boolean>`bucket = 'suspense' and refunded_units = 0 and held_at is null`;

const cutoff = (ctx: AnchorContext, asset: AssetRow): string =>
  isoTime(ctx.clock.now() - (asset.refund_after_hours ?? 0) * HOUR_MS);

const leastOf = (asset: AssetRow): bigint => (asset.refund_min_units > 0n ? asset.refund_min_units : 1n);

/**
 * What came in this asset; for the oldest asset of an account also what came in assets that nobody registered, where it names a
 * withdrawal: a user's mistake, as against XLM that the operator sends for fees.
 */
async function duePayments(ctx: AnchorContext, asset: AssetRow, assets: AssetRow[]): Promise<IncomingRow[]> {
  const { distribution_account: account } = asset;
  const there = assets.filter((one) => one.distribution_account === account);
  const oldest = [...there].sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1))[0];
  const others = there.filter((one) => one.id !== asset.id).map(keyOf);
  let query = ctx.db.read
    .selectFrom('incoming_payments')
    .selectAll()
    .where('account', '=', account)
    .where(UNDECIDED)
    .where('created_at', '<=', cutoff(ctx, asset))
    .where('amount_units', '>=', leastOf(asset));
  const own = keyOf(asset);
  if (oldest?.id !== asset.id) query = query.where('asset', '=', own);
  else {
    if (others.length > 0) query = query.where('asset', 'not in', others);
    query = query.where(({ eb, or }) => or([eb('asset', '=', own), eb('reason', '=', 'wrong_asset')]));
  }
  return query.orderBy('created_at').orderBy('operation_id').limit(BATCH).execute();
}

/** What names a transaction of this asset; where there is only one asset also what names none. */
async function dueCredits(ctx: AnchorContext, asset: AssetRow, only: boolean): Promise<CreditRow[]> {
  return ctx.db.read
    .selectFrom('bank_credits')
    .leftJoin('transactions', 'transactions.id', 'bank_credits.transaction_id')
    .selectAll('bank_credits')
    .where(sql<boolean>`bank_credits.bucket = 'suspense' and bank_credits.refunded_units = 0
      and bank_credits.held_at is null`)
    .where('bank_credits.created_at', '<=', cutoff(ctx, asset))
    .where('bank_credits.amount_units', '>=', leastOf(asset))
    .where(({ eb, or }) =>
      only
        ? or([eb('transactions.asset_id', '=', asset.id), eb('transactions.id', 'is', null)])
        : eb('transactions.asset_id', '=', asset.id),
    )
    .orderBy('bank_credits.created_at')
    .orderBy('bank_credits.id')
    .limit(BATCH)
    .execute();
}

async function refundEnded(
  ctx: AnchorContext,
  asset: AssetRow,
  kind: TransactionRow['kind'],
  pass: Pass,
  result: PassResult,
): Promise<void> {
  const rows: TransactionRow[] = await ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where('status', 'in', ['too_small', 'too_large'])
    .where('kind', '=', kind)
    .where('asset_id', '=', asset.id)
    .where('refunded_units', '=', 0n)
    .where('received_units', '>=', leastOf(asset))
    .where('updated_at', '<=', cutoff(ctx, asset))
    .limit(BATCH)
    .execute();
  for (const row of rows) {
    if (pass.signal.aborted) return;
    const how = { by: pass.by, reason: policyReason(asset.refund_after_hours ?? 0) };
    try {
      await ctx.db.write((trx) => refundTransaction(ctx, trx, row, how));
      result.processed += 1;
    } catch (error) {
      if (isMoved(error)) continue;
      result.failed += 1;
      ctx.log.error('refund_failed', { transaction: row.id, error: messageOf(error) });
    }
  }
}

const decidedElsewhere = (error: unknown): boolean => isMoved(error) || isSuspenseMoved(error);

async function orHold(
  ctx: AnchorContext,
  item: SuspenseItem,
  pass: Pass,
  result: PassResult,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
    result.processed += 1;
  } catch (error) {
    if (decidedElsewhere(error)) return;
    if (!isRefusal(error)) throw error;
    result.failed += 1;
    ctx.log.error('refund_failed', { kind: item.kind, error: messageOf(error) });
    await holdSuspense(ctx, item, { by: pass.by, reason: messageOf(error).slice(0, 500) });
  }
}

/** The state of things does not allow it, as against a database or network that is away. */
const isRefusal = (error: unknown): boolean => AnchorError.is(error) && error.code.startsWith('REFUND_');
