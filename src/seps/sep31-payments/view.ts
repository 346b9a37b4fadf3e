import { formatAmount } from '../../kernel/amounts.ts';
import { type AnchorContext, type AssetRow, assetOf, type TransactionRow } from '../../transfers/index.ts';
import { textsFor } from '../shared/messages/index.ts';
import { amounts, memoOf, type Printed, type RefundPayment, refundsOf } from '../shared/transaction-view.ts';

/** SEP-31's words for what a payment is in (S31-22). Money that does not fit is still with us, and on its way back. */
const STATUS: Readonly<Record<string, string>> = {
  incomplete: 'pending_receiver',
  pending_user_transfer_start: 'pending_sender',
  pending_user_transfer_complete: 'pending_receiver',
  pending_anchor: 'pending_receiver',
  on_hold: 'pending_receiver',
  pending_user: 'pending_receiver',
  pending_trust: 'pending_receiver',
  too_small: 'pending_receiver',
  too_large: 'pending_receiver',
  no_market: 'error',
};

/** The status that a sending anchor is told. */
export const wireStatus = (status: string): string => STATUS[status] ?? status;

/** S31-F14, S31-21. Refunding costs nothing with us. */
function refunds(payments: readonly RefundPayment[]) {
  if (payments.length === 0) return undefined;
  return {
    amount_refunded: formatAmount(payments.reduce((sum, { units }) => sum + units, 0n)),
    amount_fee: '0',
    payments: payments.map(({ id, units }) => ({ id, amount: formatAmount(units), fee: '0' })),
  };
}

/** Where the money is to be sent, from `pending_sender` on: all three or none (S31-09, S31-F09). */
export function destination(row: TransactionRow): Printed {
  const { memo, type } = memoOf(row);
  if (row.anchor_account === null || memo === null || type === null) return {};
  return { stellar_account_id: row.anchor_account, stellar_memo_type: type, stellar_memo: memo };
}

/** What has to be told anew (S31-F15, S31-F16): of the persons through SEP-12, of the payment by PATCH. */
function infoNeeded(row: TransactionRow): Printed {
  if (row.status === 'pending_customer_info_update') {
    return {
      required_info_message: row.required_info_message ?? textsFor(row.lang)('sep31.customers_needed'),
    };
  }
  if (row.status !== 'pending_transaction_info_update') return {};
  return {
    required_info_message: row.required_info_message ?? textsFor(row.lang)('info.needed'),
    required_info_updates: { transaction: JSON.parse(row.required_info_updates ?? '{}') },
  };
}

/** A payment as SEP-31 prints it (S31-F01 to F16). Keys without a value are left out. */
function printPayment(
  row: TransactionRow,
  asset: AssetRow,
  refunded: readonly RefundPayment[],
  since: string,
): Printed {
  return {
    id: row.id,
    status: wireStatus(row.status),
    status_message: row.message ?? undefined,
    ...amounts(row, asset),
    quote_id: row.quote_id ?? undefined,
    ...destination(row),
    started_at: row.started_at,
    updated_at: since,
    completed_at: row.completed_at ?? undefined,
    stellar_transaction_id: row.stellar_transaction_id ?? undefined,
    external_transaction_id: row.external_transaction_id ?? undefined,
    refunded: row.status === 'refunded',
    refunds: refunds(refunded),
    ...infoNeeded(row),
  };
}

/** Since when it is in its status of the wire, several of ours being one of those (S31-29). */
async function sinceWhen(ctx: AnchorContext, row: TransactionRow): Promise<string> {
  const wire = wireStatus(row.status);
  if (wire !== 'pending_receiver') return row.updated_at;
  const moves = await ctx.db.read
    .selectFrom('transaction_history')
    .select(['at', 'to_status'])
    .where('transaction_id', '=', row.id)
    .orderBy('id', 'desc')
    .execute();
  let since = row.updated_at;
  for (const { at, to_status: status } of moves) {
    if (wireStatus(status) !== wire) break;
    since = at;
  }
  return since;
}

/** One payment with all that belongs to it: for answers and callbacks. */
export async function describePayment(
  ctx: AnchorContext,
  row: TransactionRow,
  known?: AssetRow,
): Promise<Printed> {
  const asset = known ?? (await assetOf(ctx.db.read, row.asset_id));
  return printPayment(row, asset, await refundsOf(ctx, [row]), await sinceWhen(ctx, row));
}
