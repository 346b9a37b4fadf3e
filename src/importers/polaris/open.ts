import { flagOf, type PolarisRow, textOf } from './values.ts';

/** No transaction in one of these goes on in Polaris. */
const FINISHED = new Set(['completed', 'error', 'no_market', 'too_small', 'too_large']);

const isDeposit = (row: PolarisRow): boolean => (textOf(row, 'kind') ?? '').startsWith('deposit');

/** By status: why an open one is not taken over, and what ends it. */
const WAITS: Readonly<Record<string, { deposit: string; withdrawal: string }>> = {
  incomplete: {
    deposit: 'its forms are not filled in and nothing is paid: the wallet begins anew here',
    withdrawal: 'its forms are not filled in and nothing is paid: the wallet begins anew here',
  },
  pending_user_transfer_start: {
    deposit:
      'its user may pay at the bank at any time: let it complete in Polaris, or set it to error there when nobody will pay',
    withdrawal:
      'its user may pay with the memo that Polaris gave: let it complete in Polaris, or set it to error there when nobody will pay',
  },
  pending_sender: {
    deposit: 'the sending anchor may pay at any time: let it complete in Polaris',
    withdrawal: 'the sending anchor may pay at any time: let it complete in Polaris',
  },
  pending_external: {
    deposit: 'the money is on its way at the bank: let poll_pending_deposits end it',
    withdrawal: 'the bank is paying it: let poll_outgoing_transactions end it',
  },
  pending_anchor: {
    deposit: 'it is about to be paid on Stellar: let process_pending_deposits end it',
    withdrawal: 'its money has come, or it waits for your decision: let execute_outgoing_transactions end it',
  },
  pending_receiver: {
    deposit: 'its money has come: let execute_outgoing_transactions end it',
    withdrawal: 'its money has come: let execute_outgoing_transactions end it',
  },
  pending_trust: {
    deposit: 'its money has come and a trustline is missing: pay it in Polaris, or give the money back',
    withdrawal: 'it waits for a trustline: end it in Polaris',
  },
};

const ASKED = 'the wallet or its customer has to tell something first: end it in Polaris';

/**
 * Why a transaction stays in Polaris; null for one that is finished. Money in flight is never taken over: who pays it is decided by who
 * knows all of it.
 */
export function openReason(row: PolarisRow): string | null {
  const status = textOf(row, 'status') ?? '';
  if (FINISHED.has(status)) return null;
  const waits = WAITS[status];
  const why = waits === undefined ? ASKED : isDeposit(row) ? waits.deposit : waits.withdrawal;
  return textOf(row, 'envelope_xdr') === null ? why : `${why}; ${SIGNED}`;
}

const SIGNED =
  'a signed Stellar payment of it is stored (envelope_xdr) that never expires: it must apply, or its sequence number be used, before this anchor signs';

/** What somebody should look at, although it is finished. */
export function doubtOf(row: PolarisRow): string | null {
  if (textOf(row, 'status') !== 'error') return null;
  const paid = textOf(row, 'stellar_transaction_id') !== null;
  if (flagOf(row, 'refunded')) return 'refunded in Polaris';
  if (isDeposit(row)) {
    if (paid)
      return 'it is in error although its payment is known: look it up on Stellar before anybody pays again';
    return textOf(row, 'envelope_xdr') === null ? null : `it is in error; ${SIGNED}`;
  }
  return paid ? 'it is in error, its money came and was not marked as refunded: settle it by hand' : null;
}
