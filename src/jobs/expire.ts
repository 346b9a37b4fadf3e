import { isoTime } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { isMoved, moveTransaction } from '../transfers/move.ts';
import { nothing, type PassOptions, type PassResult } from '../transfers/pass.ts';

const BATCH = 200;
/** what waits for the user, without money */
const EXPIRING = [
  'incomplete',
  'pending_user_transfer_start',
  'pending_customer_info_update',
  'pending_transaction_info_update',
];
const RUNS_KEPT_MS = 3_600_000;
/** S38-37 wants used ones to stay; the others may be asked for a while longer. */
const QUOTES_KEPT_MS = 30 * 86_400_000;

/**
 * Moves transactions that nobody funded in time to `expired` (S24-M12, S24-M19); money that comes later lies in suspense. Also clears
 * away sessions, used challenges and old runs that have ended.
 */
export async function expireTransactions(
  ctx: AnchorContext,
  options: Pick<PassOptions, 'signal'>,
): Promise<PassResult> {
  const result = nothing();
  const failed = new Set<string>();
  while (!options.signal.aborted) {
    const now = isoTime(ctx.clock.now());
    const rows = await ctx.db.read
      .selectFrom('transactions')
      .selectAll()
      .where('expires_at', '<=', now)
      .where('status', 'in', EXPIRING)
      .where('received_units', '=', 0n)
      .orderBy('expires_at')
      .limit(BATCH)
      .execute();
    const fresh = rows.filter((row) => !failed.has(row.id));
    if (fresh.length === 0) break;
    for (const row of fresh) {
      try {
        await ctx.db.write((trx) =>
          moveTransaction(ctx, trx, row, {
            to: 'expired',
            by: 'job:expire-transactions',
            reason:
              row.status === 'pending_user_transfer_start' ? 'no money arrived in time' : 'never finished',
          }),
        );
        result.processed += 1;
      } catch (error) {
        failed.add(row.id);
        if (isMoved(error)) continue;
        result.failed += 1;
        ctx.log.error('expire_failed', { transaction: row.id, error: messageOf(error) });
      }
    }
  }
  await clearAway(ctx);
  return result;
}

async function clearAway(ctx: AnchorContext): Promise<void> {
  const now = ctx.clock.now();
  await ctx.db.read.deleteFrom('interactive_sessions').where('expires_at', '<', isoTime(now)).execute();
  await ctx.db.read
    .deleteFrom('quotes')
    .where('transaction_id', 'is', null)
    .where('expires_at', '<', isoTime(now - QUOTES_KEPT_MS))
    .execute();
  await ctx.db.read.deleteFrom('used_challenges').where('expires_at', '<', isoTime(now)).execute();
  await ctx.db.read
    .deleteFrom('job_runs')
    .where('started_at', '<', isoTime(now - RUNS_KEPT_MS))
    .where('id', 'not in', (inner) =>
      inner
        .selectFrom('job_runs')
        .select(({ fn }) => fn.max('id').as('id'))
        .groupBy('job'),
    )
    .execute();
}
