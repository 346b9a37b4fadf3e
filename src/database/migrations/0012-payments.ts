import { type Migration, runStatements } from './types.ts';

/** No query looks for payments by the hash of their transaction, and every payment stored paid for the index. */
export const payments: Migration = {
  name: '0012-payments',
  async up(db, dialect) {
    await runStatements(db, dialect, ['drop index incoming_by_hash']);
  },
};
