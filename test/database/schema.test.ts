import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { describeDatabases } from '../support/databases.ts';

interface Column {
  name: string;
  nullable: boolean;
  hasDefault: boolean;
}

/** The columns as src/database/schema.ts types them. */
function typedTables(): Map<string, Column[]> {
  const source = readFileSync(join(import.meta.dirname, '../../src/database/schema.ts'), 'utf8');
  const interfaces = new Map<string, string>();
  for (const [, name = '', body = ''] of source.matchAll(/export interface (\w+) \{\n([\s\S]*?)\n\}/g)) {
    interfaces.set(name, body);
  }
  const tables = new Map<string, Column[]>();
  for (const [, table = '', type = ''] of (interfaces.get('Tables') ?? '').matchAll(
    /^ {2}(\w+): (\w+);$/gm,
  )) {
    const columns = [...(interfaces.get(type) ?? '').matchAll(/^ {2}(\w+): (.+);$/gm)].map(
      ([, name = '', kind = '']): Column => ({
        name,
        nullable: / \| null$/.test(kind),
        hasDefault: kind.startsWith('Generated<'),
      }),
    );
    tables.set(table, columns);
  }
  return tables;
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

describeDatabases('schema', (test) => {
  it('has exactly the tables and columns that are typed', async () => {
    const tables = await test.db.read.introspection.getTables();
    const typed = typedTables();
    expect(typed.size).toBeGreaterThan(15);
    const found = tables.map(({ name }) => name).filter((name) => !name.endsWith('_migrations'));
    expect(found.sort()).toEqual([...typed.keys()].sort());
    for (const [name, columns] of typed) {
      const table = tables.find((one) => one.name === name);
      const real = table?.columns.map((column) => ({
        name: column.name,
        nullable: column.isNullable && !isKey(name, column.name),
        hasDefault: column.hasDefaultValue || column.isAutoIncrementing,
      }));
      expect({ name, columns: real?.sort(byName) }).toEqual({ name, columns: columns.sort(byName) });
    }
  });

  it('answers what is asked most often from an index', async () => {
    for (const [index, query] of QUERIES) {
      const plan = await planOf(query);
      expect(`${query}\n${plan}`).toContain(index);
    }
  });

  async function planOf(query: string): Promise<string> {
    if (test.kind === 'sqlite') {
      const { rows } = await sql<{ detail: string }>`explain query plan ${sql.raw(query)}`.execute(
        test.db.read,
      );
      return rows.map(({ detail }) => detail).join('\n');
    }
    return test.db.write(async (trx) => {
      await sql`set local enable_seqscan = off`.execute(trx);
      await sql`set local enable_bitmapscan = off`.execute(trx);
      await sql`set local enable_sort = off`.execute(trx);
      const { rows } = await sql<Record<string, string>>`explain ${sql.raw(query)}`.execute(trx);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
  }
});

/** SQLite reports the columns of a text primary key as nullable although a strict table refuses null there. */
const isKey = (table: string, column: string): boolean =>
  /^(id|hash|token_hash|name|account|operation_id)$/.test(column) &&
  !/^(incoming_payments.account)$/.test(`${table}.${column}`);

const QUERIES: readonly [index: string, query: string][] = [
  [
    'transactions_of_owner',
    "select * from transactions where owner = 'a' order by started_at desc, id desc limit 10",
  ],
  [
    'transactions_by_status',
    "select * from transactions where status = 'pending_user_transfer_start' and kind = 'deposit' order by started_at",
  ],
  ['transactions_by_time', 'select * from transactions order by started_at desc, id desc limit 10'],
  ['transactions_by_stellar_id', "select * from transactions where stellar_transaction_id = 'a'"],
  ['transactions_by_external_id', "select * from transactions where external_transaction_id = 'a'"],
  ['transactions_expiring', "select id from transactions where expires_at < '2026'"],
  [
    'transactions_open_memo',
    `select * from transactions where kind = 'withdrawal' and anchor_account = 'G' and memo_type = 'id' and memo = '1'
      and status not in ('completed', 'refunded', 'expired', 'no_market', 'too_small', 'too_large', 'error')`,
  ],
  [
    'obligations_open',
    "select * from obligations where state = 'owed' and leg = 'stellar' order by created_at, id",
  ],
  ['obligations_of_slot', "select * from obligations where slot_id = 's'"],
  ['slots_open', "select * from slots where state = 'open' and source_account = 'G'"],
  ['envelopes_open', "select * from envelopes where state = 'submitted'"],
  ['envelopes_of_slot', "select * from envelopes where slot_id = 's'"],
  ['incoming_in_suspense', "select * from incoming_payments where bucket = 'suspense' order by created_at"],
  ['credits_in_suspense', "select * from bank_credits where bucket = 'suspense' order by created_at"],
  [
    'transactions_by_memo',
    "select * from transactions where anchor_account = 'G' and kind = 'withdrawal' and memo in ('1', '2')",
  ],
  [
    'incoming_undecided',
    `select * from incoming_payments where account = 'G' and created_at < '2026' and bucket = 'suspense'
      and refunded_units = 0 and held_at is null order by created_at`,
  ],
  [
    'credits_undecided',
    `select * from bank_credits where created_at < '2026' and bucket = 'suspense' and refunded_units = 0
      and held_at is null order by created_at`,
  ],
  ['obligations_of_payment', "select * from obligations where incoming_id = '1'"],
  ['suspense_history_of_payment', "select * from suspense_history where incoming_id = '1' order by id"],
  [
    'outbox_due',
    "select * from outbox where state = 'waiting' and next_at <= '2026' order by next_at, id limit 10",
  ],
  ['job_runs_of', "select * from job_runs where job = 'a' order by started_at desc limit 5"],
  ['transaction_history_of', "select * from transaction_history where transaction_id = 'a' order by id"],
];
