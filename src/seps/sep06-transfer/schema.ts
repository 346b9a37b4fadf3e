import { parsePositiveAmount } from '../../kernel/amounts.ts';
import { parseAssetId } from '../../kernel/assets.ts';
import type { Memo } from '../../kernel/memos.ts';
import type { Kind } from '../../transfers/index.ts';
import type { Fields } from '../shared/body.ts';
import { callbackUrl } from '../shared/callback-url.ts';
import { parameterInvalid, parameterMissing } from '../shared/faults.ts';
import {
  optional,
  parseAccount,
  parseCustomerId,
  parseFlag,
  parseLang,
  parseLimit,
  parseMemoPair,
  parseOffchainAsset,
  parseTime,
} from '../shared/params.ts';

/** A deposit or withdrawal as the wallet asked for it: form checked, not yet compared with what the anchor offers. */
export interface TransferRequest {
  kind: Kind;
  exchange: boolean;
  /** code of the asset on Stellar */
  assetCode: string;
  assetIssuer: string | undefined;
  /** the other asset of an exchange, SEP-38 id */
  offchainAsset: string | undefined;
  quoteId: string | undefined;
  /** stroops */
  amountUnits: bigint | undefined;
  account: string | undefined;
  /** deposit: memo of our payment; withdrawal: the old user discriminator */
  memo: Memo | null;
  refundMemo: Memo | null;
  claimableBalanceSupported: boolean;
  customerId: string | undefined;
  countryCode: string | undefined;
  locationId: string | undefined;
  email: string | undefined;
  onChangeCallback: string | undefined;
  lang: string;
}

/** Two or three capital letters: ISO 3166 alpha-2 or alpha-3 [X32]. */
function parseCountry(text: string | undefined): string | undefined {
  if (text === undefined || /^[A-Z]{2,3}$/.test(text)) return text;
  throw parameterInvalid('country_code', 'must be a country code such as USA.');
}

function parseLocation(text: string | undefined): string | undefined {
  if (text === undefined || /^[\x21-\x7e]{1,100}$/.test(text)) return text;
  throw parameterInvalid('location_id', 'is not a place of ours.');
}

function parseEmail(text: string | undefined): string | undefined {
  if (text === undefined || (text.length <= 254 && /^[^\s@\0]{1,64}@[^\s@\0]+\.[^\s@.\0]{2,}$/.test(text)))
    return text;
  throw parameterInvalid('email_address', 'must be an e-mail address.');
}

/** A withdrawal may be asked for without the type of the old memo: ids were the only ones (S6-P18). */
function parseDiscriminator(params: Fields): Memo | null {
  const memo = optional(params, 'memo');
  const type = optional(params, 'memo_type');
  return parseMemoPair(type ?? (memo !== undefined && /^\d+$/.test(memo) ? 'id' : 'text'), memo ?? '');
}

function parseMemos(kind: Kind, params: Fields): Memo | null {
  const memo = optional(params, 'memo');
  const type = optional(params, 'memo_type');
  if (memo === undefined && type === undefined) return null;
  return kind === 'deposit' || memo === undefined ? parseMemoPair(type, memo) : parseDiscriminator(params);
}

/**
 * Reads GET /deposit, /withdraw (S6-P01 to P24) and the exchanges (S6-21, S6-22).
 *
 * @throws PARAMETER_MISSING, PARAMETER_INVALID, AMOUNT_*, MEMO_*, ASSET_INVALID, ACCOUNT_UNSUPPORTED (400)
 */
