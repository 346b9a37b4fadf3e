import { AnchorError, messageOf } from '../kernel/errors.ts';
import { retryAfterOf } from '../stellar/http.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { nothing, type PassOptions, type PassResult, sum } from '../transfers/pass.ts';
import { advance } from './flight.ts';
import { isLeaseLost, type Lease, withLease } from './lease.ts';
import { policy } from './policy.ts';
import { prepare } from './prepare.ts';
import { countWaiting, openSlot, sourcesWithWork } from './ready.ts';

/**
 * The submit step: everything owed on Stellar is paid as far as it can be, source by source, each by whoever holds its lease. Returns
 * when nothing is in flight and nothing is ready, or at the deadline; what is in flight then is taken up by the next pass.
 */
export async function submitPayments(ctx: AnchorContext, options: PassOptions): Promise<PassResult> {
  const sources = await sourcesWithWork(ctx);
  const results = await Promise.all(sources.map((source) => oneSource(ctx, source, options)));
  const total = results.reduce(sum, nothing());
  return { ...total, waiting: await countWaiting(ctx) };
}

/** A fault of one source is logged and keeps no other from going on. */
async function oneSource(ctx: AnchorContext, source: string, options: PassOptions): Promise<PassResult> {
  try {
    const work = (lease: Lease): Promise<PassResult> => drive(ctx, lease, source, options);
    return (await withLease(ctx, `source:${source}`, options.worker, work)) ?? nothing();
  } catch (error) {
    if (isLeaseLost(error)) {
      ctx.log.warn('lease_lost', { source });
      return nothing();
    }
    ctx.log.error('submit_failed', { source, error: messageOf(error) });
    return { processed: 0, waiting: 0, failed: 1 };
  }
}

type Step =
  | { kind: 'moved'; paid: number }
  | { kind: 'in_flight'; pauseMs: number | null }
  | { kind: 'idle' };

async function drive(
  ctx: AnchorContext,
  lease: Lease,
  source: string,
  options: PassOptions,
): Promise<PassResult> {
  const result = nothing();
  let pause: number = policy.lookMs;
  while (!options.signal.aborted) {
    const step = await oneStep(ctx, lease, source, options.signal);
    if (step.kind === 'idle') break;
    if (step.kind === 'moved') {
      result.processed += step.paid;
      pause = policy.lookMs;
      continue;
    }
    const now = ctx.clock.now();
    if (now >= options.deadlineMs) break;
    const wanted = Math.max(pause, step.pauseMs ?? 0);
    await ctx.clock.sleep(Math.min(wanted, Math.max(1, options.deadlineMs - now)), options.signal);
    pause = Math.min(pause * 1.5, policy.lookMaxMs);
  }
  return result;
}

async function oneStep(ctx: AnchorContext, lease: Lease, source: string, signal: AbortSignal): Promise<Step> {
  const slot = await openSlot(ctx, source);
  try {
    if (slot !== null) {
      const progress = await advance(ctx, lease, slot, signal);
      return progress.settled
        ? { kind: 'moved', paid: progress.paid }
        : { kind: 'in_flight', pauseMs: progress.retryAfterMs };
    }
    const prepared = await prepare(ctx, lease, source);
    if (prepared.envelope !== null) return { kind: 'moved', paid: 0 };
    return prepared.again ? { kind: 'in_flight', pauseMs: null } : { kind: 'idle' };
  } catch (error) {
    if (!AnchorError.is(error) || error.code !== 'NETWORK_UNAVAILABLE') throw error;
    ctx.log.warn('network_unavailable', { source, error: error.message });
    if (slot === null) throw error;
    return { kind: 'in_flight', pauseMs: retryAfterOf(error) };
  }
}
