import { type Kysely, sql } from 'kysely';

export type Dialect = 'sqlite' | 'postgres';

/** One step of the schema. `Kysely<unknown>`: a migration must not depend on types that change later. */
export interface Migration {
  /** number and name, e.g. `0001-initial`: they run in this order */
  readonly name: string;
  up(db: Kysely<unknown>, dialect: Dialect): Promise<void>;
}

/**
 * Statements written once for both databases. `integer` is 64 bits and signed; `text` is compared and sorted byte by byte,
 * so that times, ids and codes sort alike everywhere; `counted id` counts up and is never used twice; SQLite's tables are
 * strict, since it would take a text or a fraction for an amount otherwise.
 */
export function ddl(dialect: Dialect, statement: string): string {
  if (dialect === 'sqlite') {
    const plain = statement.replaceAll('counted id', 'integer primary key autoincrement');
    return /^\s*create table/.test(plain) ? `${plain.trimEnd()} strict` : plain;
  }
  return statement
    .replaceAll('counted id', 'bigint generated always as identity primary key')
    .replace(/ text\b(?!')/g, ' text collate "C"')
    .replace(/ integer\b/g, ' bigint');
}

export async function runStatements(
  db: Kysely<unknown>,
  dialect: Dialect,
  statements: readonly string[],
): Promise<void> {
  for (const statement of statements) await sql.raw(ddl(dialect, statement)).execute(db);
}
