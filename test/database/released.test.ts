import { createHash } from 'node:crypto';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { expect, it } from 'vitest';
import { MIGRATIONS } from '../../src/database/migrations/index.ts';
import type { Dialect } from '../../src/database/migrations/types.ts';

/**
 * What the migrations that anchors have run do, on both databases, as a hash: a change would leave those anchors with other tables than
 * new ones. Never edit a line; put a change into a new migration, and add its line when it is released.
 */
const RELEASED: Readonly<Record<string, string>> = {
  '0001-initial': '32aacdbf0c3655cf5e8e46ff901d7bb9',
  '0002-refunds': 'b30875ead2f6315da2122ae4774c7f92',
  '0003-bank': '047825f7d59ce38d022a2bd5c42e28fe',
  '0004-channels': '678738b2f00eef2d7f551acc4598f543',
  '0005-signing': '6cbb1bb98277f0678a0d6bc6e0e9c744',
};

/** Every statement that it runs. */
async function statementsOf(migration: (typeof MIGRATIONS)[number], dialect: Dialect): Promise<string[]> {
  const statements: string[] = [];
  const db = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (on) => new PostgresIntrospector(on),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => void statements.push(query.sql.replace(/\s+/g, ' ').trim()),
  });
  await migration.up(db, dialect);
  return statements;
}

async function hashOf(migration: (typeof MIGRATIONS)[number]): Promise<string> {
  const all = [await statementsOf(migration, 'sqlite'), await statementsOf(migration, 'postgres')];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 32);
}

it('has not changed a migration that was released', async () => {
  const found: Record<string, string> = {};
  for (const migration of MIGRATIONS) {
    if (migration.name in RELEASED) found[migration.name] = await hashOf(migration);
  }
  expect(found).toEqual(RELEASED);
});

it('sees every statement of a migration', async () => {
  for (const migration of MIGRATIONS) {
    expect((await statementsOf(migration, 'sqlite')).length).toBeGreaterThan(0);
  }
});
