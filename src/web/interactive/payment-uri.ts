import { formatAmount } from '../../kernel/amounts.ts';
import { printMemo } from '../../kernel/memos.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { AssetRow, TransactionRow } from '../../transfers/rows.ts';
import { type QrPicture, qrPicture } from '../qr/index.ts';

/** A payment that any Stellar wallet can make, as a link and as a picture. */
export interface PaymentRequest {
  uri: string;
  /** null: too long for a picture */
  qr: QrPicture | null;
}

type Paid = Pick<TransactionRow, 'anchor_account' | 'memo' | 'memo_type' | 'amount_in_units'>;

/**
 * The payment of a withdrawal as `web+stellar:pay` (SEP-7 2.1.0, SO-04), unsigned: it names no origin_domain. Without an amount the
 * wallet asks for one. Networks but the public one are named by their passphrase.
 *
 * @returns null while account or memo are not known: nobody is asked to pay without a memo
 */
export function paymentUri(
  ctx: Pick<AnchorContext, 'project'>,
  row: Paid,
  asset: Pick<AssetRow, 'code' | 'issuer'>,
): string | null {
  if (row.anchor_account === null || row.memo === null || row.memo_type === null) return null;
  const { name, passphrase } = ctx.project.network;
  const parameters: [string, string | null][] = [
    ['destination', row.anchor_account],
    ['amount', row.amount_in_units === null ? null : formatAmount(row.amount_in_units)],
    ['asset_code', asset.issuer === '' ? null : asset.code],
    ['asset_issuer', asset.issuer === '' ? null : asset.issuer],
    ['memo', printMemo({ type: row.memo_type, value: row.memo })],
    ['memo_type', `MEMO_${row.memo_type.toUpperCase()}`],
    ['network_passphrase', name === 'public' ? null : passphrase],
  ];
  // %20 and not +, which URLSearchParams writes: wallets read the address as RFC 3986
  const query = parameters.flatMap(([key, value]) =>
    value === null ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  return `web+stellar:pay?${query.join('&')}`;
}

/** Link and picture of the payment that a withdrawal waits for; null where it waits for none. */
export function paymentRequest(
  ctx: Pick<AnchorContext, 'project'>,
  row: TransactionRow,
  asset: AssetRow,
): PaymentRequest | null {
  if (row.kind !== 'withdrawal' || row.status !== 'pending_user_transfer_start') return null;
  const uri = paymentUri(ctx, row, asset);
  return uri === null ? null : { uri, qr: qrPicture(uri) };
}
