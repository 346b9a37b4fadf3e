import type { Delivery } from '../stellar/incoming.ts';
import { awaitsMoney, compareAmount, type SuspenseReason } from '../transfers/matching.ts';
import type { TransactionRow } from '../transfers/rows.ts';

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

/** What becomes of one delivery: it funds a withdrawal, lies in suspense, or is our own affair. */
export type Decision =
  | { bucket: 'matched'; row: TransactionRow }
  | { bucket: 'suspense'; reason: SuspenseReason; transactionId: string | null }
  | { bucket: 'internal'; reason: string };

/** What is ours: accounts and transactions. */
export interface Ours {
  accounts: ReadonlySet<string>;
  /** hashes of transactions that this anchor has signed */
  hashes: ReadonlySet<string>;
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
 * @param assetKeyOf `native` or CODE:ISSUER of a row's asset
 */
export function classify(
  delivery: Delivery,
  candidates: readonly TransactionRow[],
  ours: Ours,
  assetKeyOf: (row: TransactionRow) => string | null,
): Decision {
  const internal = internalReason(delivery, ours);
  if (internal !== null) return { bucket: 'internal', reason: internal };
  const suspense = (reason: SuspenseReason, row?: TransactionRow): Decision => ({
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
  if (assetKeyOf(row) !== delivery.asset) return suspense('wrong_asset', row);
  const awaited = awaitsMoney(row);
  if (awaited !== 'yes') return suspense(awaited, row);
  if (row.amount_expected_units === null) return suspense('not_awaited', row);
  const compared = compareAmount(row.amount_expected_units, delivery.amount);
  if (compared === 'too_small' || compared === 'too_large') return suspense(compared, row);
  return { bucket: 'matched', row };
}

const newest = (rows: readonly TransactionRow[]): TransactionRow | undefined =>
  [...rows].sort((a, b) => (a.started_at < b.started_at ? 1 : -1))[0];

/** Money that we move ourselves: setting up, issuing, between our own accounts. */
function internalReason(delivery: Delivery, ours: Ours): string | null {
  if (delivery.self) return 'paid to itself';
  if (ours.hashes.has(delivery.transactionHash)) return 'our own transaction';
  if (ours.accounts.has(delivery.from)) return 'between our own accounts';
  if (delivery.asset.endsWith(`:${delivery.from}`)) return 'issued';
  if (delivery.type === 'create_account') return 'the account was created';
  return null;
}
