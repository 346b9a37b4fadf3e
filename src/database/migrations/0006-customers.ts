import { keptForever, triggersOf } from './0001-initial/rules.ts';
import { type Migration, runStatements } from './types.ts';

const CUSTOMERS = `create table customers (
  id text primary key,
  owner text not null unique,
  registered_by text not null,
  account text not null,
  memo text,
  memo_type text check (memo_type in ('text', 'id', 'hash')),
  data_key text not null,
  lang text not null default 'en',
  last_type text not null,
  version integer not null default 0,
  callback_url text,
  data text,
  created_at text not null,
  updated_at text not null,
  check ((memo is null) = (memo_type is null))
)`;

/** `content` is of bytes, which the two databases call differently. */
const files = (bytes: string): string => `create table customer_files (
  id text primary key,
  owner text not null,
  customer_id text references customers (id),
  attached integer not null default 0 check (attached in (0, 1)),
  content_type text not null,
  size integer not null check (size > 0),
  file_key text not null,
  content ${bytes} not null,
  expires_at text,
  created_at text not null,
  check (attached = 0 or customer_id is not null)
)`;

const FIELDS = `create table customer_fields (
  customer_id text not null references customers (id),
  name text not null,
  value text,
  file_id text references customer_files (id),
  state text not null check (state in ('given', 'unconfirmed', 'confirmed', 'rejected')),
  error text,
  code text,
  code_expires_at text,
  code_tries integer not null default 0,
  codes_sent integer not null default 0,
  code_sent_at text,
  updated_at text not null,
  primary key (customer_id, name),
  check ((value is null) <> (file_id is null))
)`;

const STATUSES = `create table customer_statuses (
  customer_id text not null references customers (id),
  type text not null,
  status text not null check (status in ('ACCEPTED', 'PROCESSING', 'NEEDS_INFO', 'REJECTED')),
  message text,
  asked text,
  reviewed_version integer,
  review_at text,
  review_tries integer not null default 0,
  by_whom text not null,
  updated_at text not null,
  primary key (customer_id, type)
)`;

/** What happened to whom, without a word of personal data: it stays when the customer is erased. */
const HISTORY = `create table customer_history (
  id counted id,
  customer_id text not null,
  at text not null,
  type text,
  from_status text,
  to_status text,
  by_whom text not null,
  reason text not null
)`;

/** Customers, sealed with a key of each one's own: erasing the row of the key erases what it sealed. */
export const customers: Migration = {
  name: '0006-customers',
  async up(db, dialect) {
    await runStatements(db, dialect, [
      CUSTOMERS,
      'create index customers_by_registrar on customers (registered_by)',
      files(dialect === 'sqlite' ? 'blob' : 'bytea'),
      'create index customer_files_of_owner on customer_files (owner, created_at)',
      'create index customer_files_of_customer on customer_files (customer_id) where customer_id is not null',
      'create index customer_files_expiring on customer_files (expires_at) where expires_at is not null',
      FIELDS,
      STATUSES,
      'create index customer_reviews_due on customer_statuses (review_at) where review_at is not null',
      'create index customer_statuses_listed on customer_statuses (status, updated_at)',
      HISTORY,
      'create index customer_history_of on customer_history (customer_id, id)',
    ]);
    await runStatements(db, dialect, triggersOf(dialect, [keptForever('customer_history')]));
  },
};
