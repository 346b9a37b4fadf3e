import { type Kysely, sql, type Transaction } from 'kysely';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Database } from './port.ts';
import type { Tables } from './schema.ts';

/** A file of the project's own `migrations/`: its own tables, in the same database. */
export interface ProjectMigration {
  /** file name without extension; they run in the order of their names */
  readonly name: string;
  up(db: Kysely<never>): Promise<void>;
}

export interface MigrateOptions {
  /** the project's own migrations, run after ours */
  project?: readonly ProjectMigration[];
}

export interface MigrationStatus {
  /** names, oldest first; those of the project as `project/NAME` */
  applied: string[];
  pending: string[];
}

interface Step {
  name: string;
  table: 'anchor_migrations' | 'project_migrations';
  up(trx: Transaction<Tables>): Promise<void>;
}

/** any number that other users of the same PostgreSQL database are unlikely to lock */
const LOCK = 4_227_015_110n;

/**
 * Brings the schema up to date: ours, then the project's own. One at a time over all processes, each step with its record
 * in one database transaction, so that a step that fails leaves nothing behind.
 *
 * @returns the names that were applied now
 * @throws DATABASE_TOO_NEW, MIGRATION_ORDER, MIGRATION_FAILED
 */
export async function migrate(db: Database, options: MigrateOptions = {}): Promise<string[]> {
  const steps = stepsOf(db, options.project ?? []);
  await db.write(async (trx) => {
    await lock(db, trx);
    await recordTables(trx);
  });
  const done: string[] = [];
  for (const step of steps) {
    const at = isoTime(Number(await db.nowMs()));
    const applied = await db.write(async (trx) => {
      await lock(db, trx);
      const pending = pendingOf(steps, await recorded(db, trx));
      if (!pending.includes(step)) return false;
      await apply(step, trx, at);
      return true;
    });
    if (applied) done.push(shownName(step));
  }
  return done;
}

/** What `migrate` would do. Reads only. @throws DATABASE_TOO_NEW, MIGRATION_ORDER */
export async function migrationStatus(db: Database, options: MigrateOptions = {}): Promise<MigrationStatus> {
  const steps = stepsOf(db, options.project ?? []);
  const known = await recorded(db, db.read);
  const pending = pendingOf(steps, known);
  return {
    applied: steps.filter((step) => !pending.includes(step)).map(shownName),
    pending: pending.map(shownName),
  };
}

function stepsOf(db: Database, project: readonly ProjectMigration[]): Step[] {
  const ours = MIGRATIONS.map(
    (migration): Step => ({
      name: migration.name,
      table: 'anchor_migrations',
      up: (trx) => migration.up(trx as unknown as Kysely<unknown>, db.dialect),
    }),
  );
  const theirs = project.map(
    (migration): Step => ({
      name: migration.name,
      table: 'project_migrations',
      up: (trx) => migration.up(trx as unknown as Kysely<never>),
    }),
  );
  return [...ours, ...theirs];
}

const shownName = (step: Step): string =>
  step.table === 'anchor_migrations' ? step.name : `project/${step.name}`;

type Recorded = Record<Step['table'], string[]>;

async function recordTables(trx: Transaction<Tables>): Promise<void> {
  for (const table of ['anchor_migrations', 'project_migrations'] as const) {
    const columns = sql`(name text primary key, applied_at text not null)`;
    await sql`create table if not exists ${sql.table(table)} ${columns}`.execute(trx);
  }
}

const TABLE_EXISTS = {
  sqlite: (table: string) => sql<{ name: string }>`select name from sqlite_schema where name = ${table}`,
  postgres: (table: string) =>
    sql<{ name: string }>`select 'x' as name where to_regclass(${table}) is not null`,
} as const;

async function recorded(db: Database, on: Kysely<Tables>): Promise<Recorded> {
  const names = async (table: Step['table']): Promise<string[]> => {
    const found = await TABLE_EXISTS[db.dialect](table).execute(on);
    if (found.rows.length === 0) return [];
    const { rows } = await sql<{ name: string }>`select name from ${sql.table(table)}`.execute(on);
    return rows.map(({ name }) => name).sort();
  };
  return {
    anchor_migrations: await names('anchor_migrations'),
    project_migrations: await names('project_migrations'),
  };
}

/** What is to be run; what was run must be the beginning of what we know. */
function pendingOf(steps: readonly Step[], known: Recorded): Step[] {
  return (['anchor_migrations', 'project_migrations'] as const).flatMap((table) => {
    const ordered = steps.filter((step) => step.table === table);
    const names = ordered.map(({ name }) => name);
    const stranger = known[table].find((name) => !names.includes(name));
    if (stranger !== undefined && (table === 'anchor_migrations' || names.length > 0)) {
      throw unknownMigration(table, stranger);
    }
    const pending = ordered.filter(({ name }) => !known[table].includes(name));
    const last = known[table].at(-1);
    const late = pending.find(({ name }) => last !== undefined && name < last);
    if (late !== undefined) {
      throw new AnchorError({
        code: 'MIGRATION_ORDER',
        message: `The migration ${shownName(late)} comes before ${last}, which has been applied already.`,
        hint: `Give it a name that sorts after ${last}.`,
      });
    }
    return pending;
  });
}

function unknownMigration(table: Step['table'], name: string): AnchorError {
  if (table === 'anchor_migrations') {
    return new AnchorError({
      code: 'DATABASE_TOO_NEW',
      message: `The database was made by a newer create-anchor: it has the migration ${name}.`,
      hint: 'Install the newer version again (npm install create-anchor@latest).',
    });
  }
  return new AnchorError({
    code: 'MIGRATION_ORDER',
    message: `The database has the project's migration ${name}, which is not in migrations/ any more.`,
    hint: 'Put the file back: a migration that has been applied is kept.',
  });
}

async function lock(db: Database, trx: Transaction<Tables>): Promise<void> {
  // on SQLite the transaction itself keeps all others out
  if (db.dialect !== 'postgres') return;
  await sql`set local statement_timeout = 0`.execute(trx);
  await sql`set local lock_timeout = 0`.execute(trx);
  await sql`select pg_advisory_xact_lock(${LOCK})`.execute(trx);
}

async function apply(step: Step, trx: Transaction<Tables>, at: string): Promise<void> {
  try {
    await step.up(trx);
  } catch (error) {
    if (step.table === 'anchor_migrations') throw error;
    throw new AnchorError({
      code: 'MIGRATION_FAILED',
      message: `The migration migrations/${step.name} failed: ${messageOf(error)}`,
      hint: 'Nothing of it was kept. Correct it and run: anchor migrate',
      cause: error,
    });
  }
  const table = sql.table(step.table);
  await sql`insert into ${table} (name, applied_at) values (${step.name}, ${at})`.execute(trx);
}
