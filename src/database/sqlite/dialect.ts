import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { AnchorError } from '../../kernel/errors.ts';
import { translateSqlite } from '../errors.ts';
import { refuseTransactionControl } from '../statement.ts';
import type { SqliteFile, StatementResult } from './file.ts';
import type { SqliteWriter } from './writer.ts';

/**
 * Kysely on two connections to one file: reading statements outside of a transaction go to `reader`, which sees only what
 * is committed; everything else queues for `writer`. Kysely's own dialect has a single connection and begins deferred, so
 * that a waiting transaction would stop every query and two processes would collide.
 */
export class TwoConnectionDialect implements Dialect {
  readonly #reader: SqliteFile;
  readonly #writer: SqliteWriter;
  readonly #close: () => void;

  constructor(reader: SqliteFile, writer: SqliteWriter, close: () => void) {
    this.#reader = reader;
    this.#writer = writer;
    this.#close = close;
  }

  createAdapter = () => new SqliteAdapter();
  createQueryCompiler = () => new SqliteQueryCompiler();
  createIntrospector = (db: Kysely<unknown>) => new SqliteIntrospector(db);

  createDriver(): Driver {
    const reader = this.#reader;
    const writer = this.#writer;
    const close = this.#close;
    return {
      init: async () => {},
      acquireConnection: async () => new Connection(reader, writer),
      beginTransaction: async (connection) => (connection as Connection).begin(),
      commitTransaction: async (connection) => (connection as Connection).commit(),
      rollbackTransaction: async (connection) => (connection as Connection).rollback(),
      // a transaction that was started by hand and let go of
      releaseConnection: async (connection) => (connection as Connection).rollback(),
      destroy: async () => close(),
    };
  }
}

class Connection implements DatabaseConnection {
  readonly #reader: SqliteFile;
  readonly #writer: SqliteWriter;
  #writing = false;

  constructor(reader: SqliteFile, writer: SqliteWriter) {
    this.#reader = reader;
    this.#writer = writer;
  }

  async begin(): Promise<void> {
    await this.#writer.begin();
    this.#writing = true;
  }

  commit(): void {
    this.#writer.commit();
    this.#writing = false;
  }

  rollback(): void {
    if (!this.#writing) return;
    this.#writing = false;
    this.#writer.rollback();
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const result = await this.#run(sql, parameters);
    return {
      rows: result.rows as R[],
      numAffectedRows: result.changes,
      insertId: result.insertId,
    };
  }

  #run(sql: string, parameters: readonly unknown[]): StatementResult | Promise<StatementResult> {
    refuseTransactionControl(sql, this.#writing);
    if (this.#writing) return this.#writer.execute(sql, parameters);
    try {
      if (this.#reader.isReading(sql)) return this.#reader.execute(sql, parameters);
    } catch (error) {
      throw translateSqlite(error, 'file');
    }
    return this.#writer.alone(sql, parameters);
  }

  // biome-ignore lint/correctness/useYield: refused
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new AnchorError({
      code: 'DATABASE_STREAM_UNSUPPORTED',
      message: 'Rows cannot be streamed from SQLite.',
      hint: 'Read them page by page.',
    });
  }
}
