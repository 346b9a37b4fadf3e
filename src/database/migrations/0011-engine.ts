import { type Migration, runStatements } from './types.ts';

/** When the bank was last called for a payout, by the database's clock: from then on the time counts after which `none` is believed. */
export const engine: Migration = {
  name: '0011-engine',
  async up(db, dialect) {
    await runStatements(db, dialect, ['alter table obligations add column attempted_ms integer']);
  },
};
