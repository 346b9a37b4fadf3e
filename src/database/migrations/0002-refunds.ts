import { keptForever, triggersOf } from './0001-initial/rules.ts';
import { REFUND_COLUMNS, REFUND_TABLES } from './0002-refunds/columns.ts';
import { obligationStatements } from './0002-refunds/obligations.ts';
import { type Migration, runStatements } from './types.ts';

/** What to do with money that does not fit, and refunds of money that belongs to no transaction. */
export const refunds: Migration = {
  name: '0002-refunds',
  async up(db, dialect) {
    await runStatements(db, dialect, [...REFUND_COLUMNS, ...REFUND_TABLES]);
    await runStatements(db, dialect, obligationStatements(dialect));
    await runStatements(db, dialect, triggersOf(dialect, [keptForever('suspense_history')]));
  },
};
