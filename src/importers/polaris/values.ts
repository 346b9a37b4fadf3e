import { MAX_STROOPS, parseAmount } from '../../kernel/amounts.ts';
import { isoTime } from '../../kernel/clock.ts';
import { AnchorError, badInput } from '../../kernel/errors.ts';
import { isUuid } from '../../kernel/ids.ts';

/** A row as the driver hands it over: of SQLite or of PostgreSQL. */
export type PolarisRow = Readonly<Record<string, unknown>>;

/** Null for what is empty or not there: older versions of Polaris lack columns. */
export function textOf(row: PolarisRow, name: string): string | null {
  const value = row[name];
  if (value === null || value === undefined || value === '') return null;
  return String(value);
}

/** Booleans are 0 and 1 on SQLite. */
export function flagOf(row: PolarisRow, name: string): boolean {
  const value = row[name];
  return value === true || value === 1n || value === 1;
}

/** Stroops. SQLite keeps decimals as integers or doubles, whatever Django meant: Polaris itself reads 7 decimals of them. */
export function unitsOf(row: PolarisRow, name: string): bigint | null {
  const value = row[name];
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'bigint') return parseAmount(value.toString());
  return parseAmount(typeof value === 'number' ? value.toFixed(7) : String(value));
}

/** A limit: "no maximum" is a number beyond all amounts in Polaris, "no minimum" is 0. */
export function limitOf(row: PolarisRow, name: string): bigint | null {
  try {
    const units = unitsOf(row, name);
    return units === 0n || units === MAX_STROOPS ? null : units;
  } catch (error) {
    if (AnchorError.is(error) && error.code === 'AMOUNT_TOO_LARGE') return null;
    throw error;
  }
}

/** On SQLite 32 hex digits. */
export function idOf(row: PolarisRow, name: string): string | null {
  const text = textOf(row, name)?.toLowerCase() ?? null;
  if (text === null) return null;
  const id = /^[0-9a-f]{32}$/.test(text)
    ? text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    : text;
  if (isUuid(id)) return id;
  throw badInput('POLARIS_ROW_UNREADABLE', `${name} is not a UUID`);
}

/** ISO 8601 in UTC. On SQLite text without a zone, which is UTC. @throws POLARIS_ROW_UNREADABLE */
export function timeOf(row: PolarisRow, name: string): string | null {
  const value = row[name];
  if (value === null || value === undefined || value === '') return null;
  if (value instanceof Date) return isoTime(value.getTime());
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(
    String(value),
  );
  const [, day, time, fraction = '', zone = 'Z'] = match ?? [];
  const ms = Date.parse(`${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${zone}`);
  if (Number.isNaN(ms)) throw badInput('POLARIS_ROW_UNREADABLE', `${name} is not a time`);
  return isoTime(ms);
}
