import type { NetworkAccount } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { type OwnAccount, type Records, recordsOf } from './accounts.ts';
import { endOfLedger, patient } from './history.ts';
import type { Report } from './report.ts';
import { readVerified } from './state.ts';

/** From where an account is compared. */
export interface Start {
  account: NetworkAccount;
  /** the ledger that `account` was read at: nothing after it is judged */
  tip: number;
  /** compared are ledgers after this one */
  after: number;
  cursor: string;
  /** what the account held then, stroops by asset; null where nobody can know any more */
  balances: Map<string, bigint> | null;
  /** the network has forgotten the account's beginning */
  shortened: boolean;
}

export interface StartOptions {
  /** go on where the last run ended well */
  incremental: boolean;
  /** compare only what happened in and after this ledger */
  sinceLedger: number | null;
  signal: AbortSignal;
}

/** A server may lag behind by a few ledgers; a network that was reset begins again. */
const LAG_LEDGERS = 50;
const SETTLED_LEDGERS = 5;
/** An account can be named in operations before it is created, e.g. as a claimant. */
const BEGINNING = 50;

/**
 * Reads the account and decides from where its history is compared. A network that was reset, or does not remember what we have
 * recorded, is told from one that merely lags by what only a reset can do (fault F9); then null: there is nothing to compare with.
 *
 * @throws NETWORK_UNAVAILABLE
 */
export async function startOf(
  ctx: AnchorContext,
  own: OwnAccount,
  report: Report,
  options: StartOptions,
): Promise<Start | null> {
  const { signal } = options;
  const records = await recordsOf(ctx, own.id);
  const account = await patient(ctx, signal, () => ctx.network.account(own.id));
  const beginning = await patient(ctx, signal, () => ctx.network.operations(own.id, '0', BEGINNING));
  const first = beginning[0];
  const latest = await patient(ctx, signal, () => ctx.network.latestLedger());
  const tip = account.ledger > 0 ? account.ledger : latest.sequence;
  if ('missing' in account) {
    if (existed(records, tip)) missing(own, report, first !== undefined);
    else if (records.firstLedger !== null) report.pending += 1;
    return null;
  }
  const creation = beginning.find((one) => one.type === 'create_account' && one.raw['account'] === own.id);
  const created = creation?.transaction.ledger ?? null;
  const reset = resetSign(records, account, tip, created);
  if (reset !== null) {
    report.add(
      { kind: 'network_reset', id: own.id, ...reset, hint: RESET_HINT },
      { hash: '', account: own.id },
    );
    return null;
  }
  const verified = await readVerified(ctx.db.read, own.id);
  const from = (after: number, balances: Map<string, bigint> | null): Start => ({
    account,
    tip,
    after,
    cursor: endOfLedger(after),
    balances,
    shortened: false,
  });
  if (options.sinceLedger !== null) return from(options.sinceLedger - 1, null);
  if (options.incremental && verified !== null) return from(verified.ledger, new Map(verified.balances));
  if (created !== null || first === undefined) return from(0, new Map());
  const begins = first.transaction.ledger;
  // what was found right once needs no second look where the network has forgotten it; whether something is missing since, the sums tell
  if (verified !== null) return { ...from(verified.ledger, new Map(verified.balances)), shortened: true };
  if (records.firstLedger !== null && records.firstLedger < begins) {
    const expected = `a history from ledger ${records.firstLedger} on, the first one in our records`;
    shortHistory(report, own.id, expected, `it begins with ledger ${begins}`);
  }
  return from(0, null);
}

/** Something that we have to compare is not told any more: nothing is paid rather than guess (F9). */
export const shortHistory = (report: Report, account: string, expected: string, found: string): void =>
  report.add(
    {
      kind: 'history_short',
      id: account,
      expected,
      found,
      hint: 'Set HORIZON_URI to a server that keeps the whole history, and run anchor reconcile again. Nothing is paid until then.',
    },
    { hash: '', account },
  );

/** Whether the account was there by that ledger: a server that lags may not have got to its creation yet. */
const existed = ({ firstLedger }: Records, tip: number): boolean =>
  firstLedger !== null && (tip >= firstLedger || tip + LAG_LEDGERS < firstLedger);

const RESET_HINT =
  'The network was reset, or HORIZON_URI leads to another one. Nothing is paid until this is settled: put HORIZON_URI right and run anchor reconcile again; after a reset of testnet, begin with a new database (DATABASE_URL) and anchor setup.';

function missing(own: OwnAccount, report: Report, hasHistory: boolean): void {
  const found = 'the network has no such account';
  const expected = 'the account that our records name';
  if (!hasHistory)
    report.add(
      { kind: 'network_reset', id: own.id, expected, found, hint: RESET_HINT },
      { hash: '', account: own.id },
    );
  else {
    const hint = `The account ${own.id} was merged away. Find out who holds its key; nothing is paid until it is there again.`;
    report.add({ kind: 'account_missing', id: own.id, expected, found, hint }, { hash: '', account: own.id });
  }
}

/** Sequence numbers and ledger numbers never fall, and nothing happens to an account before it is created. */
function resetSign(
  records: Records,
  account: NetworkAccount,
  tip: number,
  created: number | null,
): { expected: string; found: string } | null {
  const { newest, firstLedger, lastLedger } = records;
  if (lastLedger !== null && tip + LAG_LEDGERS < lastLedger) {
    return { expected: `at least ledger ${lastLedger}, the last one in our records`, found: `ledger ${tip}` };
  }
  // only a reading that says which ledger it is of
  const settled = newest !== null && account.ledger >= newest.ledger + SETTLED_LEDGERS;
  if (settled && account.sequence < newest.sequence) {
    return {
      expected: `a sequence number of at least ${newest.sequence}, used in ledger ${newest.ledger}`,
      found: `${account.sequence} at ledger ${tip}`,
    };
  }
  if (created !== null && firstLedger !== null && firstLedger < created) {
    return {
      expected: `an account that was there in ledger ${firstLedger}`,
      found: `it was created in ledger ${created}`,
    };
  }
  return null;
}
