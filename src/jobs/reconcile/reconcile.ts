import { isoTime } from '../../kernel/clock.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { assetKeys, type OwnAccount, ownAccounts } from './accounts.ts';
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

/** What differs is looked at once more after this: servers lag, and one of several may lag more than another. */
const CONFIRM_MS = 4_000;

async function compareNetwork(ctx: AnchorContext, report: Report, options: ReconcileOptions): Promise<void> {
  const { signal } = options;
  const assets = await assetKeys(ctx);
  for (const own of await ownAccounts(ctx)) {
    let found = createReport();
    for (let attempt = 1; attempt <= 2 && !signal.aborted; attempt++) {
      if (attempt > 1) await ctx.clock.sleep(CONFIRM_MS, signal);
      found = createReport();
      await compareAccount(ctx, own, found, { ...options, assets });
      if (found.count() === 0) break;
      // a transaction that is there needs no second look
      await applyStops(ctx, found, ({ hash }) => hash !== '');
    }
    report.merge(found);
    if (signal.aborted) return;
  }
}

async function compareAccount(
  ctx: AnchorContext,
  own: OwnAccount,
  report: Report,
  options: ReconcileOptions & { assets: ReadonlyMap<string, string> },
): Promise<void> {
  const { signal, assets, incremental = false, sinceLedger = null } = options;
  const start = await startOf(ctx, own, report, { incremental, sinceLedger, signal });
  if (start === null) return;
  const { scan, verified } = await scanAccount({ ctx, own, report, assets, signal }, start);
  if (signal.aborted) return;
  const before = report.count();
  await findMissing(scan, start);
  const whole = report.count() === before;
  const opening = await compareBalances(scan, start);
  if (!whole || opening === null || sinceLedger !== null || lost(report)) return;
  // sums begin with the opening balance, but where only the end could tell it
  if (start.balances === null) for (const [asset, units] of opening) addTo(verified.balances, asset, units);
  await saveVerified(ctx, own.id, verified);
}

/** Part of what we have recorded cannot be compared any more. */
const lost = (report: Report): boolean => report.stops.some(({ cause }) => cause === 'history_short');
