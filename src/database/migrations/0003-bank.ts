import { keptForever, triggersOf } from './0001-initial/rules.ts';
import { type Migration, runStatements } from './types.ts';

const RETURNS = `create table bank_returns (
  id text primary key,
  obligation_id text references obligations (id),
  credit_id text references bank_credits (id),
  transaction_id text references transactions (id),
  amount_units integer check (amount_units > 0),
  reason text not null,
  effect text not null check (effect in ('reopened', 'withheld', 'after_payment', 'unknown')),
  returned_at text not null,
  created_at text not null,
  resolved_at text,
  resolution text,
  check (obligation_id is null or credit_id is null),
  check ((resolved_at is null) = (resolution is null))
)`;

const EVENTS = `create table bank_events (
  id text primary key,
  delivery text,
  state text not null check (state in ('waiting', 'done', 'unknown')),
  attempts integer not null default 0 check (attempts >= 0),
  not_before_at text not null,
  error text,
  received_at text not null,
  updated_at text not null,
  check (state = 'done' or delivery is not null)
)`;

const DUE = ['owed', 'unknown', 'accepted', 'held'].map((state) => `state = '${state}'`).join(' or ');

/** What the bank says unasked, what it takes back, and an index by which waiting payouts cost nothing until they are due. */
export const bank: Migration = {
  name: '0003-bank',
  async up(db, dialect) {
    await runStatements(db, dialect, [
      'alter table obligations add column held_for text',
      RETURNS,
      'create index returns_open on bank_returns (created_at) where resolved_at is null',
      'create index returns_of_transaction on bank_returns (transaction_id) where transaction_id is not null',
      EVENTS,
      "create index events_waiting on bank_events (not_before_at) where state = 'waiting'",
      'create index events_by_state on bank_events (state, received_at)',
      `create index payouts_due on obligations (state, not_before_at, created_at) where leg = 'rails' and (${DUE})`,
    ]);
    await runStatements(db, dialect, triggersOf(dialect, [keptForever('bank_returns')]));
  },
};
