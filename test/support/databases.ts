import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { type Database, migrate, type OpenDatabaseOptions, openDatabase } from '../../src/database/index.ts';
import { silentLog } from '../../src/kernel/log.ts';
import type { PostgresAnswer } from './global-setup.ts';

/** A fresh database with our tables. */
export interface TestDatabase {
  readonly kind: DatabaseKind;
  readonly db: Database;
  /** as DATABASE_URL */
  readonly url: string;
  /** a temporary folder that stands for the project's */
  readonly root: string;
  /** another opening of the same database, as another process would have it; closed by `drop` */
  again(options?: Partial<OpenDatabaseOptions>): Promise<Database>;
  /** closes all and removes the database */
  drop(): Promise<void>;
}

export type DatabaseKind = 'sqlite' | 'postgres';

const answer = (await (await fetch(inject('postgresBroker'))).json()) as PostgresAnswer;

if ('missing' in answer && process.env['CI']) {
  throw new Error(`CI needs PostgreSQL, and there is none: ${answer.missing}`);
}

/** The databases of this machine; all tests of what touches one run on each. */
export const DATABASES: readonly { kind: DatabaseKind; available: boolean }[] = [
  { kind: 'sqlite', available: true },
  { kind: 'postgres', available: 'url' in answer },
];

/** Makes a database of its own and, unless told not to, our tables in it. */
export async function createDatabase(
  kind: DatabaseKind,
  options: Partial<OpenDatabaseOptions> & { empty?: boolean } = {},
): Promise<TestDatabase> {
  const { empty, ...openOptions } = options;
  const root = mkdtempSync(join(tmpdir(), 'anchor-database-'));
  const place = kind === 'sqlite' ? sqlitePlace() : await postgresPlace();
  const opened: Database[] = [];
  const again = async (more: Partial<OpenDatabaseOptions> = {}) => {
    const db = await openDatabase({ url: place.url, root, log: silentLog, ...openOptions, ...more });
    opened.push(db);
    return db;
  };
  const db = await again();
  if (!empty) await migrate(db);
  return {
    kind,
    db,
    url: place.url,
    root,
    again,
    async drop() {
      await Promise.all(opened.map((one) => one.close().catch(() => {})));
      await place.remove();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

const sqlitePlace = () => ({ url: 'sqlite:data/anchor.db', remove: async () => {} });

async function postgresPlace(): Promise<{ url: string; remove: () => Promise<void> }> {
  if (!('url' in answer)) throw new Error(answer.missing);
  const name = `anchor_${randomUUID().replaceAll('-', '')}`;
  await onServer(answer.url, `create database ${name}`);
  const url = new URL(answer.url);
  url.pathname = `/${name}`;
  return { url: url.href, remove: () => onServer(answer.url, `drop database ${name} with (force)`) };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/**
 * One suite on every database, each with a fresh one for the whole suite.
 *
 * @example
 * describeDatabases('assets', (test) => {
 *   it('keeps them', async () => { await insertAsset(test.db.read, …) });
 * });
 */
export function describeDatabases(
  title: string,
  suite: (test: TestDatabase) => void,
  options: Parameters<typeof createDatabase>[1] = {},
): void {
  for (const { kind, available } of DATABASES) {
    describe.skipIf(!available)(`${title} on ${kind}`, () => suite(useDatabase(kind, options)));
  }
}

/** A fresh database for the tests of the describe block it is called in; usable inside of tests and hooks only. */
export function useDatabase(
  kind: DatabaseKind,
  options: Parameters<typeof createDatabase>[1] = {},
): TestDatabase {
  let current: TestDatabase | undefined;
  beforeAll(async () => {
    current = await createDatabase(kind, options);
  });
  afterAll(async () => {
    await current?.drop();
    current = undefined;
  });
  const made = (): TestDatabase => {
    if (current === undefined) throw new Error('The database is there inside of tests only.');
    return current;
  };
  return {
    kind,
    get db() {
      return made().db;
    },
    get url() {
      return made().url;
    },
    get root() {
      return made().root;
    },
    again: (more) => made().again(more),
    drop: () => made().drop(),
  };
}

/** One body of work with a fresh database of its own. */
export async function withDatabase<T>(
  kind: DatabaseKind,
  work: (test: TestDatabase) => Promise<T>,
): Promise<T> {
  const test = await createDatabase(kind);
  try {
    return await work(test);
  } finally {
    await test.drop();
  }
}
