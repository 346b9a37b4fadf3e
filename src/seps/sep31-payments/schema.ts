import { parsePositiveAmount } from '../../kernel/amounts.ts';
import type { Memo } from '../../kernel/memos.ts';
import { type JsonBody, scalarsOf } from '../shared/body.ts';
import { callbackUrl } from '../shared/callback-url.ts';
import { parameterInvalid, parameterMissing } from '../shared/faults.ts';
import { optional, parseLang, parseMemoPair, parseOffchainAsset } from '../shared/params.ts';

/** A POST /transactions, its form checked, not yet compared with what the anchor offers. */
export interface PaymentRequest {
  /** stroops */
  amountUnits: bigint;
  assetCode: string;
  assetIssuer: string | undefined;
  fundingMethod: string | undefined;
  /** SEP-38 id, off-chain */
  destinationAsset: string | undefined;
  quoteId: string | undefined;
  senderId: string | undefined;
  receiverId: string | undefined;
  refundMemo: Memo | null;
  lang: string;
  /** `fields.transaction` */
  fields: Record<string, string>;
}

const NAMES = [
  'amount',
  'asset_code',
  'asset_issuer',
  'funding_method',
  'destination_asset',
  'quote_id',
  'sender_id',
  'receiver_id',
  'refund_memo',
  'refund_memo_type',
  'lang',
];

const MAX_FIELDS = 100;
const MAX_FIELD_CHARS = 2_000;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `{"transaction": {name: text}}` (S31-P11, S31-25). @throws PARAMETER_INVALID (400) */
export function parseFields(value: unknown): Record<string, string> {
  const wrong = (): never => {
    throw parameterInvalid('fields', 'must be an object such as {"transaction": {"name": "value"}}.');
  };
  if (value === undefined || value === null) return {};
  if (!isObject(value)) return wrong();
  const inner = value['transaction'];
  if (inner === undefined || inner === null) return {};
  if (!isObject(inner)) return wrong();
  const fields = scalarsOf(inner);
  const names = Object.keys(fields);
  const fits = names.every(
    (name) =>
      /^[A-Za-z0-9_.-]{1,100}$/.test(name) &&
      (fields[name] ?? '').length <= MAX_FIELD_CHARS &&
      !(fields[name] ?? '').includes('\0'),
  );
  return fits && names.length <= MAX_FIELDS ? { ...fields } : wrong();
}

/** Ids are ours and short; what cannot be one is told like one that is not known. */
function parseId(name: string, text: string | undefined): string | undefined {
  if (text === undefined || /^[\x21-\x7e]{1,100}$/.test(text)) return text;
  throw parameterInvalid(name, 'is not an id of ours.');
}

/**
 * Reads a POST /transactions (S31-P01 to P11). Amounts come as numbers or text (SC-22).
 *
 * @throws PARAMETER_MISSING, PARAMETER_INVALID, AMOUNT_*, MEMO_*, ASSET_INVALID (400)
 */
export function parsePayment(body: JsonBody): PaymentRequest {
  const params = scalarsOf(body, NAMES);
  const assetCode = optional(params, 'asset_code');
  if (assetCode === undefined) throw parameterMissing('asset_code');
  const { amount } = params;
  if (amount === undefined) throw parameterMissing('amount');
  return {
    amountUnits: parsePositiveAmount(amount),
    assetCode,
    assetIssuer: optional(params, 'asset_issuer'),
    fundingMethod: optional(params, 'funding_method'),
    destinationAsset: parseOffchainAsset('destination_asset', optional(params, 'destination_asset')),
    quoteId: parseId('quote_id', optional(params, 'quote_id')),
    senderId: parseId('sender_id', optional(params, 'sender_id')),
    receiverId: parseId('receiver_id', optional(params, 'receiver_id')),
    refundMemo: parseMemoPair(optional(params, 'refund_memo_type'), optional(params, 'refund_memo')),
    lang: parseLang(params['lang']),
    fields: parseFields(body['fields']),
  };
}

/** S31-25: at least one field. @throws PARAMETER_MISSING, PARAMETER_INVALID (400) */
export function parseUpdate(body: JsonBody): Record<string, string> {
  const fields = parseFields(body['fields']);
  if (Object.keys(fields).length === 0) throw parameterMissing('fields.transaction');
  return fields;
}

/** S31-27. @throws PARAMETER_MISSING, PARAMETER_INVALID (400) */
export function parseCallback(body: JsonBody, local: boolean): string {
  const url = callbackUrl('url', scalarsOf(body, ['url'])['url'], local);
  if (url === undefined) throw parameterMissing('url');
  return url;
}
