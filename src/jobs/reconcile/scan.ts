import type { AnchorContext } from '../../transfers/context.ts';
import type { OwnAccount } from './accounts.ts';
import { type Book, feePayer, readBook } from './book.ts';
import { type Entry, history } from './history.ts';
import { compareIncoming } from './incoming.ts';
import { compareOutgoing } from './outgoing.ts';
import type { Report } from './report.ts';
import type { Start } from './start.ts';
import type { Verified } from './state.ts';
import { Tally } from './tally.ts';

/** What is under way for longer than this is a difference. */
export const GRACE_MS = 600_000;

/** The comparison of one account, ledger by ledger. */
export interface Scan {
  readonly ctx: AnchorContext;
  readonly own: OwnAccount;
  readonly report: Report;
  /** asset names by id */
  readonly assets: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  /** stroops by asset: what the ledger's own movements add up to */
  readonly sums: Map<string, bigint>;
  /** the part of them that stands in no row of payments in or out: fees, set-up, what is under way */
  readonly explained: Map<string, bigint>;
  readonly seen: { incoming: Tally; obligations: Tally; envelopes: Tally };
  /** something differs or is under way: what comes after is not settled for good */
  dirty: boolean;
}

export const addTo = (sums: Map<string, bigint>, asset: string, units: bigint): void => {
  sums.set(asset, (sums.get(asset) ?? 0n) + units);
};

export const isOld = (ctx: AnchorContext, at: string): boolean => ctx.clock.now() - Date.parse(at) > GRACE_MS;

/** Compared together: transactions, and operations, each of which brings its whole transaction along. */
const BATCH = 50;
const BATCH_OPERATIONS = 200;

export interface Scanned {
  scan: Scan;
  /** up to where everything agreed */
  verified: Verified;
}

/**
 * Goes through an account's history up to the ledger that its balance was read at, comparing every transaction and operation with the
 * rows of the database, in bounded memory.
 *
 * @throws NETWORK_UNAVAILABLE, HISTORY_OUT_OF_ORDER
 */
export async function scanAccount(
  common: Pick<Scan, 'ctx' | 'own' | 'report' | 'assets' | 'signal'>,
  start: Start,
): Promise<Scanned> {
  const scan: Scan = {
    ...common,
    sums: new Map(start.balances ?? []),
    explained: new Map(),
    seen: { incoming: new Tally(), obligations: new Tally(), envelopes: new Tally() },
    dirty: false,
  };
  let verified: Verified = { ledger: start.after, balances: new Map(scan.sums) };
  let ledger = start.after;
  let batch: Entry[] = [];
  let operations = 0;
  const work = async (): Promise<void> => {
    const book = await readBook(scan.ctx, scan.own.id, batch);
    for (const entry of batch) {
      if (entry.transaction.ledger > ledger && !scan.dirty) {
        verified = { ledger, balances: new Map(scan.sums) };
      }
      ledger = entry.transaction.ledger;
      await compareEntry(scan, book, entry);
    }
    batch = [];
    operations = 0;
  };
  for await (const entry of history(scan.ctx, scan.own.id, start.cursor, scan.signal)) {
    if (entry.transaction.ledger > start.tip || scan.signal.aborted) break;
    batch.push(entry);
    operations += entry.operations.length;
    if (batch.length >= BATCH || operations >= BATCH_OPERATIONS) await work();
  }
  await work();
  if (!scan.dirty && !scan.signal.aborted) {
    verified = { ledger: Math.max(start.tip, start.after), balances: new Map(scan.sums) };
  }
  return { scan, verified };
}

async function compareEntry(scan: Scan, book: Book, entry: Entry): Promise<void> {
  const { transaction } = entry;
  scan.report.compared.transactions += 1;
  scan.report.compared.operations += entry.operations.length;
  const before = scan.report.count() + scan.report.pending;
  const payer = feePayer(transaction);
  if (payer === scan.own.id) {
    addTo(scan.sums, 'native', -transaction.feeCharged);
    addTo(scan.explained, 'native', -transaction.feeCharged);
  }
  const moved = await compareIncoming(scan, book, entry);
  compareOutgoing(scan, book, { ...entry, moved, payer });
  if (scan.report.count() + scan.report.pending > before) scan.dirty = true;
}
