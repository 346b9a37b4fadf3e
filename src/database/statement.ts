import { AnchorError, badInput } from '../kernel/errors.ts';

/**
 * PostgreSQL cannot store a NUL character and SQLite cuts texts at it in places: neither gets one. Numbers that are not
 * whole are a broken promise of ours, since money and counts are all that is stored.
 *
 * @throws TEXT_INVALID (400), DATABASE_NUMBER_INEXACT
 */
export function checkParameters(parameters: readonly unknown[]): void {
  for (const value of parameters) {
    if (typeof value === 'string' && value.includes('\0')) {
      throw badInput('TEXT_INVALID', 'A text must not contain the NUL character.');
    }
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new AnchorError({
        code: 'DATABASE_NUMBER_INEXACT',
        message: 'A number that is not a whole one was to be written to the database.',
        hint: 'Money is bigint, everything else an integer or a text.',
      });
    }
  }
}

/**
 * A `begin` or `commit` that does not come from Kysely would leave its connection inside of a transaction, or outside of one,
 * for whoever uses it next. Savepoints are fine inside of a transaction.
 *
 * @throws DATABASE_STATEMENT_REFUSED
 */
export function refuseTransactionControl(sql: string, inTransaction: boolean): void {
  const refused = inTransaction ? ENDING : CONTROL;
  if (!refused.test(sql)) return;
  throw new AnchorError({
    code: 'DATABASE_STATEMENT_REFUSED',
    message: 'Transactions are not begun and ended by statements of your own.',
    hint: 'Use db.transaction().execute(async (trx) => { ... }).',
  });
}

const CONTROL = /^\s*(begin|start|commit|end|rollback|abort|savepoint|release)\b/i;
const ENDING = /^\s*(begin|start|commit|end|abort|rollback(?!\s+(transaction\s+|work\s+)?to\b))\b/i;
