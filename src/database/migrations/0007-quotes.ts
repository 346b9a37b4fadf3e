import { type Rule, triggersOf } from './0001-initial/rules.ts';
import { type Migration, runStatements } from './types.ts';

const transaction = (column: string): string => `alter table transactions add column ${column}`;

/** SEP-38 ids of what comes in, goes out and pays the fee; null: the transaction's own asset, or what it is anchored to. */
const TRANSACTIONS: readonly string[] = [
  transaction('amount_in_asset text'),
  transaction('amount_out_asset text'),
  transaction('amount_fee_asset text'),
  transaction('quote_expires_at text'),
  transaction('asked_at text'),
  'alter table bank_credits add column asset text',
];

const QUOTES = `create table quotes (
  id text primary key,
  owner text not null,
  account text not null,
  context text not null check (context in ('sep6', 'sep24', 'sep31')),
  sell_asset text not null,
  buy_asset text not null,
  sell_units integer not null check (sell_units > 0),
  buy_units integer not null check (buy_units > 0),
  fee_units integer not null check (fee_units >= 0 and fee_units < sell_units),
  fee_details text not null,
  price text not null,
  total_price text not null,
  sell_delivery_method text,
  buy_delivery_method text,
  country_code text,
  expires_at text not null,
  created_at text not null,
  transaction_id text references transactions (id),
  used_at text,
  check (sell_asset <> buy_asset),
  check (sell_delivery_method is null or buy_delivery_method is null),
  check ((transaction_id is null) = (used_at is null))
)`;

const BOOKS = `create table quote_books (
  asset text primary key,
  counter integer not null default 0
)`;

const FIXED = [
  'id',
  'owner',
  'account',
  'context',
  'sell_asset',
  'buy_asset',
  'sell_units',
  'buy_units',
  'fee_units',
  'fee_details',
  'price',
  'total_price',
  'sell_delivery_method',
  'buy_delivery_method',
  'country_code',
  'expires_at',
  'created_at',
];

const RULES: readonly Rule[] = [
  {
    name: 'quote_is_fixed',
    table: 'quotes',
    event: `update of ${FIXED.join(', ')}`,
    when: FIXED.map((column) => `new.${column} is distinct from old.${column}`).join(' or '),
    broken: 'a quote cannot be changed',
  },
  {
    name: 'quote_is_used_once',
    table: 'quotes',
    event: 'update of transaction_id',
    when: 'old.transaction_id is not null and new.transaction_id is distinct from old.transaction_id',
    broken: 'a quote is used by one transaction only',
  },
  {
    name: 'used_quotes_are_kept',
    table: 'quotes',
    event: 'delete',
    when: 'old.transaction_id is not null',
    broken: 'a quote that was used is never deleted',
  },
];

/** Firm quotes (SEP-38), and transactions whose money goes out in another asset than it came in. */
export const quotes: Migration = {
  name: '0007-quotes',
  async up(db, dialect) {
    await runStatements(db, dialect, [
      ...TRANSACTIONS,
      QUOTES,
      BOOKS,
      'create unique index quotes_of_transaction on quotes (transaction_id) where transaction_id is not null',
      // what they hold: looked through by every firm quote of the asset
      'create index quotes_holding on quotes (buy_asset, expires_at)',
      'create index quotes_open_of_account on quotes (account, expires_at) where transaction_id is null',
    ]);
    await runStatements(db, dialect, triggersOf(dialect, RULES));
  },
};
