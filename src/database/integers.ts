import type {
  KyselyPlugin,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from 'kysely';
import { AnchorError } from '../kernel/errors.ts';
import { isBigintColumn } from './schema.ts';

/**
 * One meaning of integers on every database: columns (and aliases) named as `isBigintColumn` says are bigint, every other
 * integer that fits exactly is a number. SQLite hands out bigint for all, PostgreSQL text for sums.
 */
export const integers: KyselyPlugin = {
  transformQuery: ({ node }): RootOperationNode => node,
  transformResult: async ({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> => {
    for (const row of result.rows) convertRow(row);
    return result;
  },
};

const kinds = new Map<string, boolean>();

/** Kept by name: it is asked for every column of every row. */
function isBigint(name: string): boolean {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const is = isBigintColumn(name);
  if (kinds.size < 1_000) kinds.set(name, is);
  return is;
}

function convertRow(row: UnknownRow): void {
  for (const name in row) {
    const value = row[name];
    if (typeof value === 'bigint') {
      if (!isBigint(name) && Number.isSafeInteger(Number(value))) row[name] = Number(value);
    } else if (value !== null && isBigint(name)) {
      row[name] = toBigint(name, value);
    }
  }
}

/** @throws DATABASE_NUMBER_INEXACT where money came back as something else than a whole number */
function toBigint(name: string, value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  throw new AnchorError({
    code: 'DATABASE_NUMBER_INEXACT',
    message: `The column ${name} must hold whole numbers, and the database answered something else.`,
  });
}
