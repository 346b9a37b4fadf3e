/** One thing on which the network, the bank and the database do not agree. */
export interface Difference {
  kind: DifferenceKind;
  /** hash, operation, obligation, transaction, credit, or account and asset */
  id: string;
  expected: string;
  found: string;
  /** what to do about it */
  hint: string;
}

export type DifferenceKind =
  // the network as a whole
  | 'network_reset'
  | 'history_short'
  | 'account_missing'
  // transactions from our accounts
  | 'unknown_transaction'
  | 'envelope_not_on_ledger'
  | 'envelope_state'
  | 'envelope_not_settled'
  // payments to us
  | 'incoming_not_read'
  | 'incoming_missing'
  | 'incoming_differs'
  | 'incoming_not_on_ledger'
  // payments by us
  | 'payment_without_obligation'
  | 'payment_differs'
  | 'payment_not_booked'
  | 'paid_twice'
  | 'paid_not_on_ledger'
  // sums
  | 'balance_history'
  | 'balance'
  | 'transaction_total'
  | 'transaction_status'
  // the bank
  | 'credit_not_booked'
  | 'credit_differs'
  | 'credit_unknown_to_bank'
  | 'payout_unknown_to_bank'
  | 'payout_not_booked'
  | 'payout_differs'
  | 'bank_unreadable'
  | 'more';

/** What nothing is paid after until somebody has looked (reliability R3, R13, F9). `hash` is empty where it is no transaction. */
export interface Stop {
  hash: string;
  account: string;
  cause: DifferenceKind;
}

/** How many differences of one kind are listed; the rest is counted. */
export const LISTED = 1_000;

/** Collects what was compared and what differs, in bounded memory. */
export interface Report {
  readonly differences: Difference[];
  /** what is under way and not expected to agree yet */
  pending: number;
  compared: { transactions: number; operations: number; obligations: number; credits: number };
  /** by kind, those not listed included */
  readonly counts: ReadonlyMap<DifferenceKind, number>;
  /** the first few that stop all payments */
  readonly stops: Stop[];
  add(difference: Difference, stop?: Omit<Stop, 'cause'>): void;
  /** all of them, those not listed included */
  count(): number;
  /** takes over all of another report */
  merge(other: Report): void;
  /** the list, with a line for each kind that has more */
  list(): Difference[];
}

export function createReport(): Report {
  const counts = new Map<DifferenceKind, number>();
  const differences: Difference[] = [];
  const stops: Stop[] = [];
  const listed = (kind: DifferenceKind): number => counts.get(kind) ?? 0;
  return {
    differences,
    counts,
    stops,
    pending: 0,
    compared: { transactions: 0, operations: 0, obligations: 0, credits: 0 },
    add(difference, stop) {
      if (stop !== undefined && stops.length < LISTED) stops.push({ ...stop, cause: difference.kind });
      const count = (counts.get(difference.kind) ?? 0) + 1;
      counts.set(difference.kind, count);
      if (count <= LISTED) differences.push(difference);
    },
    count: () => [...counts.values()].reduce((total, count) => total + count, 0),
    merge(other) {
      this.pending += other.pending;
      for (const name of ['transactions', 'operations', 'obligations', 'credits'] as const) {
        this.compared[name] += other.compared[name];
      }
      stops.push(...other.stops.slice(0, LISTED - stops.length));
      for (const one of other.differences) if (listed(one.kind) < LISTED) differences.push(one);
      for (const [kind, count] of other.counts) counts.set(kind, (counts.get(kind) ?? 0) + count);
    },
    list: () => [
      ...differences,
      ...[...counts].filter(([, count]) => count > LISTED).map(([kind, count]) => more(kind, count)),
    ],
  };
}

const more = (kind: DifferenceKind, count: number): Difference => ({
  kind: 'more',
  id: kind,
  expected: `at most ${LISTED} listed`,
  found: `${count} in all`,
  hint: `Settle those that are listed, then run anchor reconcile again for the rest of ${kind}.`,
});
