import * as v from 'valibot';
import { body, type Endpoint, part, query } from '../shared/endpoint.ts';
import { address, features, fee, field, id, memoType, terms, transfer } from '../shared/shapes.ts';

const instructions = v.record(v.string(), v.object({ value: v.string(), description: v.string() }));

/** S6-F13 to F33 */
const transaction = v.strictObject({
  ...transfer,
  kind: v.picklist(['deposit', 'deposit-exchange', 'withdrawal', 'withdrawal-exchange']),
  external_extra: v.optional(v.string()),
  external_extra_text: v.optional(v.string()),
  withdraw_anchor_account: v.optional(address),
  withdraw_memo: v.optional(v.string()),
  withdraw_memo_type: v.optional(memoType),
  required_info_message: v.optional(v.string()),
  required_info_updates: v.optional(v.object({ transaction: v.record(v.string(), v.unknown()) })),
  required_customer_info_message: v.optional(v.string()),
  required_customer_info_updates: v.optional(v.unknown()),
  instructions: v.optional(instructions),
});

const fields = v.record(v.string(), field);
const offered = {
  ...terms,
  authentication_required: v.optional(v.boolean()),
  funding_methods: v.optional(v.array(v.string())),
};
const deposits = v.record(v.string(), v.strictObject({ ...offered, fields: v.optional(fields) }));
const withdrawals = v.record(
  v.string(),
  v.strictObject({ ...offered, types: v.optional(v.record(v.string(), v.object({ fields }))) }),
);
const flag = v.strictObject({
  enabled: v.boolean(),
  authentication_required: v.optional(v.boolean()),
  description: v.optional(v.string()),
});

const begun = {
  id: v.optional(id),
  eta: v.optional(v.number()),
  min_amount: v.optional(v.number()),
  max_amount: v.optional(v.number()),
  fee_fixed: v.optional(v.number()),
  fee_percent: v.optional(v.number()),
  extra_info: v.optional(v.object({ message: v.optional(v.string()) })),
};
const depositBegun = v.strictObject({
  ...begun,
  how: v.optional(v.string()),
  instructions: v.optional(instructions),
});
const withdrawalBegun = v.strictObject({
  ...begun,
  account_id: v.optional(address),
  memo_type: v.optional(memoType),
  memo: v.optional(v.string()),
});

const opening = {
  amount: query('how much'),
  account: query('G…, M… or C… that is paid, or pays'),
  memo_type: query('text, id or hash'),
  memo: query('memo of the payment'),
  funding_method: query('one of funding_methods in /info'),
  type: query('the same under its older name'),
  email_address: query('to tell the user of news'),
  lang: query('language'),
  on_change_callback: query('https address that is told of changes'),
  country_code: query('ISO 3166 country of the user'),
  customer_id: query('customer of SEP-12'),
  location_id: query('where cash is handed over'),
};
const code = { asset_code: query('code of the asset on Stellar', true) };
const pair = {
  source_asset: query('what the user gives', true),
  destination_asset: query('what the user gets', true),
  quote_id: query('a firm quote of SEP-38'),
};
const claimable = {
  claimable_balance_supported: query('whether the wallet takes claimable balances'),
};
const back = {
  refund_memo: query('memo of a payment back'),
  refund_memo_type: query('text, id or hash'),
};

const begin = (
  name: string,
  summary: string,
  parameters: Endpoint['parameters'],
  answer: v.GenericSchema,
): Endpoint => ({
  method: 'get',
  path: `/sep6/${name}`,
  summary,
  auth: 'required',
  parameters,
  answers: { 200: answer },
});

export const endpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/sep6/info',
    summary: 'What can be deposited and withdrawn, and how',
    auth: 'none',
    parameters: { lang: query('language') },
    answers: {
      200: v.strictObject({
        deposit: deposits,
        'deposit-exchange': deposits,
        withdraw: withdrawals,
        'withdraw-exchange': withdrawals,
        fee: flag,
        transactions: flag,
        transaction: flag,
        features,
      }),
    },
  },
  begin('deposit', 'Begin a deposit', { ...code, ...opening, ...claimable }, depositBegun),
  begin('withdraw', 'Begin a withdrawal', { ...code, ...opening, ...back }, withdrawalBegun),
  begin(
    'deposit-exchange',
    'Begin a deposit of another asset',
    { ...pair, ...opening, ...claimable },
    depositBegun,
  ),
  begin(
    'withdraw-exchange',
    'Begin a withdrawal into another asset',
    { ...pair, ...opening, ...back },
    withdrawalBegun,
  ),
  {
    method: 'get',
    path: '/sep6/fee',
    summary: 'What a transfer would cost, where /info cannot say it',
    auth: 'required',
    parameters: {
      operation: query('deposit or withdraw', true),
      ...code,
      amount: query('how much', true),
      type: query('method of payment'),
    },
    answers: { 200: fee },
  },
  {
    method: 'get',
    path: '/sep6/transactions',
    summary: 'The user’s transactions, newest first',
    auth: 'required',
    parameters: {
      ...code,
      account: query('account of the login'),
      kind: query('one kind, or several with commas'),
      no_older_than: query('ISO 8601'),
      limit: query('how many'),
      paging_id: query('the last one that was seen'),
      lang: query('language'),
    },
    answers: { 200: v.strictObject({ transactions: v.array(transaction) }) },
  },
  {
    method: 'get',
    path: '/sep6/transaction',
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
    method: 'patch',
    path: '/sep6/transactions/{id}',
    summary: 'Tell anew what was asked for in required_info_updates',
    auth: 'required',
    parameters: { id: part('our id'), transaction: body('the fields, by name', true) },
    body: ['json'],
    answers: { 200: v.unknown() },
  },
];
