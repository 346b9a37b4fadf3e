/** What is owed, what was signed for it, and what came in (reliability R1 to R9). */

const OBLIGATIONS = `create table obligations (
  id text primary key,
  transaction_id text not null references transactions (id),
  leg text not null check (leg in ('stellar', 'rails')),
  purpose text not null check (purpose in ('deliver', 'refund')),
  ordinal integer not null default 0 check (ordinal >= 0),
  asset_id text not null references assets (id),
  amount_units integer not null check (amount_units > 0),
  destination text,
  memo text,
  memo_type text check (memo_type in ('text', 'id', 'hash')),
  state text not null
    check (state in ('owed', 'waiting', 'bound', 'unknown', 'accepted', 'paid', 'held', 'cancelled')),
  waiting_code text,
  waiting_text text,
  attempts integer not null default 0 check (attempts >= 0),
  not_before_at text,
  slot_id text references slots (id),
  external_id text,
  paid_by text,
  created_at text not null,
  updated_at text not null,
  unique (transaction_id, leg, purpose, ordinal),
  check ((memo is null) = (memo_type is null)),
  check (leg = 'rails' or destination is not null),
  check (leg = 'stellar' or slot_id is null),
  check (state <> 'bound' or slot_id is not null),
  check (slot_id is null or state not in ('owed', 'waiting', 'cancelled')),
  check (state <> 'waiting' or waiting_code is not null)
)`;

const SLOTS = `create table slots (
  id text primary key,
  source_account text not null,
  sequence integer not null check (sequence > 0),
  state text not null check (state in ('open', 'consumed', 'dead', 'foreign')),
  evidence text,
  created_at text not null,
  updated_at text not null,
  unique (source_account, sequence),
  unique (id, source_account, sequence),
  check (state = 'open' or evidence is not null)
)`;

const ENVELOPES = `create table envelopes (
  hash text primary key,
  inner_hash text not null,
  slot_id text,
  purpose text not null,
  xdr text not null,
  source_account text not null,
  sequence integer not null check (sequence > 0),
  max_ledger integer not null check (max_ledger >= 0),
  max_time integer not null check (max_time >= 0),
  fee_units integer not null check (fee_units > 0),
  state text not null check (state in ('signed', 'submitted', 'applied', 'failed', 'dead')),
  ledger integer,
  result_xdr text,
  last_answer text,
  submissions integer not null default 0 check (submissions >= 0),
  created_at text not null,
  updated_at text not null,
  foreign key (slot_id, source_account, sequence) references slots (id, source_account, sequence)
)`;

const ENVELOPE_OBLIGATIONS = `create table envelope_obligations (
  envelope_hash text not null references envelopes (hash),
  operation_index integer not null check (operation_index between 0 and 99),
  obligation_id text not null references obligations (id),
  primary key (envelope_hash, operation_index),
  unique (envelope_hash, obligation_id)
)`;

const INCOMING = `create table incoming_payments (
  operation_id text primary key,
  account text not null,
  transaction_hash text not null,
  from_account text not null,
  asset text not null,
  amount_units integer not null check (amount_units >= 0),
  memo text,
  memo_type text,
  muxed_id text,
  type text not null,
  ledger integer not null,
  bucket text not null check (bucket in ('matched', 'suspense', 'internal')),
  reason text,
  transaction_id text references transactions (id),
  paid_at text not null,
  created_at text not null,
  check (bucket <> 'matched' or (transaction_id is not null and amount_units > 0))
)`;

const BANK_CREDITS = `create table bank_credits (
  id text primary key,
  amount_units integer not null check (amount_units >= 0),
  reference text,
  payer text,
  bucket text not null check (bucket in ('matched', 'suspense', 'returned')),
  reason text,
  transaction_id text references transactions (id),
  credited_at text not null,
  created_at text not null,
  check (bucket <> 'matched' or (transaction_id is not null and amount_units > 0))
)`;

/** as alternatives and not as a list: SQLite uses the index then for a query that names one of them */
const OPEN = ['owed', 'waiting', 'bound', 'unknown', 'accepted', 'held']
  .map((state) => `state = '${state}'`)
  .join(' or ');

export const PAYMENT_TABLES: readonly string[] = [
  SLOTS,
  "create index slots_open on slots (source_account, sequence) where state = 'open'",
  OBLIGATIONS,
  `create index obligations_open on obligations (state, leg, created_at, id) where ${OPEN}`,
  'create index obligations_of_slot on obligations (slot_id) where slot_id is not null',
  ENVELOPES,
  'create index envelopes_of_slot on envelopes (slot_id)',
  'create index envelopes_by_inner_hash on envelopes (inner_hash)',
  'create index envelopes_by_sequence on envelopes (source_account, sequence)',
  `create index envelopes_open on envelopes (state, created_at) where state = 'signed' or state = 'submitted'`,
  ENVELOPE_OBLIGATIONS,
  'create index envelopes_of_obligation on envelope_obligations (obligation_id)',
  INCOMING,
  'create index incoming_of_transaction on incoming_payments (transaction_id)',
  'create index incoming_by_hash on incoming_payments (transaction_hash)',
  "create index incoming_in_suspense on incoming_payments (created_at) where bucket = 'suspense'",
  BANK_CREDITS,
  'create index credits_of_transaction on bank_credits (transaction_id)',
  "create index credits_in_suspense on bank_credits (created_at) where bucket = 'suspense'",
];
