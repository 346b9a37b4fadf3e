import { type Migration, runStatements } from './types.ts';

/** What subscribers are to be told, each with the bytes of its body as they were decided together with the change (SC-36, SC-41). */
const OUTBOX = `create table outbox (
  id counted id,
  subject text not null,
  transaction_id text references transactions (id),
  customer_id text,
  kind text not null check (kind in ('callback', 'on_change_callback', 'client_callback', 'customer_callback')),
  url text not null,
  status text not null,
  body text,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0 check (attempts >= 0),
  next_at text not null,
  last_answer text,
  created_at text not null,
  delivered_at text,
  check ((transaction_id is null) <> (customer_id is null)),
  check ((delivered_at is not null) or state <> 'delivered')
)`;

/** Callbacks are delivered in order, may be replayed, and are told of customers too. */
export const callbacks: Migration = {
  name: '0008-callbacks',
  async up(db, dialect) {
    await runStatements(db, dialect, [
      'drop index outbox_waiting',
      'drop index outbox_of_transaction',
      'alter table outbox rename to outbox_before',
      OUTBOX,
      `insert into outbox (subject, transaction_id, kind, url, status, state, attempts, next_at, created_at, delivered_at)
        select 'transaction:' || transaction_id, transaction_id, kind, url, status,
          case when delivered_at is null then 'waiting' else 'delivered' end, attempts, created_at, created_at, delivered_at
        from outbox_before order by id`,
      'drop table outbox_before',
      `create index outbox_due on outbox (next_at, id) where state = 'waiting'`,
      `create index outbox_in_order on outbox (subject, url, id) where state = 'waiting'`,
      'create index outbox_of_transaction on outbox (transaction_id, id)',
      `create index outbox_given_up on outbox (id) where state = 'failed'`,
    ]);
  },
};
