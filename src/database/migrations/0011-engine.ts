import { type Migration, runStatements } from './types.ts';

/**
 * When the bank was last called for a payout, by the database's clock: from then on the time counts after which `none` is believed. And
 * the credit that a return names, which may be told of before the credit itself.
 */
export const engine: Migration = {
  name: '0011-engine',
  async up(db, dialect) {
    await runStatements(db, dialect, [
      'alter table obligations add column attempted_ms integer',
      'alter table bank_returns add column named_credit text',
      'create index returns_by_name on bank_returns (named_credit) where named_credit is not null',
    ]);
  },
};
