import { PAYMENT_TABLES } from './0001-initial/payments.ts';
import { rulesOf } from './0001-initial/rules.ts';
import { SERVICE_TABLES } from './0001-initial/services.ts';
import { TRANSFER_TABLES } from './0001-initial/transfers.ts';
import { type Migration, runStatements } from './types.ts';

export const initial: Migration = {
  name: '0001-initial',
  async up(db, dialect) {
    await runStatements(db, dialect, [...TRANSFER_TABLES, ...PAYMENT_TABLES, ...SERVICE_TABLES]);
    await runStatements(db, dialect, rulesOf(dialect));
  },
};
