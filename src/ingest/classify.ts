import type { Delivery } from '../stellar/incoming.ts';
import { awaitsMoney, judgeMoney, type MoneyPolicy, type SuspenseReason } from '../transfers/matching.ts';
import type { FundedRow } from '../transfers/rows.ts';

/** By what a payment names its withdrawal: the id of a muxed destination, or the memo with its type; null for neither. */
export interface MatchKey {
  type: 'text' | 'id' | 'hash';
  value: string;
}

/** A muxed id and a memo at once name two withdrawals, unless both say the same (S24-19, reliability R9). */
export function matchKey(delivery: Pick<Delivery, 'memo' | 'muxedId'>): MatchKey | null | 'both' {
  const { memo, muxedId } = delivery;
  if (muxedId !== null) {
    const same = memo === null || (memo.type === 'id' && memo.value === muxedId);
    return same ? { type: 'id', value: muxedId } : 'both';
  }
  if (memo === null || memo.value === '' || memo.type === 'return') return null;
  return { type: memo.type, value: memo.value };
}

/** What becomes of one delivery: it funds a withdrawal or ends it, lies in suspense, or is our own affair. */
export type Decision =
  | { bucket: 'matched'; row: FundedRow; as: 'due' | 'late' | 'too_small' | 'too_large' }
  | { bucket: 'suspense'; reason: SuspenseReason; transactionId: string | null }
  | { bucket: 'internal'; reason: string };

/** What is ours: accounts and transactions. */
export interface Ours {
  accounts: ReadonlySet<string>;
  /** hashes of transactions that this anchor has signed */
  hashes: ReadonlySet<string>;
  /** ISO 8601: what came before, and names no withdrawal, belongs to the account's own past */
  since: string;
}

/** What decides about money for a withdrawal's asset: which one it is, `native` or CODE:ISSUER, and its owner's policy. */
export interface AssetTerms {
  key: string;
  policy: MoneyPolicy;
}

/** Operations that a wallet may pay a withdrawal with (S24-68). */
const PAYMENTS = new Set([
  'payment',
  'path_payment_strict_send',
  'path_payment_strict_receive',
  'invoke_host_function',
]);

/**
 * Decides for one delivery and the withdrawals on its account that carry its key; pure, so that a brute-force oracle can check it.
 *
 * @param candidates rows with the delivery's account as anchor account and with its memo and memo type
 * @param termsOf null where a row's asset is gone
 */
export function classify(
  delivery: Delivery,
  candidates: readonly FundedRow[],
  ours: Ours,
  termsOf: (row: FundedRow) => AssetTerms | null,
): Decision {
  const internal = internalReason(delivery, ours, candidates.length > 0);
  if (internal !== null) return { bucket: 'internal', reason: internal };
  const suspense = (reason: SuspenseReason, row?: FundedRow): Decision => ({
    bucket: 'suspense',
    reason,
    transactionId: row?.id ?? null,
  });
  if (!PAYMENTS.has(delivery.type)) return suspense('unsupported_operation');
  const key = matchKey(delivery);
  if (key === 'both') return suspense('memo_and_muxed');
  if (key === null) return suspense('no_memo');
  const waiting = candidates.filter((row) => awaitsMoney(row) === 'yes');
  const row = waiting[0] ?? newest(candidates);
  if (row === undefined || waiting.length > 1) return suspense('unknown_memo');
  const terms = termsOf(row);
  if (terms === null || terms.key !== delivery.asset) return suspense('wrong_asset', row);
  const verdict = judgeMoney(row, terms.policy, delivery.amount, delivery.createdAt);
  if (verdict.is === 'suspense') return suspense(verdict.reason, row);
  return { bucket: 'matched', row, as: verdict.is === 'wrong_amount' ? verdict.status : verdict.is };
}

const newest = (rows: readonly FundedRow[]): FundedRow | undefined =>
  [...rows].sort((a, b) => (a.started_at < b.started_at ? 1 : -1))[0];

/**
 * Money that we move ourselves: setting up, issuing, between our own accounts. A balance that one of our accounts has claimed tells
 * nothing of who gave it, so it is looked at by an operator.
 */
function internalReason(delivery: Delivery, ours: Ours, named: boolean): string | null {
  if (delivery.self) return 'paid to itself';
  if (ours.hashes.has(delivery.transactionHash)) return 'our own transaction';
  if (delivery.type === 'claim_claimable_balance') return null;
  if (ours.accounts.has(delivery.from)) return 'between our own accounts';
  if (delivery.asset.endsWith(`:${delivery.from}`) && !named) return 'issued';
  if (delivery.type === 'create_account') return 'the account was created';
  if (delivery.createdAt < ours.since && !named) return 'before this anchor kept the account';
  return null;
}
