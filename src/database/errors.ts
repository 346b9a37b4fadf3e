import { AnchorError, messageOf } from '../kernel/errors.ts';

/** What better-sqlite3 (`SQLITE_…`) or pg (SQLSTATE, or a socket error such as ECONNREFUSED) put into `code`. */
export function faultCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** A row with this key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  const code = faultCode(error);
  return (
    code === '23505' ||
    code === 'SQLITE_CONSTRAINT_UNIQUE' ||
    code === 'SQLITE_CONSTRAINT_PRIMARYKEY' ||
    code === 'SQLITE_CONSTRAINT_ROWID'
  );
}

/** A CHECK or a trigger of the schema refused the row: a broken rule of ours. */
export function isCheckViolation(error: unknown): boolean {
  const code = faultCode(error);
  return code === '23514' || code === 'SQLITE_CONSTRAINT_CHECK' || code === 'SQLITE_CONSTRAINT_TRIGGER';
}

/** A foreign key of the schema refused the row. */
export function isReferenceViolation(error: unknown): boolean {
  const code = faultCode(error);
  return code === '23503' || code === 'SQLITE_CONSTRAINT_FOREIGNKEY';
}

export const isSqliteBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(faultCode(error));

/** PostgreSQL undid the transaction so that another could go on; the same work may be tried again. */
export const isSerializationFault = (error: unknown): boolean => /^(40001|40P01)$/.test(faultCode(error));

/** The connection is gone: whether a statement in flight took effect is unknown. */
export function isConnectionFault(error: unknown): boolean {
  if (AnchorError.is(error)) return error.code === 'DATABASE_UNAVAILABLE';
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false;
  const code = faultCode(error);
  if (/^(08|57P0[1-5])/.test(code) || code === '53300') return true;
  // pg's own errors carry no SQLSTATE: "Connection terminated", "Query read timeout", or a socket's errno
  return code === '' || /^E[A-Z]+$/.test(code);
}

export function databaseBusy(cause?: unknown): AnchorError {
  return new AnchorError({
    code: 'DATABASE_BUSY',
    message: 'The database is busy: another transaction held its lock for too long.',
    hint: 'Try again. If it stays, look for a process that hangs while it writes.',
    httpStatus: 503,
    cause,
  });
}

export function databaseUnavailable(where: string, cause: unknown, hint?: string): AnchorError {
  return new AnchorError({
    code: 'DATABASE_UNAVAILABLE',
    message: `The database ${where} cannot be used: ${messageOf(cause) || faultCode(cause)}`,
    hint: hint ?? 'Check that it runs and that DATABASE_URL is right.',
    httpStatus: 503,
    cause,
  });
}

export function commitUnknown(where: string, cause: unknown): AnchorError {
  return new AnchorError({
    code: 'COMMIT_UNKNOWN',
    message: `The connection to the database ${where} broke while a transaction was being committed: it may or may not have taken effect.`,
    hint: 'Read the rows again by their ids before doing anything else.',
    httpStatus: 503,
    cause,
  });
}

/** SQLite answers that mean that the file, and not the statement, is at fault. */
const SQLITE_FILE_FAULT = /^SQLITE_(FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|PROTOCOL|PERM|AUTH)/;

export const isSqliteFileFault = (error: unknown): boolean => SQLITE_FILE_FAULT.test(faultCode(error));

/** Errors of the database as a whole become AnchorErrors; those of one statement (constraints, syntax) stay as they are. */
export function translateSqlite(error: unknown, where: string): unknown {
  if (isSqliteBusy(error)) return databaseBusy(error);
  if (isSqliteFileFault(error))
    return databaseUnavailable(where, error, 'Check the disk space, the file and its permissions.');
  return error;
}

export function translatePostgres(error: unknown, where: string): unknown {
  if (AnchorError.is(error)) return error;
  const code = faultCode(error);
  if (code === '55P03' || code === '57014' || code === '25P03') return databaseBusy(error);
  if (/^(53|58|XX)/.test(code) || isConnectionFault(error)) return databaseUnavailable(where, error);
  return error;
}
