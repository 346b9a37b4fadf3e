import {
  assetAt,
  bigintAt,
  booleanAt,
  isObject,
  type Json,
  ledgerAt,
  listAt,
  numberAt,
  objectAt,
  optionalText,
  textAt,
  tokenAt,
  unitsAt,
} from './json.ts';
import type {
  NetworkAccount,
  NetworkBalance,
  NetworkLedger,
  NetworkOperation,
  NetworkSigner,
  NetworkTransaction,
} from './port.ts';

/** From Horizon's resources to the port's values. @throws NETWORK_UNAVAILABLE where one is not as it must be */

export function readAccount(json: Json, ledger: number): NetworkAccount {
  const thresholds = objectAt(json, 'thresholds');
  const flags = objectAt(json, 'flags');
  const data = isObject(json['data']) ? json['data'] : {};
  return {
    id: textAt(json, 'account_id'),
    sequence: bigintAt(json, 'sequence'),
    balances: listAt(json, 'balances').flatMap(readBalance),
    signers: listAt(json, 'signers').map(readSigner),
    thresholds: {
      low: numberAt(thresholds, 'low_threshold'),
      medium: numberAt(thresholds, 'med_threshold'),
      high: numberAt(thresholds, 'high_threshold'),
    },
    flags: {
      authRequired: booleanAt(flags, 'auth_required'),
      authRevocable: booleanAt(flags, 'auth_revocable'),
      authImmutable: booleanAt(flags, 'auth_immutable'),
      clawbackEnabled: flags['auth_clawback_enabled'] === true,
    },
    subEntryCount: numberAt(json, 'subentry_count'),
    sponsoring: json['num_sponsoring'] === undefined ? 0 : numberAt(json, 'num_sponsoring'),
    sponsored: json['num_sponsored'] === undefined ? 0 : numberAt(json, 'num_sponsored'),
    homeDomain: optionalText(json, 'home_domain') || null,
    data: Object.fromEntries(Object.entries(data).filter(([, value]) => typeof value === 'string')) as Record<
      string,
      string
    >,
    ledger,
  };
}

const readSigner = (json: Json): NetworkSigner => ({
  key: textAt(json, 'key'),
  weight: numberAt(json, 'weight'),
  type: textAt(json, 'type'),
});

/** None for pool shares. */
function readBalance(json: Json): NetworkBalance[] {
  const asset = assetAt(json);
  if (asset === null) return [];
  const native = asset === 'native';
  return [
    {
      asset,
      balance: unitsAt(json, 'balance'),
      limit: native ? null : unitsAt(json, 'limit'),
      buyingLiabilities: json['buying_liabilities'] === undefined ? 0n : unitsAt(json, 'buying_liabilities'),
      sellingLiabilities:
        json['selling_liabilities'] === undefined ? 0n : unitsAt(json, 'selling_liabilities'),
      authorized: native || json['is_authorized'] === true,
      authorizedToMaintainLiabilities:
        native || json['is_authorized'] === true || json['is_authorized_to_maintain_liabilities'] === true,
    },
  ];
}

export function readLedger(json: Json): NetworkLedger {
  return {
    sequence: ledgerAt(json, 'sequence'),
    closeTime: Math.floor(timeAt(json, 'closed_at') / 1000),
    protocolVersion: numberAt(json, 'protocol_version'),
    baseFee: bigintAt(json, 'base_fee_in_stroops'),
    baseReserve: bigintAt(json, 'base_reserve_in_stroops'),
    operationsPerLedger: numberAt(json, 'max_tx_set_size'),
  };
}

export function readTransaction(json: Json): NetworkTransaction {
  const inner = json['inner_transaction'];
  return {
    hash: textAt(json, 'hash'),
    innerHash: isObject(inner) ? textAt(inner, 'hash') : null,
    ledger: ledgerAt(json, 'ledger'),
    createdAt: isoAt(json, 'created_at'),
    successful: booleanAt(json, 'successful'),
    sourceAccount: textAt(json, 'source_account'),
    sequence: bigintAt(json, 'source_account_sequence'),
    feeCharged: bigintAt(json, 'fee_charged'),
    memoType: textAt(json, 'memo_type'),
    memo: optionalText(json, 'memo'),
    envelopeXdr: textAt(json, 'envelope_xdr'),
    resultXdr: textAt(json, 'result_xdr'),
    pagingToken: tokenAt(json, 'paging_token'),
  };
}

/** Of a page with `join=transactions`. */
export function readOperation(json: Json): NetworkOperation {
  return {
    id: textAt(json, 'id'),
    pagingToken: tokenAt(json, 'paging_token'),
    type: textAt(json, 'type'),
    successful: booleanAt(json, 'transaction_successful'),
    createdAt: isoAt(json, 'created_at'),
    sourceAccount: textAt(json, 'source_account'),
    transaction: readTransaction(objectAt(json, 'transaction')),
    raw: json,
  };
}

function timeAt(json: Json, name: string): number {
  const at = Date.parse(textAt(json, name));
  if (Number.isNaN(at)) numberAt({}, name);
  return at;
}

/** With milliseconds, as everywhere in our database (SC-25). */
const isoAt = (json: Json, name: string): string => new Date(timeAt(json, name)).toISOString();