export function parseTransfer(
  kind: Kind,
  exchange: boolean,
  params: Fields,
  localMode: boolean,
): TransferRequest {
  const assets = exchange ? exchangeAssets(kind, params) : plainAsset(params);
  const { amount } = params;
  if (exchange && amount === undefined) throw parameterMissing('amount');
  const account = parseAccount(optional(params, 'account'));
  if (kind === 'deposit' && account === undefined) throw parameterMissing('account');
  return {
    kind,
    exchange,
    ...assets,
    quoteId: exchange ? optional(params, 'quote_id') : undefined,
    amountUnits: amount === undefined ? undefined : parsePositiveAmount(amount),
    account,
    memo: parseMemos(kind, params),
    refundMemo:
      kind === 'withdrawal'
        ? parseMemoPair(optional(params, 'refund_memo_type'), optional(params, 'refund_memo'))
        : null,
    claimableBalanceSupported: parseFlag(
      'claimable_balance_supported',
      optional(params, 'claimable_balance_supported'),
    ),
    customerId: parseCustomerId(optional(params, 'customer_id')),
    countryCode: parseCountry(optional(params, 'country_code')),
    locationId: parseLocation(optional(params, 'location_id')),
    email: parseEmail(optional(params, 'email_address')),
    onChangeCallback: callbackUrl('on_change_callback', optional(params, 'on_change_callback'), localMode),
    lang: parseLang(params['lang']),
  };
}

type Assets = Pick<TransferRequest, 'assetCode' | 'assetIssuer' | 'offchainAsset'>;

function plainAsset(params: Fields): Assets {
  const assetCode = optional(params, 'asset_code');
  if (assetCode === undefined) throw parameterMissing('asset_code');
  return { assetCode, assetIssuer: optional(params, 'asset_issuer'), offchainAsset: undefined };
}

/**
 * The two assets of an exchange: the one on Stellar by its code, or as its SEP-38 id, the other by its SEP-38 id (S6-21, S6-22). The
 * flow text of the SEP names the first one `asset_code`, which is taken where the parameter is absent [X30] (S6-26).
 */
function exchangeAssets(kind: Kind, params: Fields): Assets {
  const [onchainName, offchainName] =
    kind === 'deposit' ? ['destination_asset', 'source_asset'] : ['source_asset', 'destination_asset'];
  const onchain = optional(params, onchainName) ?? optional(params, 'asset_code');
  if (onchain === undefined) throw parameterMissing(onchainName);
  const offchain = optional(params, offchainName);
  if (offchain === undefined) throw parameterMissing(offchainName);
  const offchainAsset = parseOffchainAsset(offchainName, offchain);
  if (!onchain.includes(':')) {
    return { assetCode: onchain, assetIssuer: optional(params, 'asset_issuer'), offchainAsset };
  }
  const parsed = parseAssetId(onchain);
  if (parsed.scheme !== 'stellar') throw parameterInvalid(onchainName, 'must be an asset on Stellar.');
  const { code, issuer } = parsed.asset;
  return { assetCode: code, assetIssuer: issuer ?? undefined, offchainAsset };
}

const KINDS = ['deposit', 'deposit-exchange', 'withdrawal', 'withdrawal-exchange'];

export interface ListRequest {
  assetCode: string;
  account: string | undefined;
  /** as SEP-6 names them; undefined: all */
  kinds: readonly string[] | undefined;
  /** as we store times */
  noOlderThan: string | undefined;
  limit: number;
  pagingId: string | undefined;
}

/** Reads the query of GET /transactions (S6-27, S6-28). @throws PARAMETER_MISSING, PARAMETER_INVALID (400) */
export function parseList(params: Fields): ListRequest {
  const assetCode = optional(params, 'asset_code');
  if (assetCode === undefined) throw parameterMissing('asset_code');
  const kinds = params['kind']?.split(',');
  if (kinds?.some((kind) => !KINDS.includes(kind))) {
    throw parameterInvalid('kind', `must be one of: ${KINDS.join(', ')}.`);
  }
  return {
    assetCode,
    account: parseAccount(optional(params, 'account')),
    kinds,
    noOlderThan: parseTime(params['no_older_than']),
    limit: parseLimit(params['limit']),
    pagingId: params['paging_id'],
  };
}
