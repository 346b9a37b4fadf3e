import * as v from 'valibot';

/** The parts that answers of several SEPs are made of. Amounts are decimal text with at most seven decimals (SC-22). */
export const amount = v.pipe(v.string(), v.regex(/^\d+(?:\.\d{1,7})?$/));

/** SC-25 */
export const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/));

export const url = v.pipe(v.string(), v.url());
export const id = v.pipe(v.string(), v.uuid());
export const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** `stellar:CODE:ISSUER`, `stellar:native`, `iso4217:USD` (SC-23) */
export const assetId = v.pipe(v.string(), v.regex(/^(?:stellar|iso4217):\S+$/));

const account = /^[GMC][A-Z2-7]{55,68}$/;
export const address = v.pipe(v.string(), v.regex(account));
export const memoType = v.picklist(['text', 'id', 'hash']);

export const feeItem = v.object({
  name: v.string(),
  description: v.optional(v.string()),
  amount: v.string(),
});

export const feeDetails = v.strictObject({
  total: amount,
  asset: assetId,
  details: v.optional(v.array(feeItem)),
  breakdown: v.optional(v.array(feeItem)),
});

/** A field that a customer or a transaction is asked for. */
export const field = v.object({
  type: v.optional(v.string()),
  description: v.string(),
  choices: v.optional(v.array(v.string())),
  optional: v.optional(v.boolean()),
});

/** Amounts of a transaction, once they are known. */
export const amounts = {
  amount_in: v.optional(amount),
  amount_in_asset: v.optional(assetId),
  amount_out: v.optional(amount),
  amount_out_asset: v.optional(assetId),
  amount_fee: v.optional(amount),
  amount_fee_asset: v.optional(assetId),
  fee_details: v.optional(feeDetails),
};

export const refunds = (ofPayment: v.ObjectEntries) =>
  v.strictObject({
    amount_refunded: amount,
    amount_fee: amount,
    payments: v.array(v.strictObject({ id: v.string(), amount, fee: amount, ...ofPayment })),
  });

const withType = { id_type: v.picklist(['stellar', 'external']) };

/** What the transactions of SEP-6 and SEP-24 have in common. */
export const transfer = {
  id,
  status: v.string(),
  status_eta: v.optional(v.number()),
  more_info_url: url,
  started_at: time,
  updated_at: time,
  completed_at: v.optional(time),
  message: v.optional(v.string()),
  user_action_required_by: v.optional(time),
  ...amounts,
  quote_id: v.optional(id),
  stellar_transaction_id: v.optional(hash),
  external_transaction_id: v.optional(v.string()),
  refunded: v.boolean(),
  refunds: v.optional(refunds(withType)),
  to: v.optional(v.string()),
  from: v.optional(v.string()),
  deposit_memo: v.optional(v.string()),
  deposit_memo_type: v.optional(memoType),
  claimable_balance_id: v.optional(v.string()),
};

/** Limits and fees of an asset, as numbers (SEP-6, SEP-24). */
export const terms = {
  enabled: v.boolean(),
  min_amount: v.optional(v.number()),
  max_amount: v.optional(v.number()),
  fee_fixed: v.optional(v.number()),
  fee_percent: v.optional(v.number()),
  fee_minimum: v.optional(v.number()),
};

export const features = v.strictObject({ account_creation: v.boolean(), claimable_balances: v.boolean() });

export const fee = v.strictObject({ fee: v.number() });

/** SC-30; SEP-6 and SEP-24 add the type of the fault */
export const fault = v.object({ error: v.string() });
