import { formatAmount } from '../../kernel/amounts.ts';
import { printMemo } from '../../kernel/memos.ts';
import { type AnchorContext, type AssetRow, assetIdsOf, type TransactionRow } from '../../transfers/index.ts';

/** A transaction, or a part of one, as SEP-6 and SEP-24 print it. Keys without a value are left out. */
export type Printed = Record<string, unknown>;

/** A payment back to the user that has been made. */
export interface RefundPayment {
  transactionId: string;
  id: string;
  idType: 'stellar' | 'external';
  units: bigint;
}

/** Statuses in which the user has to do something (S24-57). */
export const USER_ACTS: ReadonlySet<string> = new Set([
  'incomplete',
  'pending_user_transfer_start',
  'pending_user',
  'pending_trust',
  'pending_customer_info_update',
  'pending_transaction_info_update',
]);

const money = (units: bigint | null): string | undefined =>
  units === null ? undefined : formatAmount(units);

/** The memo of a transaction as it is printed. */
export const memoOf = (row: TransactionRow) =>
  row.memo === null || row.memo_type === null
    ? { memo: null, type: null }
    : { memo: printMemo({ type: row.memo_type, value: row.memo }), type: row.memo_type };

/** S24-60: `breakdown` is SEP-24's name, `details` that of the other SEPs; both are given. */
function feeDetails(row: TransactionRow, asset: string) {
  if (row.amount_fee_units === null) return undefined;
  const items =
    row.fee_details === null ? [] : (JSON.parse(row.fee_details) as { name: string; amount: string }[]);
  const total = formatAmount(row.amount_fee_units);
  return { total, asset, ...(items.length === 0 ? {} : { breakdown: items, details: items }) };
}

/** Amounts and fee from the moment at which they are known (S24-F11 to F16, S6-F17 to F20). */
export function amounts(row: TransactionRow, asset: AssetRow): Printed {
  if (row.status === 'incomplete' || row.amount_in_units === null) return {};
  const ids = assetIdsOf(row, asset);
  return {
    amount_in: money(row.amount_in_units),
    amount_in_asset: ids.in,
    amount_out: money(row.amount_out_units),
    amount_out_asset: ids.out,
    amount_fee: money(row.amount_fee_units),
    amount_fee_asset: row.amount_fee_units === null ? undefined : (row.amount_fee_asset ?? ids.in),
    fee_details: feeDetails(row, row.amount_fee_asset ?? ids.in),
  };
}

/** S24-62. Refunding costs the user nothing with us. */
export function refunds(payments: readonly RefundPayment[]) {
  if (payments.length === 0) return undefined;
  return {
    amount_refunded: formatAmount(payments.reduce((sum, { units }) => sum + units, 0n)),
    amount_fee: '0',
    payments: payments.map(({ id, idType, units }) => ({
      id,
      id_type: idType,
      amount: formatAmount(units),
      fee: '0',
    })),
  };
}

/** S24-61: only the last characters of where the money goes outside of Stellar. */
export const masked = (text: string | null): string | null =>
  text === null
    ? null
    : text.length <= 4
      ? '****'
      : `${'*'.repeat(Math.min(text.length - 4, 12))}${text.slice(-4)}`;

/** The payments back to users that have been made, of these transactions. */
export async function refundsOf(
  ctx: AnchorContext,
  rows: readonly TransactionRow[],
): Promise<RefundPayment[]> {
  const ids = rows.filter((row) => row.refunded_units > 0n).map((row) => row.id);
  if (ids.length === 0) return [];
  const paid = await ctx.db.read
    .selectFrom('obligations')
    .select(['transaction_id', 'leg', 'amount_units', 'paid_by', 'external_id', 'id'])
    .where('transaction_id', 'in', ids)
    .where('purpose', '=', 'refund')
    .where('state', '=', 'paid')
    .orderBy('created_at')
    .execute();
  return paid.map((row) => ({
    transactionId: row.transaction_id ?? '',
    id: (row.leg === 'stellar' ? row.paid_by : row.external_id) ?? row.id,
    idType: row.leg === 'stellar' ? ('stellar' as const) : ('external' as const),
    units: row.amount_units,
  }));
}
