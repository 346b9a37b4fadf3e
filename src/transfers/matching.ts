import type { TransactionRow } from './rows.ts';

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
  | 'internal_error';

/** Whether the status lets money in, else why not. Money is awaited from `pending_user_transfer_start` on, once. */
export function awaitsMoney(
  row: Pick<TransactionRow, 'status' | 'received_units'>,
): 'yes' | 'duplicate' | 'expired' | 'not_awaited' {
  if (row.received_units > 0n) return 'duplicate';
  if (row.status === 'pending_user_transfer_start' || row.status === 'pending_external') return 'yes';
  return row.status === 'expired' ? 'expired' : 'not_awaited';
}

/**
 * Compares what arrived with what was announced. Up to ten percent more or less is taken, with amounts and fee computed anew
 * (S24-70); beyond it the money waits in suspense.
 */
export function compareAmount(
  expected: bigint,
  arrived: bigint,
): 'exact' | 'tolerated' | 'too_small' | 'too_large' {
  if (arrived === expected) return 'exact';
  const difference = arrived > expected ? arrived - expected : expected - arrived;
  if (difference * 10n <= expected) return 'tolerated';
  return arrived > expected ? 'too_large' : 'too_small';
}
