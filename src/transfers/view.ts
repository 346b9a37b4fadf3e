import type { TransactionView } from '../config/integrations.ts';
import { formatAmount } from '../kernel/amounts.ts';
import { assetIdsOf } from './exchange.ts';
import type { AssetRow, TransactionRow } from './rows.ts';

const text = (units: bigint | null): string | null => (units === null ? null : formatAmount(units));

/** A transaction as hooks see it: a frozen copy, amounts as decimal text. */
export function transactionView(
  row: TransactionRow,
  asset: AssetRow,
  fields: Record<string, string>,
): TransactionView {
  const ids = assetIdsOf(row, asset);
  return Object.freeze({
    id: row.id,
    sep: row.sep,
    kind: row.kind,
    status: row.status,
    assetCode: asset.code,
    assetIssuer: asset.issuer === '' ? null : asset.issuer,
    account: row.account,
    amountIn: text(row.amount_in_units),
    amountOut: text(row.amount_out_units),
    amountFee: text(row.amount_fee_units),
    amountInAsset: ids.in,
    amountOutAsset: ids.out,
    quoteId: row.quote_id,
    reference: row.reference,
    fundingMethod: row.funding_method,
    fields: Object.freeze({ ...fields }),
    lang: row.lang,
    startedAt: row.started_at,
  });
}
