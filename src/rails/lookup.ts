import { isoTime } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { AnchorContext } from '../transfers/context.ts';
import type { PassResult } from '../transfers/pass.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { changeObligation } from '../transfers/settle.ts';
import { type Lookup, lookupAnswer, railsOf } from './answers.ts';
import { callRails, isHookFault, shutUntil } from './guard.ts';
import { applyAnswer, payoutUnclear, settleMs } from './outcome.ts';
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
  const now = ctx.clock.now();
  if (railsOf(ctx).lookupPayout === undefined) {
    await payoutUnclear(ctx, row, 'Its call was cut off.', BY);
    return 'failed';
  }
  const since = Date.parse(row.updated_at);
  const answer = await askBank(ctx, row.id, signal);
  if (answer === null) {
    const next = Math.max(now + pauseMs(now - since), shutUntil(ctx, 'lookupPayout') ?? 0);
    await changeObligation(ctx, ctx.db.read, row, { not_before_at: isoTime(next) });
    return 'waiting';
  }
  if (answer.status !== 'none') return applyAnswer(ctx, row, answer, BY);
  const trusted = since + limits.railsHookTimeoutMs + settleMs(ctx);
  if (now < trusted) {
    await changeObligation(ctx, ctx.db.read, row, { not_before_at: isoTime(trusted) });
    return 'waiting';
  }
  await changeObligation(ctx, ctx.db.read, row, {
    state: 'owed',
    waiting_code: 'rails_credit',
    waiting_text: `The bank did not take the payout (calls so far: ${row.attempts}); it is ordered again.`,
    not_before_at: isoTime(now + retryMs(row.attempts)),
  });
  return 'waiting';
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
