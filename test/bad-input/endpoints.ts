import { ALICE, CONTRACT } from '../support/anchor.ts';
import type { BAD } from './values.ts';

export type ParameterKind = keyof typeof BAD & string;

export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `:id` is a parameter of kind `id` */
  path: string;
  /** how parameters travel */
  in: readonly ('query' | 'form' | 'json' | 'multipart')[];
  /** with the header of a logged-in user */
  auth: boolean;
  /** a request that is answered well, as far as parameters go */
  good: Readonly<Record<string, string>>;
  /** every parameter, by what it is */
  parameters: Readonly<Record<string, string>>;
}

const transfer = {
  asset_issuer: 'issuer',
  amount: 'amount',
  account: 'account',
  lang: 'text',
  customer_id: 'text',
  wallet_name: 'text',
  wallet_url: 'text',
};
const ASSET_USD = 'iso4217:USD';

const sep24 = (kind: 'deposit' | 'withdraw'): Endpoint => ({
  method: 'POST',
  path: `/sep24/transactions/${kind}/interactive`,
  in: ['form', 'json', 'multipart'],
  auth: true,
  good: { asset_code: 'SRT', amount: '100' },
  parameters: {
    ...transfer,
    asset_code: 'asset',
    quote_id: 'id',
    memo_type: 'memoType',
    memo: 'text',
    refund_memo: 'text',
    // deposits are refunded at the bank
    refund_memo_type: kind === 'deposit' ? 'text' : 'memoType',
    [kind === 'deposit' ? 'source_asset' : 'destination_asset']: 'text',
    claimable_balance_supported: 'text',
    first_name: 'text',
  },
});

const sep6 = (name: string, exchange: boolean): Endpoint => ({
  method: 'GET',
  path: `/sep6/${name}`,
  in: ['query'],
  auth: true,
  good: {
    account: ALICE,
    amount: '100',
    ...(exchange
      ? name.startsWith('deposit')
        ? { destination_asset: 'SRT', source_asset: ASSET_USD }
        : { source_asset: 'SRT', destination_asset: ASSET_USD }
      : { asset_code: 'SRT' }),
  },
  parameters: {
    ...transfer,
    ...(exchange
      ? { source_asset: 'asset', destination_asset: 'asset', quote_id: 'id' }
      : { asset_code: 'asset' }),
    memo_type: 'memoType',
    memo: 'text',
    type: 'text',
    funding_method: 'text',
    refund_memo: 'text',
    refund_memo_type: name.startsWith('deposit') ? 'text' : 'memoType',
    email_address: 'text',
    on_change_callback: 'url',
    country_code: 'country',
    location_id: 'text',
    claimable_balance_supported: 'text',
    dest: 'text',
    dest_extra: 'text',
  },
});

const records = (base: string): Endpoint[] => [
  {
    method: 'GET',
    path: `${base}/transactions`,
    in: ['query'],
    auth: true,
    good: { asset_code: 'SRT' },
    parameters: {
      asset_code: 'asset',
      kind: 'kind',
      no_older_than: 'time',
      limit: 'limit',
      paging_id: 'id',
      lang: 'text',
      account: 'text',
    },
  },
  {
    method: 'GET',
    path: `${base}/transaction`,
    in: ['query'],
    auth: true,
    good: {},
    parameters: { id: 'id', stellar_transaction_id: 'hash', external_transaction_id: 'id', lang: 'text' },
  },
];

