import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { migrate, migrationStatus } from '../../src/database/index.ts';
import { MIGRATIONS } from '../../src/database/migrations/index.ts';
import { createDatabase, DATABASES, type TestDatabase } from '../support/databases.ts';

const AT = '2026-01-01T00:00:00.000Z';

/** The schema as it was before, with something in every table that the migration touches. */
async function before(test: TestDatabase): Promise<void> {
  const [first] = MIGRATIONS;
  const run = (statement: string) => sql.raw(statement).execute(test.db.read);
  await test.db.write(async (trx) => first?.up(trx as never, test.kind));
  await run('create table anchor_migrations (name text primary key, applied_at text not null)');
  await run('create table project_migrations (name text primary key, applied_at text not null)');
  await run(`insert into anchor_migrations values ('0001-initial', '${AT}')`);
  await run(`insert into assets (id, code, issuer, distribution_account, created_at)
    values ('a', 'SRT', 'GI', 'GD', '${AT}')`);
  await run(`insert into transactions (id, sep, kind, status, asset_id, owner, subject, account, reference,
    started_at, updated_at, received_units, paid_units)
    values ('t', '24', 'deposit', 'pending_stellar', 'a', 'o', 's', 'GU', 'R', '${AT}', '${AT}', 5, 5)`);
  await run(`insert into slots (id, source_account, sequence, state, created_at, updated_at)
    values ('s', 'GD', 9007199254740993, 'open', '${AT}', '${AT}')`);
  await run(`insert into obligations (id, transaction_id, leg, purpose, asset_id, amount_units, destination, state,
    slot_id, created_at, updated_at) values ('o', 't', 'stellar', 'deliver', 'a', 5, 'GU', 'bound', 's', '${AT}', '${AT}')`);
  await run(`insert into envelopes (hash, inner_hash, slot_id, purpose, xdr, source_account, sequence, max_ledger,
    max_time, fee_units, state, created_at, updated_at) values ('h', 'h', 's', 'payment', 'x', 'GD', 9007199254740993,
    9, 9, 100, 'submitted', '${AT}', '${AT}')`);
  await run("insert into envelope_obligations values ('h', 0, 'o')");
  await run(`insert into incoming_payments (operation_id, account, transaction_hash, from_account, asset,
    amount_units, type, ledger, bucket, reason, paid_at, created_at)
    values ('1', 'GD', 'x', 'GU', 'SRT:GI', 9223372036854775807, 'payment', 3, 'suspense', 'no_memo', '${AT}', '${AT}')`);
}

for (const { kind, available } of DATABASES) {
  describe.skipIf(!available)(`the migration of refunds on ${kind}`, () => {
    it('keeps every row, and every rule on the tables that are made anew', async () => {
      const test = await createDatabase(kind, { empty: true });
      const { read } = test.db;
      await before(test);
      await migrate(test.db);
      expect((await migrationStatus(test.db)).pending).toEqual([]);
      expect(await read.selectFrom('obligations').selectAll().execute()).toMatchObject([
        { id: 'o', transaction_id: 't', slot_id: 's', state: 'bound', incoming_id: null, asset_key: null },
      ]);
      expect(await read.selectFrom('envelope_obligations').selectAll().execute()).toHaveLength(1);
      expect(await read.selectFrom('slots').select('sequence').execute()).toEqual([
        { sequence: 9007199254740993n },
      ]);
      const [asset] = await read.selectFrom('assets').selectAll().execute();
      expect(asset).toMatchObject({ tolerance_percent_units: 100_000_000n, refund_after_hours: null });
      const refused = [
        "update obligations set slot_id = null, state = 'owed' where id = 'o'",
        "delete from obligations where id = 'o'",
        "delete from envelope_obligations where obligation_id = 'o'",
        "insert into envelope_obligations values ('h', 1, 'nobody')",
        "update obligations set incoming_id = '1' where id = 'o'",
        "update incoming_payments set bucket = 'internal', refunded_units = 1",
        `insert into obligations (id, leg, purpose, asset_id, amount_units, destination, state, created_at, updated_at)
          values ('p', 'stellar', 'refund', 'a', 1, 'GU', 'owed', '${AT}', '${AT}')`,
        `insert into obligations (id, incoming_id, leg, purpose, asset_id, amount_units, destination, state, created_at,
          updated_at) values ('p', '1', 'stellar', 'deliver', 'a', 1, 'GU', 'owed', '${AT}', '${AT}')`,
        `insert into suspense_history (incoming_id, at, action, by_whom, reason) values ('1', '', 'lose', '', '')`,
      ];
      for (const statement of refused) {
        await expect(sql.raw(statement).execute(read), statement).rejects.toThrow();
      }
      await sql
        .raw(`insert into obligations (id, incoming_id, leg, purpose, asset_id, amount_units, destination, state,
          created_at, updated_at) values ('p', '1', 'stellar', 'refund', 'a', 1, 'GU', 'owed', '${AT}', '${AT}')`)
        .execute(read);
      await test.drop();
    });
  });
}
