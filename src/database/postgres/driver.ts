import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { AnchorError } from '../../kernel/errors.ts';
import { commitUnknown, isConnectionFault, translatePostgres } from '../errors.ts';
import { checkParameters, refuseTransactionControl } from '../statement.ts';

const CHANGING = /^(INSERT|UPDATE|DELETE|MERGE)$/;

/**
 * A driver over a pool of pg, with errors that say what they mean: above all a commit whose answer was lost. A connection
 * that failed is not handed out again.
 */
export class PostgresPoolDriver implements Driver {
  readonly #pool: Pool;
  /** the address without its password */
  readonly #shown: string;

  constructor(pool: Pool, shown: string) {
    this.#pool = pool;
    this.#shown = shown;
  }

  async init(): Promise<void> {}

  /** @throws DATABASE_UNAVAILABLE */
  async acquireConnection(): Promise<DatabaseConnection> {
    try {
      return new Connection(await this.#pool.connect(), this.#shown);
    } catch (error) {
      throw translatePostgres(error, this.#shown);
    }
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const level = settings.isolationLevel ?? 'read committed';
    const ours = connection as Connection;
    await ours.run(`start transaction isolation level ${level}`);
    ours.inTransaction = true;
  }

  /** @throws COMMIT_UNKNOWN when the connection broke before the answer came */
  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const ours = connection as Connection;
    try {
      await ours.run('commit');
      ours.inTransaction = false;
    } catch (error) {
      throw isConnectionFault(error) ? commitUnknown(this.#shown, error) : error;
    }
  }

  /** Never throws: a broken connection has rolled back by itself, and the fault that led here is the one to be told. */
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    const ours = connection as Connection;
    if (ours.broken) return;
    ours.inTransaction = false;
    await ours.run('rollback').catch(() => ours.giveUp());
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    const ours = connection as Connection;
    // a transaction that was started by hand and let go of ends with its connection
    if (ours.inTransaction) ours.giveUp();
    ours.release();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

class Connection implements DatabaseConnection {
  readonly #client: PoolClient;
  readonly #shown: string;
  #broken = false;
  inTransaction = false;

  constructor(client: PoolClient, shown: string) {
    this.#client = client;
    this.#shown = shown;
  }

  get broken(): boolean {
    return this.#broken;
  }

  giveUp(): void {
    this.#broken = true;
  }

  release(): void {
    this.#client.release(this.#broken);
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    refuseTransactionControl(sql, this.inTransaction);
    checkParameters(parameters);
    return this.run<R>(sql, parameters);
  }

  async run<R>(sql: string, parameters: readonly unknown[] = []): Promise<QueryResult<R>> {
    try {
      const { command, rowCount, rows } = await this.#client.query(sql, [...parameters]);
      return {
        rows: (rows ?? []) as R[],
        numAffectedRows: CHANGING.test(command) ? BigInt(rowCount ?? 0) : undefined,
      };
    } catch (error) {
      if (isConnectionFault(error)) this.#broken = true;
      throw translatePostgres(error, this.#shown);
    }
  }

  // biome-ignore lint/correctness/useYield: refused
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new AnchorError({
      code: 'DATABASE_STREAM_UNSUPPORTED',
      message: 'Rows are not streamed.',
      hint: 'Read them page by page.',
    });
  }
}
