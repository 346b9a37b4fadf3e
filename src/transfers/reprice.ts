import { sql } from 'kysely';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { isPriceFault } from '../quotes/index.ts';
import type { AnchorContext } from './context.ts';
import { matchSuspense } from './match.ts';
import { isMoved } from './move.ts';
import { nothing, type PassResult } from './pass.ts';
import { transactionOf } from './settle.ts';
import { isSuspenseMoved, type SuspenseItem, suspenseId } from './suspense.ts';

const BATCH = 100;

/**
 * Money that came for an exchange while the anchor's prices were away lies in suspense, for it is kept whatever happens. As soon as there
 * is a price again it goes to its transaction, at that price.
 *
 * @param pass.by `job:NAME`
 */
export async function bookUnpriced(
  ctx: AnchorContext,
  kind: SuspenseItem['kind'],
  pass: { signal: AbortSignal; by: string },
): Promise<PassResult> {
  const result = nothing();
  for (const item of await unpriced(ctx, kind)) {
    if (pass.signal.aborted) break;
    try {
      const row = await transactionOf(ctx.db.read, item.row.transaction_id);
      await matchSuspense(ctx, item, row, { by: pass.by, reason: 'there is a price for it now' });
      result.processed += 1;
    } catch (error) {
      if (isMoved(error) || isSuspenseMoved(error)) continue;
      if (isPriceFault(error) || isRefusedNow(error)) {
        result.waiting += 1;
        continue;
      }
      if (!AnchorError.is(error) || error.code.startsWith('DATABASE_')) throw error;
      result.failed += 1;
      ctx.log.error('unpriced_not_booked', { id: suspenseId(item), error: messageOf(error) });
    }
  }
  return result;
}

/** The anchor does not want to exchange it now, or not any more: it waits, and an operator may refund it. */
const isRefusedNow = (error: unknown): boolean =>
  AnchorError.is(error) && ['QUOTE_REFUSED', 'EXCHANGE_UNSUPPORTED', 'AMOUNT_BELOW_FEE'].includes(error.code);

/** In the words of the indexes on it. */
const UNDECIDED = sql<boolean>`bucket = 'suspense' and refunded_units = 0 and held_at is null`;

async function unpriced(ctx: AnchorContext, kind: SuspenseItem['kind']): Promise<SuspenseItem[]> {
  if (ctx.project.integrations.quotes === undefined) return [];
  if (kind === 'payment') {
    const rows = await ctx.db.read
      .selectFrom('incoming_payments')
      .selectAll()
      .where(UNDECIDED)
      .where('reason', '=', 'no_price')
      .orderBy('created_at')
      .limit(BATCH)
      .execute();
    return rows.map((row) => ({ kind: 'payment', row }));
  }
  const rows = await ctx.db.read
    .selectFrom('bank_credits')
    .selectAll()
    .where(UNDECIDED)
    .where('reason', '=', 'no_price')
    .orderBy('created_at')
    .limit(BATCH)
    .execute();
  return rows.map((row) => ({ kind: 'credit', row }));
}
