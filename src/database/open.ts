import { Kysely, sql, type Transaction } from 'kysely';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { type Ids, systemIds } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import { databaseBusy, isSerializationFault } from './errors.ts';
import { integers } from './integers.ts';
import type { Database } from './port.ts';
import type { Tables } from './schema.ts';
import { parseDatabaseUrl } from './url.ts';

const WRITE_ATTEMPTS = 8;

export interface OpenDatabaseOptions {
  /** `sqlite:PATH` or `postgres://…` */
  url: string;
  /** folder of the project: relative paths and drivers are looked up from there */
  root: string;
  log: Log;
  /** clock of the database on SQLite, milliseconds since 1970; PostgreSQL has its own */
  now?: () => number;
  /** for waiting; default the system's */
  clock?: Clock;
  /** for the spread of retries; default the system's */
  ids?: Ids;
}

/**
 * Opens the database; whoever opens it closes it. Tables are there after `migrate(db)`.
 *
 * @throws DATABASE_URL_INVALID, DATABASE_MYSQL_UNSUPPORTED, DATABASE_DRIVER_MISSING, DATABASE_DRIVER_UNSUITED,
 *   DATABASE_DRIVER_BROKEN, DATABASE_UNAVAILABLE
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const address = parseDatabaseUrl(options.url, options.root);
  const clock = options.clock ?? systemClock;
  const ids = options.ids ?? systemIds;
  if (address.dialect === 'sqlite') {
    const { openSqlite } = await import('./sqlite/open.ts');
    const now = options.now ?? (() => clock.now());
    const dialect = await openSqlite({ path: address.path, root: options.root, clock, now });
    return databaseOn('sqlite', new Kysely<Tables>({ dialect, plugins: [integers] }), clock, ids);
  }
  const { openPostgres } = await import('./postgres/open.ts');
  const dialect = await openPostgres({ ...address, root: options.root, log: options.log });
  return databaseOn('postgres', new Kysely<Tables>({ dialect, plugins: [integers] }), clock, ids);
}

const NOW_MS = {
  sqlite: sql<bigint>`select anchor_now_ms() as expires_ms`,
  postgres: sql<bigint>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as expires_ms`,
} as const;

/** The port on any Kysely instance of ours: what `openDatabase` answers, for a driver that something stands in front of. */
export function databaseOn(
  dialect: Database['dialect'],
  kysely: Kysely<Tables>,
  clock: Clock,
  ids: Ids,
): Database {
  return {
    dialect,
    read: kysely,
    custom: <Own>() => kysely as unknown as Kysely<Own>,
    write: <T>(work: (trx: Transaction<Tables>) => Promise<T>) => retried(kysely, work, clock, ids),
    async nowMs(on) {
      const { rows } = await NOW_MS[dialect].execute(on ?? kysely);
      return (rows[0] as unknown as { expires_ms: bigint }).expires_ms;
    },
    close: () => kysely.destroy(),
  };
}

async function retried<T>(
  kysely: Kysely<Tables>,
  work: (trx: Transaction<Tables>) => Promise<T>,
  clock: Clock,
  ids: Ids,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await kysely.transaction().execute(work);
    } catch (error) {
      if (!isSerializationFault(error)) throw error;
      if (attempt === WRITE_ATTEMPTS) throw databaseBusy(error);
      // apart from each other, so that the same two do not meet again
      const spread = (ids.bytes(1)[0] ?? 0) / 255;
      await clock.sleep(Math.round(2 ** attempt * (0.5 + spread)));
    }
  }
}
