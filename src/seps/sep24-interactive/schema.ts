import { parsePositiveAmount } from '../../kernel/amounts.ts';
import type { Memo } from '../../kernel/memos.ts';
import type { Kind } from '../../transfers/index.ts';
import type { Fields } from '../shared/body.ts';
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
export interface InteractiveRequest {
  assetCode: string;
  assetIssuer: string | undefined;
  /** source_asset or destination_asset, SEP-38 id */
  offchainAsset: string | undefined;
  quoteId: string | undefined;
  /** stroops */
  amountUnits: bigint | undefined;
  account: string | undefined;
  memo: Memo | null;
  refundMemo: Memo | null;
  claimableBalanceSupported: boolean;
  customerId: string | undefined;
  lang: string;
}

/**
 * Reads a POST …/interactive (S24-P01 to P23).
 *
 * @throws PARAMETER_MISSING, PARAMETER_INVALID, AMOUNT_*, MEMO_*, ASSET_INVALID, ACCOUNT_UNSUPPORTED (400)
 */
export function parseInteractive(kind: Kind, params: Fields): InteractiveRequest {
  const assetCode = optional(params, 'asset_code');
  if (assetCode === undefined) throw parameterMissing('asset_code');
  const offchain = kind === 'deposit' ? 'source_asset' : 'destination_asset';
  const { amount } = params;
  return {
    assetCode,
    assetIssuer: optional(params, 'asset_issuer'),
    offchainAsset: parseOffchainAsset(offchain, optional(params, offchain)),
    quoteId: optional(params, 'quote_id'),
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

/** Reads the query of GET /transactions (S24-43 to S24-49). @throws PARAMETER_MISSING, PARAMETER_INVALID (400) */
export function parseList(params: Fields): ListRequest {
  const assetCode = optional(params, 'asset_code');
  if (assetCode === undefined) throw parameterMissing('asset_code');
  const { kind } = params;
  if (kind !== undefined && kind !== 'deposit' && kind !== 'withdrawal') {
    throw parameterInvalid('kind', 'must be deposit or withdrawal.');
  }
  return {
    assetCode,
    kind,
    noOlderThan: parseTime(params['no_older_than']),
    limit: parseLimit(params['limit']),
    pagingId: params['paging_id'],
  };
}
