import * as v from 'valibot';
import { body, type Endpoint, part, query } from '../shared/endpoint.ts';
import { address, amounts, field, hash, id, memoType, refunds, time } from '../shared/shapes.ts';

const destination = {
  stellar_account_id: v.optional(address),
  stellar_memo_type: v.optional(memoType),
  stellar_memo: v.optional(v.string()),
};

/** S31-F01 to F16 */
const transaction = v.strictObject({
  id,
  status: v.picklist([
    'pending_sender',
    'pending_stellar',
    'pending_customer_info_update',
    'pending_transaction_info_update',
    'pending_receiver',
    'pending_external',
    'completed',
    'refunded',
    'expired',
    'error',
  ]),
  status_eta: v.optional(v.number()),
  status_message: v.optional(v.string()),
  ...amounts,
  quote_id: v.optional(id),
  ...destination,
  started_at: time,
  updated_at: v.optional(time),
  completed_at: v.optional(time),
  stellar_transaction_id: v.optional(hash),
  external_transaction_id: v.optional(v.string()),
  refunded: v.boolean(),
  refunds: v.optional(refunds({})),
  required_info_message: v.optional(v.string()),
  required_info_updates: v.optional(v.unknown()),
});

const types = v.strictObject({
  types: v.optional(v.record(v.string(), v.strictObject({ description: v.string() }))),
});

const asset = v.strictObject({
  enabled: v.literal(true),
  min_amount: v.optional(v.number()),
  max_amount: v.optional(v.number()),
  fee_fixed: v.optional(v.number()),
  fee_percent: v.optional(v.number()),
  funding_methods: v.array(v.string()),
  quotes_supported: v.boolean(),
  quotes_required: v.boolean(),
  sep12: v.strictObject({ sender: types, receiver: types }),
  sender_sep12_type: v.optional(v.string()),
  receiver_sep12_type: v.optional(v.string()),
  fields: v.optional(v.strictObject({ transaction: v.record(v.string(), field) })),
});

const theId = { id: part('our id') };

export const endpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/sep31/info',
    summary: 'Which assets are received, and what must be known for it',
    auth: 'none',
    parameters: { lang: query('language') },
    answers: { 200: v.strictObject({ receive: v.record(v.string(), asset) }) },
  },
  {
    method: 'post',
    path: '/sep31/transactions',
    summary: 'Announce a payment',
    auth: 'required',
    parameters: {
      amount: body('how much', true),
      asset_code: body('code of the asset on Stellar', true),
      asset_issuer: body('its issuer'),
      destination_asset: body('SEP-38 id of what the receiver gets'),
      quote_id: body('a firm quote of SEP-38'),
      sender_id: body('customer of SEP-12 who sends'),
      receiver_id: body('customer of SEP-12 who gets it'),
      funding_method: body('one of funding_methods in /info'),
      fields: body('fields of the payment, by name'),
      refund_memo: body('memo of a payment back'),
      refund_memo_type: body('text, id or hash'),
      lang: body('language'),
    },
    body: ['json'],
    answers: { 201: v.strictObject({ id, ...destination }) },
  },
  {
    method: 'get',
    path: '/sep31/transactions/{id}',
    summary: 'One payment',
    auth: 'required',
    parameters: theId,
    answers: { 200: v.strictObject({ transaction }) },
  },
  {
    method: 'patch',
    path: '/sep31/transactions/{id}',
    summary: 'Tell anew what was asked for',
    auth: 'required',
    parameters: { ...theId, fields: body('the fields, by name', true) },
    body: ['json'],
    answers: { 200: v.strictObject({ transaction }) },
  },
  {
    method: 'put',
    path: '/sep31/transactions/{id}/callback',
    summary: 'Where changes are to be told',
    auth: 'required',
    parameters: { ...theId, url: body('https address', true) },
    body: ['json'],
    answers: { 204: v.undefined() },
  },
];
