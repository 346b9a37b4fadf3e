import type { AnchorContext, AssetRow, TransactionRow } from '../../transfers/index.ts';
import { assetOf } from '../../transfers/index.ts';
import { moreInfoUrl } from '../../transfers/links.ts';
import {
  amounts,
  masked,
  memoOf,
  type Printed,
  type RefundPayment,
  refunds,
  refundsOf,
  USER_ACTS,
} from '../shared/transaction-view.ts';

/** A transaction as SEP-24 prints it (S24-F01 to F30). Keys without a value are left out. */
export type Sep24Transaction = Printed;

function parties(row: TransactionRow): Sep24Transaction {
  const { memo, type } = memoOf(row);
  if (row.kind === 'deposit') {
    return {
      to: row.account,
      from: row.from_address ?? undefined,
      deposit_memo: memo ?? undefined,
      deposit_memo_type: type ?? undefined,
      claimable_balance_id: row.claimable_balance_id ?? undefined,
    };
  }
  return {
    from: row.from_address ?? row.account,
    to: masked(row.to_address) ?? undefined,
    withdraw_anchor_account: row.anchor_account,
    withdraw_memo: row.anchor_account === null ? null : memo,
    withdraw_memo_type: row.anchor_account === null ? null : type,
  };
}

export function printTransaction(
  ctx: AnchorContext,
  row: TransactionRow,
  asset: AssetRow,
  refunded: readonly RefundPayment[],
): Sep24Transaction {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    more_info_url: moreInfoUrl(ctx, row.id),
    started_at: row.started_at,
    updated_at: row.updated_at,
    completed_at: row.completed_at ?? undefined,
    kyc_verified: row.kyc_verified === 1,
    message: row.message ?? undefined,
    user_action_required_by: USER_ACTS.has(row.status)
      ? (row.user_action_required_by ?? undefined)
      : undefined,
    ...amounts(row, asset),
    quote_id: row.quote_id ?? undefined,
    stellar_transaction_id: row.stellar_transaction_id ?? undefined,
    external_transaction_id: row.external_transaction_id ?? undefined,
    refunded: row.status === 'refunded',
    refunds: refunds(refunded),
    ...parties(row),
  };
}

/** One transaction with all that belongs to it: for callbacks and for the pages' `postMessage`. */
export async function describeTransaction(
  ctx: AnchorContext,
  row: TransactionRow,
): Promise<Sep24Transaction> {
  const asset = await assetOf(ctx.db.read, row.asset_id);
  return printTransaction(ctx, row, asset, await refundsOf(ctx, [row]));
}
