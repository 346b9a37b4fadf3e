import { parsePositiveAmount } from '../../kernel/amounts.ts';
import { parseAssetId } from '../../kernel/assets.ts';
import { isoTime } from '../../kernel/clock.ts';
import { limits } from '../../kernel/limits.ts';
import { type Memo, parseMemo } from '../../kernel/memos.ts';
import { isAccount, isContract, isMuxed } from '../../kernel/strkey.ts';
import type { Kind } from '../../transfers/index.ts';
import type { Fields } from '../shared/body.ts';
import { accountUnsupported, parameterInvalid, parameterMissing, quotesUnsupported } from './errors.ts';

/** An optional parameter; empty text counts as absent. */
const optional = (params: Fields, name: string): string | undefined => params[name] || undefined;

/** A deposit or withdrawal as the wallet asked for it: form checked, not yet compared with what the anchor offers. */
export interface InteractiveRequest {
  assetCode: string;
  assetIssuer: string | undefined;
  /** source_asset or destination_asset, SEP-38 id */
  offchainAsset: string | undefined;
  /** stroops */
  amountUnits: bigint | undefined;
  account: string | undefined;
  memo: Memo | null;
  refundMemo: Memo | null;
  claimableBalanceSupported: boolean;
  customerId: string | undefined;
  lang: string;
}

/** SC-26: a language tag, or `en` for whatever is not one; never an error. */
export function parseLang(text: string | undefined): string {
  return text !== undefined && /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}$/.test(text) ? text : 'en';
}

/** SC-29. @throws PARAMETER_INVALID, ACCOUNT_UNSUPPORTED (400) */
function parseAccount(text: string | undefined): string | undefined {
  if (text === undefined || isAccount(text) || isMuxed(text)) return text;
  if (isContract(text)) throw accountUnsupported();
  throw parameterInvalid('account', 'must be a Stellar address: G… or M….');
}

/** Memo and its type only together (SC-27, S24-21). @throws MEMO_INVALID, MEMO_TYPE_INVALID (400) */
function parseMemoPair(type: string | undefined, value: string | undefined): Memo | null {
  return type === undefined && value === undefined ? null : parseMemo(type, value);
}

function parseFlag(name: string, text: string | undefined): boolean {
  if (text === undefined || /^false$/i.test(text)) return false;
  if (/^true$/i.test(text)) return true;
  throw parameterInvalid(name, 'must be true or false.');
}

function parseOffchainAsset(name: string, text: string | undefined): string | undefined {
  if (text !== undefined && parseAssetId(text).scheme !== 'iso4217') {
    throw parameterInvalid(name, 'must be an asset outside of Stellar, such as iso4217:USD.');
  }
  return text;
}

function parseCustomerId(text: string | undefined): string | undefined {
  if (text === undefined || /^[\x21-\x7e]{1,100}$/.test(text)) return text;
  throw parameterInvalid('customer_id', 'is not an id of ours.');
}

/**
 * Reads a POST …/interactive (S24-P01 to P23).
 *
 * @throws PARAMETER_MISSING, PARAMETER_INVALID, AMOUNT_*, MEMO_*, ASSET_INVALID, QUOTE_UNKNOWN, ACCOUNT_UNSUPPORTED (400)
 */
export function parseInteractive(kind: Kind, params: Fields): InteractiveRequest {
  const assetCode = optional(params, 'asset_code');
  if (assetCode === undefined) throw parameterMissing('asset_code');
  if (optional(params, 'quote_id') !== undefined) throw quotesUnsupported();
  const offchain = kind === 'deposit' ? 'source_asset' : 'destination_asset';
  const { amount } = params;
  return {
    assetCode,
    assetIssuer: optional(params, 'asset_issuer'),
    offchainAsset: parseOffchainAsset(offchain, optional(params, offchain)),
    amountUnits: amount === undefined ? undefined : parsePositiveAmount(amount),
    account: parseAccount(optional(params, 'account')),
    memo: parseMemoPair(optional(params, 'memo_type'), optional(params, 'memo')),
    refundMemo:
      kind === 'withdrawal'
        ? parseMemoPair(optional(params, 'refund_memo_type'), optional(params, 'refund_memo'))
        : null,
    claimableBalanceSupported: parseFlag(
      'claimable_balance_supported',
      optional(params, 'claimable_balance_supported'),
    ),
    customerId: parseCustomerId(optional(params, 'customer_id')),
    lang: parseLang(params['lang']),
  };
}

export interface ListRequest {
  assetCode: string;
  kind: Kind | undefined;
  /** as we store times */
  noOlderThan: string | undefined;
  limit: number;
  pagingId: string | undefined;
}

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A time without a zone is UTC. In a query a `+` that was not encoded arrives as a space (S24-47). */
function parseTime(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const spaced = text.replace(/ (\d{2}:?\d{2})$/, (tail, zone: string, at: number) =>
    /[T ]\d{2}:\d{2}/.test(text.slice(0, at)) ? `+${zone}` : tail,
  );
  const zoned = /[T ]\d{2}:\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$/i.test(spaced) || !/[T ]/.test(spaced);
  const time = ISO.test(spaced) ? Date.parse(zoned ? spaced : `${spaced}Z`) : Number.NaN;
  // Date.parse takes the 31st of every month.
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  const real = !Number.isNaN(day) && isoTime(day).slice(0, 10) === text.slice(0, 10);
  if (Number.isNaN(time) || !real)
    throw parameterInvalid('no_older_than', 'must be a time such as 2026-01-31T12:00:00Z.');
  return isoTime(time);
}

/** Reads the query of GET /transactions (S24-43 to S24-49). @throws PARAMETER_MISSING, PARAMETER_INVALID (400) */
export function parseList(params: Fields): ListRequest {
  const assetCode = optional(params, 'asset_code');
  if (assetCode === undefined) throw parameterMissing('asset_code');
  const { kind, limit = String(limits.pageLimitDefault) } = params;
  if (kind !== undefined && kind !== 'deposit' && kind !== 'withdrawal') {
    throw parameterInvalid('kind', 'must be deposit or withdrawal.');
  }
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw parameterInvalid('limit', 'must be a whole number from 1.');
  return {
    assetCode,
    kind,
    noOlderThan: parseTime(params['no_older_than']),
    limit: Math.min(Number(limit), limits.pageLimitMax),
    pagingId: params['paging_id'],
  };
}

export interface FindRequest {
  id?: string;
  stellar_transaction_id?: string;
  external_transaction_id?: string;
}

/** Reads the query of GET /transaction (S24-51). @throws PARAMETER_MISSING (400) */
export function parseFind(params: Fields): FindRequest {
  const found: FindRequest = {};
  for (const name of ['id', 'stellar_transaction_id', 'external_transaction_id'] as const) {
    const value = optional(params, name);
    if (value !== undefined) found[name] = value;
  }
  if (Object.keys(found).length === 0) {
    throw parameterMissing('One of id, stellar_transaction_id and external_transaction_id');
  }
  return found;
}
