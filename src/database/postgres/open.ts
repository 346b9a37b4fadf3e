import {
  type Dialect,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { Pool, PoolConfig } from 'pg';
import type { Log } from '../../kernel/log.ts';
import { loadPostgres, thisHost } from '../drivers.ts';
import { databaseUnavailable, faultCode } from '../errors.ts';
import { PostgresPoolDriver } from './driver.ts';

const INT8 = 20;

/** Every wait has an end; the client's own limits lie above the server's so that the server's answer is heard. */
const TIMEOUTS: PoolConfig = {
  connectionTimeoutMillis: 10_000,
  lock_timeout: 10_000,
  statement_timeout: 30_000,
  query_timeout: 40_000,
  idle_in_transaction_session_timeout: 60_000,
};

/** @throws DATABASE_UNAVAILABLE, DATABASE_DRIVER_MISSING */
export async function openPostgres(options: {
  url: string;
  /** the address without its password */
  shown: string;
  root: string;
  log: Log;
}): Promise<Dialect> {
  const pg = loadPostgres(thisHost(options.root));
  let pool: Pool;
  try {
    pool = new pg.Pool({
      connectionString: options.url,
      application_name: 'create-anchor',
      keepAlive: true,
      max: 10,
      ...TIMEOUTS,
      // of this pool only: other users of pg in the process keep their own parsers
      types: {
        getTypeParser: (oid: number, format?: 'text' | 'binary') =>
          oid === INT8 && format !== 'binary'
            ? (text: string) => BigInt(text)
            : pg.types.getTypeParser(oid, format as 'text'),
      },
    });
  } catch (error) {
    throw databaseUnavailable(options.shown, error);
  }
  const lost = (error: unknown) => options.log.warn('database_connection_lost', { reason: faultCode(error) });
  pool.on('error', lost);
  // a connection that breaks while it is in use tells its user by the failed query; unheard, its event would end the process
  pool.on('connect', (client) => client.on('error', lost));
  try {
    const client = await pool.connect();
    client.release();
  } catch (error) {
    await pool.end();
    throw databaseUnavailable(options.shown, error);
  }
  return {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
    createDriver: () => new PostgresPoolDriver(pool, options.shown),
  };
}
