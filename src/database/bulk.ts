import { CompiledQuery, type Selectable } from 'kysely';
import { assert } from '../kernel/errors.ts';
import type { Database, Queries } from './port.ts';
import type { Tables } from './schema.ts';

/**
 * Many rows in few statements, for the paths that carry hundreds of payments at once. The query builder takes longer to write such a
 * statement than the database to run it, so its text is made once per shape and kept.
 */

type Value = string | number | bigint | null;

/** Rows per statement, largest first: any number of rows is made of these, so that few texts are ever prepared. */
const SIZES = [100, 25, 5, 1];

function* parts<T>(rows: readonly T[]): Generator<readonly T[]> {
  let at = 0;
  for (const size of SIZES) {
    for (; rows.length - at >= size; at += size) yield rows.slice(at, at + size);
  }
}

/** `Array.flat` takes three times as long. */
function flat(rows: readonly (readonly Value[])[]): Value[] {
  const values: Value[] = [];
  for (const row of rows) for (const value of row) values.push(value);
  return values;
}

const texts = new Map<string, string>();

function textOf(key: string, make: () => string): string {
  const known = texts.get(key);
  if (known !== undefined) return known;
  const made = make();
  texts.set(key, made);
  return made;
}

type Dialect = Database['dialect'];

/** `(?, ?), (?, ?)`, for PostgreSQL `($1, $2), ($3, $4)` with types in the first row where they are given. */
function valuesText(dialect: Dialect, columns: number, rows: number, types?: readonly string[]): string {
  const one = (at: number, i: number): string => {
    if (dialect === 'sqlite') return '?';
    return `$${at * columns + i + 1}${types !== undefined && at === 0 ? `::${types[i]}` : ''}`;
  };
  const row = (at: number): string => `(${Array.from({ length: columns }, (_, i) => one(at, i)).join(', ')})`;
  return Array.from({ length: rows }, (_, at) => row(at)).join(', ');
}

/**
 * Rows whose `column` is one of `values`.
 *
 * @param where more of the condition: columns with what they must equal
 */
export async function selectIn<T extends keyof Tables, C extends keyof Selectable<Tables[T]> & string>(
  { dialect }: Pick<Database, 'dialect'>,
  on: Queries,
  table: T,
  columns: readonly C[],
  wanted: { column: keyof Tables[T] & string; values: readonly string[]; where?: Record<string, Value> },
): Promise<Pick<Selectable<Tables[T]>, C>[]> {
  const { column, values, where = {} } = wanted;
  const found: Pick<Selectable<Tables[T]>, C>[] = [];
  for (let at = 0; at < values.length; at += LARGEST_IN) {
    const part = values.slice(at, at + LARGEST_IN);
    // the last once more, and again, up to the next size: few texts are ever prepared
    const size = IN_SIZES.find((one) => one >= part.length) ?? LARGEST_IN;
    const last = part.at(-1) as string;
    const list = [...part, ...Array.from<string>({ length: size - part.length }).fill(last)];
    const names = Object.keys(where);
    const text = textOf(`in ${dialect} ${table} ${columns.join()} ${names.join()} ${column} ${size}`, () => {
      const mark = (i: number): string => (dialect === 'sqlite' ? '?' : `$${i + 1}`);
      const terms = names.map((name, i) => `${name} = ${mark(i)}`);
      const marks = list.map((_, i) => mark(names.length + i));
      return `select ${columns.join(', ')} from ${table} where ${[...terms, `${column} in (${marks.join(', ')})`].join(' and ')}`;
    });
    const query = CompiledQuery.raw(text, [...Object.values(where), ...list]);
    found.push(...((await on.executeQuery(query)).rows as Pick<Selectable<Tables[T]>, C>[]));
  }
  return found;
}

const IN_SIZES = [1, 5, 25, 100, 200];
const LARGEST_IN = 200;

/** Inserts rows; each has its values in the order of `columns`. */
export async function insertRows<T extends keyof Tables>(
  { dialect }: Pick<Database, 'dialect'>,
  trx: Queries,
  table: T,
  columns: readonly (keyof Tables[T] & string)[],
  rows: readonly (readonly Value[])[],
): Promise<void> {
  for (const part of parts(rows)) {
    const text = textOf(`insert ${dialect} ${table} ${columns.join()} ${part.length}`, () => {
      const values = valuesText(dialect, columns.length, part.length);
      return `insert into ${table} (${columns.join(', ')}) values ${values}`;
    });
    await trx.executeQuery(CompiledQuery.raw(text, flat(part)));
  }
}

/** A column with its type, as PostgreSQL has to be told. */
export type TypedColumn<T extends keyof Tables> = readonly [
  name: keyof Tables[T] & string,
  type: 'text' | 'bigint',
];

/**
 * Changes many rows, each to its own values, where `keys` are still as they were read: compare-and-set for all at once.
 *
 * @param fixed more assignments, as SQL, e.g. `version = version + 1`
 * @param rows values of `keys`, then of `columns`
 * @returns how many rows were changed
 */
export async function updateRows<T extends keyof Tables>(
  { dialect }: Pick<Database, 'dialect'>,
  trx: Queries,
  table: T,
  change: { keys: readonly TypedColumn<T>[]; columns: readonly TypedColumn<T>[]; fixed: readonly string[] },
  rows: readonly (readonly Value[])[],
): Promise<bigint> {
  const { keys, columns, fixed } = change;
  const all = [...keys, ...columns];
  let changed = 0n;
  for (const part of parts(rows)) {
    assert(part[0]?.length === all.length, 'a row with other columns than were named');
    const shape = `update ${table} ${all.map(([name]) => name).join()} ${fixed.join()} ${dialect} ${part.length}`;
    const text = textOf(shape, () => {
      const types = all.map(([, type]) => type);
      const set = columns.map(([name], i) => `${name} = changed.column${keys.length + i + 1}`);
      const where = keys.map(([name], i) => `${table}.${name} = changed.column${i + 1}`);
      return `update ${table} set ${[...set, ...fixed].join(', ')}
        from (values ${valuesText(dialect, all.length, part.length, types)}) as changed where ${where.join(' and ')}`;
    });
    const done = await trx.executeQuery(CompiledQuery.raw(text, flat(part)));
    changed += done.numAffectedRows ?? 0n;
  }
  return changed;
}
