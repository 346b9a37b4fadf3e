import type { AssetRow, TransactionRow } from './rows.ts';

/** Why money that arrived lies in suspense: a stable word for the database, the operator's list shows a sentence. */
export type SuspenseReason =
  | 'no_reference'
  | 'unknown_reference'
  | 'no_memo'
  | 'unknown_memo'
  | 'memo_and_muxed'
  | 'wrong_asset'
  | 'too_small'
  | 'too_large'
  | 'duplicate'
  | 'expired'
  | 'not_awaited'
  | 'below_fee'
  | 'unsupported_operation'
  | 'unreadable'
  /** the bank gave two credits one id */
  | 'id_reused'
  /** the bank took it back */
  | 'returned'
  /** what it is worth is not known: the anchor's prices are away */
  | 'no_price'
  | 'internal_error';

/** Whether the status lets money in, else why not. Money is awaited from `pending_user_transfer_start` on, once. */
export function awaitsMoney(
  row: Pick<TransactionRow, 'status' | 'received_units'>,
): 'yes' | 'duplicate' | 'expired' | 'not_awaited' {
  if (row.received_units > 0n) return 'duplicate';
  if (row.status === 'pending_user_transfer_start' || row.status === 'pending_external') return 'yes';
  return row.status === 'expired' ? 'expired' : 'not_awaited';
}

/** Percentage points × 1e7: the SEP's ten percent (S24-70). */
const TEN_PERCENT = 100_000_000n;
const WHOLE = 1_000_000_000n;

/**
 * Compares what arrived with what was announced. Within the tolerance it is taken, with amounts and fee computed anew (S24-70).
 *
 * @param tolerance percentage points × 1e7
 */
export function compareAmount(
  expected: bigint,
  arrived: bigint,
  tolerance: bigint = TEN_PERCENT,
): 'exact' | 'tolerated' | 'too_small' | 'too_large' {
  if (arrived === expected) return 'exact';
  const difference = arrived > expected ? arrived - expected : expected - arrived;
  if (difference * WHOLE <= expected * tolerance) return 'tolerated';
  return arrived > expected ? 'too_large' : 'too_small';
}

/** What an asset's owner has decided about money that does not fit, and the limits for money that nobody announced. */
export type MoneyPolicy = Pick<AssetRow, 'tolerance_percent_units' | 'wrong_amount' | 'accept_late'> &
  Partial<
    Pick<
      AssetRow,
      'deposit_min_units' | 'deposit_max_units' | 'withdrawal_min_units' | 'withdrawal_max_units'
    >
  >;

export type MoneyVerdict =
  /** it is what the transaction waits for */
  | { is: 'due' }
  /** it comes after the transaction has expired, and revives it (S24-65) */
  | { is: 'late' }
  /** the transaction ends with it, and it goes back (S24-M06, S24-M19) */
  | { is: 'wrong_amount'; status: 'too_small' | 'too_large' }
  | { is: 'suspense'; reason: SuspenseReason };

type Judged = Pick<TransactionRow, 'status' | 'received_units' | 'amount_expected_units'> &
  Partial<Pick<TransactionRow, 'sep' | 'kind' | 'quote_expires_at' | 'asked_at'>>;

/** What we send through another anchor has its amount agreed with that anchor already (S31-20): another one fits nothing. */
const agreedExactly = (row: Judged): boolean => row.sep === '31' && row.kind === 'deposit';

/** Without an announced amount (SEP-6) any within the asset's limits is what was waited for. */
function compareLimits(
  row: Judged,
  policy: MoneyPolicy,
  arrived: bigint,
): 'exact' | 'too_small' | 'too_large' {
  const [min, max] =
    row.kind === 'deposit'
      ? [policy.deposit_min_units, policy.deposit_max_units]
      : [policy.withdrawal_min_units, policy.withdrawal_max_units];
  if (arrived < (min ?? 0n)) return 'too_small';
  return max !== null && max !== undefined && arrived > max ? 'too_large' : 'exact';
}

function timeliness(row: Judged, paidAt: string | null): ReturnType<typeof awaitsMoney> {
  const awaited = awaitsMoney(row);
  const { quote_expires_at: expires } = row;
  if ((awaited !== 'yes' && awaited !== 'expired') || typeof expires !== 'string' || paidAt === null) {
    return awaited;
  }
  // one that expired before it was ready for money is not made so by its quote
  if (awaited === 'expired' && typeof row.asked_at !== 'string') return awaited;
  return Date.parse(paidAt) < Date.parse(expires) ? 'yes' : 'expired';
}

/**
 * Decides about money that names a transaction and has its asset; pure. Where there is a firm quote, what counts is when the money was
 * paid: before the quote expired it is in time, however late we hear of it, and after that it is late (S24-26, S6-24, S31-16).
 *
 * @param arrived stroops
 * @param paidAt ISO 8601; null: not known
 */
export function judgeMoney(
  row: Judged,
  policy: MoneyPolicy,
  arrived: bigint,
  paidAt: string | null = null,
): MoneyVerdict {
  const awaited = timeliness(row, paidAt);
  const late = awaited === 'expired' && policy.accept_late === 1;
  if (awaited !== 'yes' && !late) return { is: 'suspense', reason: awaited };
  const expected = row.amount_expected_units;
  // whether it was ever ready for money, an expired one does not tell
  if (expected === null && late) return { is: 'suspense', reason: 'expired' };
  const compared =
    expected === null
      ? compareLimits(row, policy, arrived)
      : compareAmount(expected, arrived, agreedExactly(row) ? 0n : policy.tolerance_percent_units);
  if (compared === 'exact' || compared === 'tolerated') return { is: late ? 'late' : 'due' };
  if (late) return { is: 'suspense', reason: 'expired' };
  return policy.wrong_amount === 'end'
    ? { is: 'wrong_amount', status: compared }
    : { is: 'suspense', reason: compared };
}
