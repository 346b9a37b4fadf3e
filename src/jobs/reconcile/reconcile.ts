import { isoTime } from '../../kernel/clock.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { assetKeys, ownAccounts } from './accounts.ts';
import { compareBalances } from './balances.ts';
import { compareCredits } from './bank.ts';
import { findMissing } from './missing.ts';
import { comparePayouts, compareStatement } from './payouts.ts';
import { createReport, type Report } from './report.ts';
import { addTo, scanAccount } from './scan.ts';
import { startOf } from './start.ts';
import { saveVerified } from './state.ts';
import { applyStops, liftReadings } from './stops.ts';
import { compareSuspense } from './suspense.ts';
import { compareTotals } from './totals.ts';

export interface ReconcileOptions {
  signal: AbortSignal;
  /** go on where the last run ended well, and look at what has changed since; default false: everything */
  incremental?: boolean;
  /** only what the ledgers from this one on hold; the database and the bank are compared whole */
  sinceLedger?: number | null;
  /** with `incremental`: transactions and payouts that have changed since, ISO 8601; null: all of them */
  changedSince?: string | null;
  /** ask the bank for all of its credits; default true */
  bank?: boolean;
}

/**
 * Compares the network, the bank and the database: every transaction and payment from and to our accounts, every bank line, every row,
 * and the sums. It changes nothing but this: what must not go on is stopped (a freeze of signing), and how far all agreed is noted.
 *
 * @throws NETWORK_UNAVAILABLE, HISTORY_OUT_OF_ORDER nothing definite is known; a freeze that was found before stays
 */
export async function reconcile(ctx: AnchorContext, options: ReconcileOptions): Promise<Report> {
  const { signal } = options;
  const report = createReport();
  try {
    await compareNetwork(ctx, report, options);
  } finally {
    await applyStops(ctx, report);
  }
  if (!signal.aborted) await liftReadings(ctx, report);
  const changedSince = options.changedSince ?? null;
  await compareTotals(ctx, report, { changedSince, signal });
  await compareSuspense(ctx, report);
  await comparePayouts(ctx, report, { changedSince, signal });
  if (options.bank ?? true) {
    await compareCredits(ctx, report, signal);
    await compareStatement(ctx, report, signal);
  }
  ctx.log.info('reconciled', {
    ...report.compared,
    differences: report.count(),
    pending: report.pending,
    at: isoTime(ctx.clock.now()),
  });
  return report;
}

async function compareNetwork(ctx: AnchorContext, report: Report, options: ReconcileOptions): Promise<void> {
  const { signal } = options;
  const accounts = await ownAccounts(ctx);
  const assets = await assetKeys(ctx);
  const sinceLedger = options.sinceLedger ?? null;
  for (const own of accounts) {
    if (signal.aborted) return;
    const start = await startOf(ctx, own, report, {
      incremental: options.incremental ?? false,
      sinceLedger,
      signal,
    });
    if (start === null) continue;
    const { scan, verified } = await scanAccount({ ctx, own, report, assets, signal }, start);
    if (signal.aborted) return;
    const before = report.count();
    await findMissing(scan, start);
    const whole = report.count() === before;
    const opening = await compareBalances(scan, start);
    if (!whole || opening === null || sinceLedger !== null || lost(report, own.id)) continue;
    // sums begin with the opening balance, but where only the end could tell it
    if (start.balances === null) for (const [asset, units] of opening) addTo(verified.balances, asset, units);
    await saveVerified(ctx, own.id, verified);
  }
}

/** Part of what we have recorded cannot be compared any more. */
const lost = (report: Report, account: string): boolean =>
  report.stops.some((stop) => stop.account === account && stop.cause === 'history_short');
