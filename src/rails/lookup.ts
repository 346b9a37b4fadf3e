import { messageOf } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import type { PassResult } from '../transfers/pass.ts';
import { databaseTime } from '../transfers/pauses.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { changeObligation } from '../transfers/settle.ts';
import { type Lookup, lookupAnswer, railsOf, railsTimeoutMs } from './answers.ts';
import { callRails, isHookFault, shutForMs } from './guard.ts';
import { applyAnswer, hold, payoutUnclear, settleMs } from './outcome.ts';
import { pauseMs, retryMs } from './pauses.ts';

const BY = 'job:execute-payouts';

/**
 * Settles a payout in state `unknown` by asking the bank for its key. `none` long enough after the attempt means that the bank never
 * had it: the same key may go again. Before that, and whenever the look-up itself is unclear, it stays unknown.
 */
export async function lookUpPayout(
  ctx: AnchorContext,
  row: ObligationRow,
  signal: AbortSignal,
): Promise<keyof PassResult> {
  if (railsOf(ctx).lookupPayout === undefined) {
    await payoutUnclear(ctx, row, 'Its call was cut off.', BY);
    return 'failed';
  }
  // read before the bank is asked: what it says is at least as new
  const ageMs = await attemptAgeMs(ctx, row);
  const answer = await askBank(ctx, row.id, signal);
  if (answer === null) {
    const pause = Math.max(pauseMs(ageMs), shutForMs(ctx, 'lookupPayout') ?? 0);
    await changeObligation(ctx, ctx.db.read, row, { not_before_at: await databaseTime(ctx, pause) });
    return 'waiting';
  }
  if (answer.status !== 'none') return applyAnswer(ctx, row, answer, BY);
  const early = railsTimeoutMs(ctx) + settleMs(ctx) - ageMs;
  if (early > 0) {
    await changeObligation(ctx, ctx.db.read, row, { not_before_at: await databaseTime(ctx, early) });
    return 'waiting';
  }
  if (row.held_for === 'returned') {
    const text = 'The bank took the money of the credit back, and it does not have this refund of it.';
    await hold(ctx, row, 'returned', text, BY);
    return 'failed';
  }
  await changeObligation(ctx, ctx.db.read, row, {
    state: 'owed',
    waiting_code: 'rails_credit',
    waiting_text: `The bank did not take the payout (calls so far: ${row.attempts}); it is ordered again.`,
    not_before_at: await databaseTime(ctx, retryMs(row.attempts)),
  });
  return 'waiting';
}

/** Milliseconds since the bank was last called for it, by the database's clock: a worker's own may be an hour off (F14). */
export async function attemptAgeMs(ctx: AnchorContext, row: ObligationRow): Promise<number> {
  return Number(await ctx.db.nowMs()) - (row.attempted_ms ?? Date.parse(row.updated_at));
}

/** What the bank says of a key; null when it cannot be learnt now. */
export async function askBank(ctx: AnchorContext, key: string, signal: AbortSignal): Promise<Lookup | null> {
  try {
    return await callRails(
      ctx,
      'lookupPayout',
      (rails, hook) => rails.lookupPayout?.(key, hook),
      lookupAnswer,
      { signal },
    );
  } catch (error) {
    if (!isHookFault(error)) throw error;
    ctx.log.error('lookup_unclear', { obligation: key, error: messageOf(error) });
    return null;
  }
}
