import * as v from 'valibot';
import { body, type Endpoint, query } from '../shared/endpoint.ts';
import { address, features, fee, id, memoType, terms, transfer, url } from '../shared/shapes.ts';

/** S24-F01 to F30 */
const transaction = v.strictObject({
  ...transfer,
  kind: v.picklist(['deposit', 'withdrawal']),
  kyc_verified: v.optional(v.boolean()),
  withdraw_anchor_account: v.optional(v.nullable(address)),
  withdraw_memo: v.optional(v.nullable(v.string())),
  withdraw_memo_type: v.optional(v.nullable(memoType)),
});

const entries = v.record(v.string(), v.strictObject(terms));

const opening = {
  asset_code: body('code of the asset on Stellar, or native', true),
  asset_issuer: body('its issuer, where several assets have this code'),
  amount: body('how much, as far as the wallet knows'),
  quote_id: body('a firm quote of SEP-38'),
  account: body('G…, M… or C… that is paid, or pays; default: that of the token'),
  memo_type: body('text, id or hash'),
  memo: body('memo of the payment'),
  lang: body('language of the pages'),
  customer_id: body('customer of SEP-12'),
};
const opened = v.strictObject({ type: v.literal('interactive_customer_info_needed'), url, id });

export const endpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/sep24/info',
    summary: 'What can be deposited and withdrawn',
    auth: 'none',
    parameters: { lang: query('language') },
    answers: {
      200: v.strictObject({
        deposit: entries,
        withdraw: entries,
        fee: v.strictObject({ enabled: v.boolean(), authentication_required: v.optional(v.boolean()) }),
        features,
      }),
    },
  },
  {
    method: 'post',
    path: '/sep24/transactions/deposit/interactive',
    summary: 'Begin a deposit',
    auth: 'required',
    parameters: {
      ...opening,
      source_asset: body('SEP-38 id of what the user pays with'),
      claimable_balance_supported: body('whether the wallet takes claimable balances'),
    },
    body: ['json', 'form', 'multipart'],
    answers: { 200: opened },
  },
  {
    method: 'post',
    path: '/sep24/transactions/withdraw/interactive',
    summary: 'Begin a withdrawal',
    auth: 'required',
    parameters: {
      ...opening,
      destination_asset: body('SEP-38 id of what the user gets'),
      refund_memo: body('memo of a payment back'),
      refund_memo_type: body('text, id or hash'),
    },
    body: ['json', 'form', 'multipart'],
    answers: { 200: opened },
  },
  {
    method: 'get',
    path: '/sep24/transactions',
    summary: 'The user’s transactions, newest first',
    auth: 'required',
    parameters: {
      asset_code: query('code of the asset on Stellar', true),
      kind: query('deposit or withdrawal'),
      no_older_than: query('ISO 8601'),
      limit: query('how many'),
      paging_id: query('the last one that was seen'),
      lang: query('language'),
    },
    answers: { 200: v.strictObject({ transactions: v.array(transaction) }) },
  },
  {
    method: 'get',
    path: '/sep24/transaction',
    summary: 'One transaction, by one of three keys',
    auth: 'required',
    parameters: {
      id: query('our id'),
      stellar_transaction_id: query('hash of the Stellar transaction'),
      external_transaction_id: query('number at the bank'),
      lang: query('language'),
    },
    answers: { 200: v.strictObject({ transaction }) },
  },
  {
    method: 'get',
    path: '/sep24/fee',
    summary: 'What a transfer would cost, where /info cannot say it',
    auth: 'required',
    parameters: {
      operation: query('deposit or withdraw', true),
      asset_code: query('code of the asset on Stellar', true),
      amount: query('how much', true),
      type: query('method of payment'),
    },
    answers: { 200: fee },
  },
];
