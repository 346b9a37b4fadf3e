import { getFact, setFact } from '../../database/repositories/facts.ts';
import { isoTime } from '../../kernel/clock.ts';
import { withLease } from '../../payments/lease.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { nothing, type PassOptions, type PassResult } from '../../transfers/pass.ts';
import type { Job } from '../jobs.ts';
import { reconcile } from './reconcile.ts';
import { GRACE_MS } from './scan.ts';

/** Until when everything that had changed was found right. */
const RIGHT_UNTIL = 'reconcile:right-until';
/** When the bank's credits were last compared from their beginning. */
const BANK_AT = 'reconcile:bank-at';
const BANK_EVERY_MS = 24 * 3_600_000;

/**
 * Compares what is new since the last pass that found nothing; a difference is reported by every pass until it is settled. The whole
 * of the bank's credits is asked for once a day. One worker at a time.
 */
export const reconcileJob: Job = {
  id: 'reconcile',
  title: 'Compare the network, the bank and the database',
  intervalSeconds: 300,
  async run(ctx, options) {
    return (await withLease(ctx, 'job:reconcile', options.worker, () => pass(ctx, options))) ?? nothing();
  },
};

async function pass(ctx: AnchorContext, { signal }: PassOptions): Promise<PassResult> {
  const began = ctx.clock.now();
  const until = await getFact(ctx.db.read, RIGHT_UNTIL);
  const bankAt = await getFact(ctx.db.read, BANK_AT);
  const bank = bankAt === undefined || began - Date.parse(bankAt) >= BANK_EVERY_MS;
  const report = await reconcile(ctx, {
    signal,
    incremental: true,
    bank,
    // what was under way then is looked at once more
    changedSince: until === undefined ? null : isoTime(Date.parse(until) - 2 * GRACE_MS),
  });
  for (const difference of report.list()) ctx.log.error('difference', { ...difference });
  if (!signal.aborted && report.count() === 0) {
    const at = isoTime(began);
    await setFact(ctx.db.read, RIGHT_UNTIL, at, at);
    if (bank) await setFact(ctx.db.read, BANK_AT, at, at);
  }
  return { processed: report.compared.transactions, waiting: report.pending, failed: report.count() };
}
