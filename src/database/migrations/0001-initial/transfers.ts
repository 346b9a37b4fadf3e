/** Assets and SEP transactions. Amounts are stroops; a fee percentage is percentage points × 1e7. */

const flag = (name: string, preset: 0 | 1): string =>
  `${name} integer not null default ${preset} check (${name} in (0, 1))`;

const amountOrNull = (name: string): string => `${name} integer check (${name} >= 0)`;

const total = (name: string): string => `${name} integer not null default 0 check (${name} >= 0)`;

const limitsAndFees = (way: 'deposit' | 'withdrawal'): string => `
  ${flag(`${way}_enabled`, 1)},
  ${amountOrNull(`${way}_min_units`)},
  ${amountOrNull(`${way}_max_units`)},
  ${total(`${way}_fee_fixed_units`)},
  ${way}_fee_percent_units integer not null default 0
    check (${way}_fee_percent_units between 0 and 1000000000),
  ${amountOrNull(`${way}_fee_minimum_units`)}
  check (${way}_min_units is null or ${way}_max_units is null or ${way}_min_units <= ${way}_max_units)`;

/** of SEP-6, SEP-24 and SEP-31 together (S6-34, S24 status list, S31-22) */
const STATUSES = `
  'incomplete', 'pending_user_transfer_start', 'pending_user_transfer_complete', 'pending_external', 'pending_anchor',
  'on_hold', 'pending_stellar', 'pending_trust', 'pending_user', 'pending_customer_info_update',
  'pending_transaction_info_update', 'pending_sender', 'pending_receiver', 'completed', 'refunded', 'expired',
  'no_market', 'too_small', 'too_large', 'error'`;

const ENDED = `'completed', 'refunded', 'expired', 'no_market', 'too_small', 'too_large', 'error'`;

const memoPair = (memo: string): string => `
  ${memo} text,
  ${memo}_type text check (${memo}_type in ('text', 'id', 'hash'))
  check ((${memo} is null) = (${memo}_type is null))`;

const ASSETS = `create table assets (
  id text primary key,
  code text not null,
  issuer text not null,
  distribution_account text not null,
  distribution_seed text,
  significant_decimals integer not null default 2 check (significant_decimals between 0 and 7),
  anchored_asset text,
  description text,
  ${flag('sep6_enabled', 0)},
  ${flag('sep24_enabled', 0)},
  ${flag('sep31_enabled', 0)},
  ${flag('sep38_enabled', 0)},
  created_at text not null,
  ${limitsAndFees('deposit')},
  ${limitsAndFees('withdrawal')},
  unique (code, issuer),
  check ((code = 'native') = (issuer = ''))
)`;

const TRANSACTIONS = `create table transactions (
  id text primary key,
  sep text not null check (sep in ('6', '24', '31')),
  kind text not null check (kind in ('deposit', 'withdrawal')),
  status text not null check (status in (${STATUSES})),
  version integer not null default 1 check (version > 0),
  asset_id text not null references assets (id),
  owner text not null,
  subject text not null,
  client_domain text,
  account text not null,
  anchor_account text,
  ${flag('claimable_balance_supported', 0)},
  claimable_balance_id text,
  customer_id text,
  quote_id text,
  lang text not null default 'en',
  reference text not null unique,
  offchain_asset text,
  ${amountOrNull('amount_expected_units')},
  ${amountOrNull('amount_in_units')},
  ${amountOrNull('amount_out_units')},
  ${amountOrNull('amount_fee_units')},
  fee_details text,
  ${total('received_units')},
  ${total('refunded_units')},
  ${total('paid_units')},
  ${total('fee_units')},
  from_address text,
  to_address text,
  stellar_transaction_id text,
  external_transaction_id text,
  message text,
  ${flag('kyc_verified', 0)},
  user_action_required_by text,
  callback text,
  on_change_callback text,
  fields text,
  data text,
  waiting text,
  started_at text not null,
  updated_at text not null,
  completed_at text,
  expires_at text,
  ${memoPair('memo')},
  ${memoPair('refund_memo')},
  check (refunded_units + paid_units + fee_units <= received_units)
)`;

const HISTORY = `create table transaction_history (
  id counted id,
  transaction_id text not null references transactions (id),
  at text not null,
  from_status text,
  to_status text not null check (to_status in (${STATUSES})),
  by_whom text not null,
  reason text not null
)`;

export const TRANSFER_TABLES: readonly string[] = [
  ASSETS,
  TRANSACTIONS,
  'create index transactions_of_owner on transactions (owner, started_at, id)',
  'create index transactions_by_time on transactions (started_at, id)',
  'create index transactions_by_status on transactions (status, kind, started_at, id)',
  'create index transactions_expiring on transactions (expires_at) where expires_at is not null',
  `create index transactions_by_stellar_id on transactions (stellar_transaction_id)
    where stellar_transaction_id is not null`,
  `create index transactions_by_external_id on transactions (external_transaction_id)
    where external_transaction_id is not null`,
  // what a payment to us must carry names one open withdrawal
  `create unique index transactions_open_memo on transactions (anchor_account, memo_type, memo)
    where kind = 'withdrawal' and anchor_account is not null and memo is not null and status not in (${ENDED})`,
  HISTORY,
  'create index transaction_history_of on transaction_history (transaction_id, id)',
];
