import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { callHook } from '../transfers/hooks.ts';
import type { PassResult } from '../transfers/pass.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { changeObligation } from '../transfers/settle.ts';
import { type Lookup, lookupAnswer, railsOf } from './answers.ts';
import { applyAnswer, payoutUnclear, SETTLE_MS } from './outcome.ts';

const RETRY_MS = 5_000;

/**
 * Settles a payout in state `unknown` by asking the bank for its key. `none` long enough after the attempt means that the bank never
 * had it: the same key may go again. Before that, and whenever the look-up itself is unclear, it stays unknown.
 */
export async function lookUpPayout(
  ctx: AnchorContext,
  row: ObligationRow,
  signal: AbortSignal,
): Promise<keyof PassResult> {
  const answer = await ask(ctx, row, signal);
  if (answer === 'cannot') {
    await payoutUnclear(ctx, row, 'its call was cut off');
    return 'failed';
  }
  if (answer === 'unclear') {
    await changeObligation(ctx, ctx.db.read, row, { not_before_at: isoTime(ctx.clock.now() + RETRY_MS) });
    return 'waiting';
  }
  if (answer.status !== 'none') return applyAnswer(ctx, row, answer, 'job:execute-payouts');
  const trusted = Date.parse(row.updated_at) + limits.railsHookTimeoutMs + SETTLE_MS;
  if (ctx.clock.now() < trusted) {
    await changeObligation(ctx, ctx.db.read, row, { not_before_at: isoTime(trusted) });
    return 'waiting';
  }
  await changeObligation(ctx, ctx.db.read, row, {
    state: 'owed',
    waiting_code: null,
    waiting_text: null,
    not_before_at: isoTime(ctx.clock.now() + Math.min(600_000, RETRY_MS * 2 ** Math.min(row.attempts, 10))),
  });
  return 'waiting';
}

async function ask(
  ctx: AnchorContext,
  row: ObligationRow,
  signal: AbortSignal,
): Promise<Lookup | 'cannot' | 'unclear'> {
  const rails = railsOf(ctx);
  if (rails.lookupPayout === undefined) return 'cannot';
  try {
    return await callHook(
      ctx,
      'rails.lookupPayout',
      (hookCtx) => rails.lookupPayout?.(row.id, hookCtx),
      lookupAnswer,
      { timeoutMs: limits.railsHookTimeoutMs, signal },
    );
  } catch (error) {
    if (!AnchorError.is(error)) throw error;
    ctx.log.error('lookup_unclear', { obligation: row.id, error: messageOf(error) });
    return 'unclear';
  }
}
