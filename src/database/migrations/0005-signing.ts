import { keptForever, triggersOf } from './0001-initial/rules.ts';
import { type Migration, runStatements } from './types.ts';

const asset = (column: string): string => `alter table assets add column ${column}`;

/** What to do where a destination cannot be paid, and how much may be signed for; null: as anchor.toml says, or without limit. */
const ASSETS: readonly string[] = [
  asset("no_account text check (no_account in ('create', 'claimable', 'wait'))"),
  asset('starting_balance_units integer check (starting_balance_units > 0)'),
  asset("no_trustline text check (no_trustline in ('claimable', 'wait'))"),
  asset('reclaim_days integer not null default 90 check (reclaim_days between 0 and 3650)'),
  asset('payment_max_units integer check (payment_max_units > 0)'),
  asset('payment_day_units integer check (payment_day_units > 0)'),
];

const DAYS = `create table signed_days (
  account text not null,
  asset text not null,
  day text not null,
  signed_units integer not null check (signed_units >= 0),
  primary key (account, asset, day)
)`;

const SIGNATURES = `create table envelope_signatures (
  envelope_hash text not null references envelopes (hash),
  public_key text not null,
  signature text not null,
  by_whom text not null,
  added_at text not null,
  primary key (envelope_hash, public_key)
)`;

/** Destination rules, the policy of the signer, and envelopes that wait for signatures. */
export const signing: Migration = {
  name: '0005-signing',
  async up(db, dialect) {
    await runStatements(db, dialect, [
      ...ASSETS,
      "alter table envelopes add column awaiting text check (awaiting in ('signer', 'cosigners'))",
      'alter table envelopes add column signed_xdr text',
      'create index envelopes_awaiting on envelopes (created_at) where awaiting is not null',
      'alter table obligations add column signed_on text',
      DAYS,
      SIGNATURES,
    ]);
    await runStatements(db, dialect, triggersOf(dialect, [keptForever('envelope_signatures')]));
  },
};
