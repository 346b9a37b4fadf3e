import { AnchorError, messageOf } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { nothing, type PassOptions, type PassResult, sum } from '../transfers/pass.ts';
import { drive, nudge } from './drive.ts';
import { isLeaseLost, withLease } from './lease.ts';
import { sourceLease } from './pool.ts';
import { countWaiting, payersWithWork } from './ready.ts';

/**
 * The submit step: everything owed on Stellar is paid as far as it can be, distribution account by distribution account, each by whoever
 * holds its lease. Returns when nothing is in flight and nothing is ready, or at the deadline; what is in flight then is taken up by the
 * next pass.
 *
 * @throws SQLITE_ON_TWO_MACHINES
 */
export async function submitPayments(ctx: AnchorContext, options: PassOptions): Promise<PassResult> {
  const payers = await payersWithWork(ctx);
  const results = await Promise.all(payers.map((payer) => onePayer(ctx, payer, options)));
  const total = results.reduce(sum, nothing());
  return { ...total, waiting: await countWaiting(ctx) };
}

/** A fault of one distribution account is logged and keeps no other from going on. */
async function onePayer(ctx: AnchorContext, payer: string, options: PassOptions): Promise<PassResult> {
  try {
    const done = await withLease(ctx, sourceLease(payer), options.worker, (lease, leases) =>
      drive(ctx, { lease, leases, payer, options }),
    );
    // somebody is at it: where that is this process, it need not wait to hear of new work
    if (done === null) nudge(ctx, payer);
    return done ?? nothing();
  } catch (error) {
    if (isLeaseLost(error)) {
      ctx.log.warn('lease_lost', { source: payer });
      return nothing();
    }
    if (AnchorError.is(error) && error.code === 'SQLITE_ON_TWO_MACHINES') throw error;
    ctx.log.error('submit_failed', { source: payer, error: messageOf(error) });
    return { processed: 0, waiting: 0, failed: 1 };
  }
}
