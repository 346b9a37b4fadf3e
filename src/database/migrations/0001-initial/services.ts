/** What the machinery remembers: cursors, sessions, callbacks to send, leases, runs, keys. */
export const SERVICE_TABLES: readonly string[] = [
  `create table cursors (
    name text primary key,
    cursor text not null,
    updated_at text not null
  )`,
  `create table outbox (
    id counted id,
    transaction_id text not null references transactions (id),
    kind text not null check (kind in ('callback', 'on_change_callback')),
    url text not null,
    status text not null,
    created_at text not null,
    delivered_at text,
    attempts integer not null default 0 check (attempts >= 0)
  )`,
  'create index outbox_waiting on outbox (id) where delivered_at is null',
  'create index outbox_of_transaction on outbox (transaction_id, id)',
  `create table interactive_sessions (
    token_hash text primary key,
    transaction_id text not null references transactions (id),
    kind text not null check (kind in ('token', 'session')),
    csrf text,
    step text,
    expires_at text not null,
    used_at text,
    created_at text not null
  )`,
  'create index interactive_sessions_of on interactive_sessions (transaction_id)',
  'create index interactive_sessions_expiring on interactive_sessions (expires_at)',
  `create table used_challenges (
    hash text primary key,
    expires_at text not null
  )`,
  'create index used_challenges_expiring on used_challenges (expires_at)',
  `create table leases (
    name text primary key,
    owner text not null,
    epoch integer not null check (epoch > 0),
    expires_ms integer not null,
    machine text not null,
    boot text not null
  )`,
  `create table job_runs (
    id counted id,
    job text not null,
    started_at text not null,
    finished_at text,
    ok integer check (ok in (0, 1)),
    error text,
    processed integer not null default 0 check (processed >= 0),
    loop integer not null default 0 check (loop in (0, 1)),
    interval_seconds integer check (interval_seconds > 0),
    check ((finished_at is null) = (ok is null))
  )`,
  'create index job_runs_of on job_runs (job, started_at, id)',
  `create table keys (
    account text primary key,
    purpose text not null,
    seed text not null,
    created_at text not null
  )`,
  `create table facts (
    name text primary key,
    value text not null,
    updated_at text not null
  )`,
];
