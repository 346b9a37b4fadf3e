import { keptForever, RULES, triggersOf } from '../0001-initial/rules.ts';
import type { Dialect } from '../types.ts';

/**
 * An obligation belongs to a transaction, or is the refund of a payment or credit that belongs to none: exactly one parent, whose totals
 * bound it. `asset_key` names what is paid where that is not the asset of `asset_id`, whose distribution account pays.
 */
const ONE_PARENT = `(case when transaction_id is null then 0 else 1 end) + (case when incoming_id is null then 0 else 1 end)
    + (case when credit_id is null then 0 else 1 end) = 1`;
const ONLY_REFUNDS = `transaction_id is not null or purpose = 'refund'`;

const INDEXES: readonly string[] = [
  `create unique index obligations_of_payment on obligations (incoming_id, purpose, ordinal)
    where incoming_id is not null`,
  `create unique index obligations_of_credit on obligations (credit_id, purpose, ordinal)
    where credit_id is not null`,
];

/** SQLite cannot let a column take null that did not before: the two tables are made anew, with all that hangs on them. */
export function obligationStatements(dialect: Dialect): string[] {
  if (dialect === 'sqlite') return rebuilt(dialect);
  return [
    'alter table obligations alter column transaction_id drop not null',
    'alter table obligations add column incoming_id text references incoming_payments (operation_id)',
    'alter table obligations add column credit_id text references bank_credits (id)',
    'alter table obligations add column asset_key text',
    `alter table obligations add constraint obligation_has_one_parent check (${ONE_PARENT})`,
    `alter table obligations add constraint obligation_delivers_for_transaction check (${ONLY_REFUNDS})`,
    ...INDEXES,
  ];
}

const OBLIGATIONS = `create table obligations (
  id text primary key,
  transaction_id text references transactions (id),
  incoming_id text references incoming_payments (operation_id),
  credit_id text references bank_credits (id),
  leg text not null check (leg in ('stellar', 'rails')),
  purpose text not null check (purpose in ('deliver', 'refund')),
  ordinal integer not null default 0 check (ordinal >= 0),
  asset_id text not null references assets (id),
  asset_key text,
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
  check (${ONE_PARENT}),
  check (${ONLY_REFUNDS}),
  check ((memo is null) = (memo_type is null)),
  check (leg = 'rails' or destination is not null),
  check (leg = 'stellar' or slot_id is null),
  check (state <> 'bound' or slot_id is not null),
  check (slot_id is null or state not in ('owed', 'waiting', 'cancelled')),
  check (state <> 'waiting' or waiting_code is not null)
)`;

const MARKS = `create table envelope_obligations (
  envelope_hash text not null references envelopes (hash),
  operation_index integer not null check (operation_index between 0 and 99),
  obligation_id text not null references obligations (id),
  primary key (envelope_hash, operation_index),
  unique (envelope_hash, obligation_id)
)`;

const COLUMNS = `id, transaction_id, leg, purpose, ordinal, asset_id, amount_units, destination, memo, memo_type, state,
  waiting_code, waiting_text, attempts, not_before_at, slot_id, external_id, paid_by, created_at, updated_at`;
const MARK_COLUMNS = 'envelope_hash, operation_index, obligation_id';

const OPEN = ['owed', 'waiting', 'bound', 'unknown', 'accepted', 'held']
  .map((state) => `state = '${state}'`)
  .join(' or ');

const REBUILT = ['obligations', 'envelope_obligations'];

const rebuilt = (dialect: Dialect): string[] => [
  'create table marks_0001 (envelope_hash text, operation_index integer, obligation_id text)',
  `insert into marks_0001 select ${MARK_COLUMNS} from envelope_obligations`,
  'drop table envelope_obligations',
  'alter table obligations rename to obligations_0001',
  OBLIGATIONS,
  `insert into obligations (${COLUMNS}) select ${COLUMNS} from obligations_0001`,
  'drop table obligations_0001',
  `create index obligations_open on obligations (state, leg, created_at, id) where ${OPEN}`,
  'create index obligations_of_slot on obligations (slot_id) where slot_id is not null',
  ...INDEXES,
  MARKS,
  `insert into envelope_obligations (${MARK_COLUMNS}) select ${MARK_COLUMNS} from marks_0001`,
  'drop table marks_0001',
  'create index envelopes_of_obligation on envelope_obligations (obligation_id)',
  ...triggersOf(dialect, [
    ...RULES.filter(({ table }) => REBUILT.includes(table)),
    ...REBUILT.map(keptForever),
  ]),
];