/** Every address of the protocols that takes something from outside. */
export const ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/auth',
    in: ['query'],
    auth: false,
    good: { account: ALICE },
    parameters: { account: 'account', memo: 'memoId', home_domain: 'domain', client_domain: 'domain' },
  },
  {
    method: 'POST',
    path: '/auth',
    in: ['form', 'json'],
    auth: false,
    good: {},
    parameters: { transaction: 'transaction' },
  },
  {
    method: 'GET',
    path: '/sep45/auth',
    in: ['query'],
    auth: false,
    good: { account: CONTRACT },
    parameters: { account: 'contract', home_domain: 'domain', client_domain: 'domain', memo: 'text' },
  },
  {
    method: 'POST',
    path: '/sep45/auth',
    in: ['form', 'json'],
    auth: false,
    good: {},
    parameters: { authorization_entries: 'transaction' },
  },
  sep24('deposit'),
  sep24('withdraw'),
  ...records('/sep24'),
  { method: 'GET', path: '/sep24/info', in: ['query'], auth: false, good: {}, parameters: { lang: 'text' } },
  {
    method: 'GET',
    path: '/sep24/fee',
    in: ['query'],
    auth: true,
    good: { operation: 'deposit', asset_code: 'SRT', amount: '100' },
    parameters: { operation: 'kind', asset_code: 'asset', amount: 'amount', type: 'text' },
  },
  sep6('deposit', false),
  sep6('withdraw', false),
  sep6('deposit-exchange', true),
  sep6('withdraw-exchange', true),
  ...records('/sep6'),
  { method: 'GET', path: '/sep6/info', in: ['query'], auth: false, good: {}, parameters: { lang: 'text' } },
  {
    method: 'GET',
    path: '/sep6/fee',
    in: ['query'],
    auth: true,
    good: { operation: 'deposit', asset_code: 'SRT', amount: '100' },
    parameters: { operation: 'kind', asset_code: 'asset', amount: 'amount', type: 'text' },
  },
  {
    method: 'PATCH',
    path: '/sep6/transactions/:id',
    in: ['json'],
    auth: true,
    good: {},
    parameters: { id: 'id', transaction: 'text', dest: 'text' },
  },
  {
    method: 'GET',
    path: '/kyc/customer',
    in: ['query'],
    auth: true,
    good: {},
    parameters: {
      id: 'id',
      account: 'account',
      memo: 'memoId',
      memo_type: 'memoType',
      type: 'id',
      transaction_id: 'id',
      lang: 'text',
    },
  },
  {
    method: 'PUT',
    path: '/kyc/customer',
    in: ['form', 'json', 'multipart'],
    auth: true,
    good: { first_name: 'Ada' },
    parameters: {
      id: 'id',
      account: 'account',
      memo: 'memoId',
      memo_type: 'memoType',
      type: 'id',
      transaction_id: 'id',
      email_address: 'text',
      first_name: 'text',
      birth_date: 'text',
      mobile_number: 'text',
      mobile_number_verification: 'text',
      photo_id_front: 'text',
      unheard_of: 'text',
    },
  },
  {
    method: 'PUT',
    path: '/kyc/customer/callback',
    in: ['form', 'json'],
    auth: true,
    good: { url: 'https://wallet.example/hook' },
    parameters: { id: 'id', account: 'account', memo: 'memoId', memo_type: 'memoType', url: 'url' },
  },
  {
    method: 'PUT',
    path: '/kyc/customer/verification',
    in: ['form', 'json'],
    auth: true,
    good: {},
    parameters: { id: 'id', mobile_number_verification: 'text' },
  },
  {
    method: 'DELETE',
    path: '/kyc/customer/:account',
    in: ['form', 'json'],
    auth: true,
    good: {},
    parameters: { account: 'account', memo: 'memoId', memo_type: 'memoType' },
  },
  {
    method: 'GET',
    path: '/kyc/customer/files',
    in: ['query'],
    auth: true,
    good: {},
    parameters: { file_id: 'text', customer_id: 'text' },
  },
  {
    method: 'POST',
    path: '/kyc/customer/files',
    in: ['multipart', 'json'],
    auth: true,
    good: {},
    parameters: { file: 'text', customer_id: 'text' },
  },
  { method: 'GET', path: '/sep31/info', in: ['query'], auth: false, good: {}, parameters: { lang: 'text' } },
  {
    method: 'POST',
    path: '/sep31/transactions',
    in: ['json'],
    auth: true,
    good: { amount: '100', asset_code: 'SRT', funding_method: 'SEPA' },
    parameters: {
      amount: 'amount',
      asset_code: 'asset',
      asset_issuer: 'issuer',
      destination_asset: 'asset',
      quote_id: 'id',
      sender_id: 'id',
      receiver_id: 'id',
      funding_method: 'method',
      lang: 'text',
      refund_memo: 'text',
      refund_memo_type: 'memoType',
      fields: 'text',
    },
  },
  {
    method: 'GET',
    path: '/sep31/transactions/:id',
    in: ['query'],
    auth: true,
    good: {},
    parameters: { id: 'id' },
  },
  {
    method: 'PATCH',
    path: '/sep31/transactions/:id',
    in: ['json'],
    auth: true,
    good: {},
    parameters: { id: 'id', fields: 'text' },
  },
  {
    method: 'PUT',
    path: '/sep31/transactions/:id/callback',
    in: ['json'],
    auth: true,
    good: { url: 'https://wallet.example/hook' },
    parameters: { id: 'id', url: 'url' },
  },
  { method: 'GET', path: '/sep38/info', in: ['query'], auth: false, good: {}, parameters: { lang: 'text' } },
  {
    method: 'GET',
    path: '/sep38/prices',
    in: ['query'],
    auth: false,
    good: { sell_asset: ASSET_USD, sell_amount: '100' },
    parameters: {
      sell_asset: 'asset',
      sell_amount: 'amount',
      buy_asset: 'text',
      buy_amount: 'amount',
      sell_delivery_method: 'method',
      buy_delivery_method: 'method',
      country_code: 'country',
    },
  },
  {
    method: 'GET',
    path: '/sep38/price',
    in: ['query'],
    auth: false,
    good: { sell_asset: ASSET_USD, buy_asset: 'SRT', sell_amount: '100', context: 'sep6' },
    parameters: {
      sell_asset: 'asset',
      buy_asset: 'asset',
      sell_amount: 'amount',
      buy_amount: 'amount',
      sell_delivery_method: 'method',
      buy_delivery_method: 'method',
      country_code: 'country',
      context: 'context',
    },
  },
  {
    method: 'POST',
    path: '/sep38/quote',
    in: ['json'],
    auth: true,
    good: { sell_asset: ASSET_USD, buy_asset: 'SRT', sell_amount: '100', context: 'sep6' },
    parameters: {
      sell_asset: 'asset',
      buy_asset: 'asset',
      sell_amount: 'amount',
      buy_amount: 'amount',
      expire_after: 'time',
      sell_delivery_method: 'method',
      buy_delivery_method: 'method',
      country_code: 'country',
      context: 'context',
    },
  },
  { method: 'GET', path: '/sep38/quote/:id', in: ['query'], auth: true, good: {}, parameters: { id: 'id' } },
];
