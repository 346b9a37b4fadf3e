import { type Migration, runStatements } from './types.ts';

const column = (definition: string): string => `alter table transactions add column ${definition}`;

/** What SEP-6 keeps of a transaction, and what may have to be asked anew (S6-33, S6-37). */
export const transfers: Migration = {
  name: '0009-transfers',
  async up(db, dialect) {
    await runStatements(db, dialect, [
      column('exchange integer not null default 0 check (exchange in (0, 1))'),
      column('funding_method text'),
      column('country_code text'),
      column('location_id text'),
      column('instructions text'),
      column('required_info_message text'),
      column('required_info_updates text'),
      `create index transactions_of_customer on transactions (customer_id, started_at, id)
        where customer_id is not null`,
    ]);
  },
};
