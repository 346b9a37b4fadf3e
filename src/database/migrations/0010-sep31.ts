import { keptForever, triggersOf } from './0001-initial/rules.ts';
import { type Migration, runStatements } from './types.ts';

const STATES = [
  'preparing',
  'asked',
  'awaiting_account',
  'awaiting_funds',
  'paying',
  'sent',
  'completed',
  'refunded',
  'failed',
];

const SENDS = `create table sends (
  id text primary key,
  idempotency_key text not null unique,
  digest text not null,
  state text not null check (state in (${STATES.map((state) => `'${state}'`).join(', ')})),
  version integer not null default 0 check (version >= 0),
  home text not null,
  asset_id text not null references assets (id),
  amount_units integer not null check (amount_units > 0),
  sent_units integer check (sent_units > 0 and sent_units <= amount_units),
  fee_units integer check (fee_units >= 0),
  request text not null,
  remote_sender text,
  remote_receiver text,
  quote text,
  posts integer not null default 0 check (posts >= 0),
  remote_id text,
  remote_status text,
  remote text,
  transaction_id text unique references transactions (id),
  return_id text unique references transactions (id),
  refund_memo text,
  waiting text,
  failures integer not null default 0 check (failures >= 0),
  not_before_at text not null,
  created_at text not null,
  updated_at text not null,
  ended_at text,
  check ((ended_at is null) = (state not in ('completed', 'refunded', 'failed'))),
  check (state in ('preparing', 'asked', 'failed') or remote_id is not null),
  check (state in ('preparing', 'asked', 'awaiting_account', 'failed') or transaction_id is not null)
)`;

const HISTORY = `create table send_history (
  id counted id,
  send_id text not null references sends (id),
  at text not null,
  state text not null,
  reason text not null
)`;

/** Payments between anchors: whom they are from and for, and those that we send ourselves. */
export const sep31: Migration = {
  name: '0010-sep31',
  async up(db, dialect) {
    await runStatements(db, dialect, [
      'alter table transactions add column sender_id text',
      'alter table transactions add column receiver_id text',
      `create index transactions_of_sender on transactions (sender_id) where sender_id is not null`,
      `create index transactions_of_receiver on transactions (receiver_id) where receiver_id is not null`,
      SENDS,
      'create index sends_open on sends (not_before_at) where ended_at is null',
      'create index sends_newest on sends (created_at, id)',
      HISTORY,
      'create index send_history_of_send on send_history (send_id, id)',
    ]);
    await runStatements(
      db,
      dialect,
      triggersOf(dialect, [keptForever('sends'), keptForever('send_history')]),
    );
  },
};
