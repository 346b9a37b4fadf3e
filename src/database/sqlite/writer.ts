import type { Clock } from '../../kernel/clock.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { commitUnknown, databaseBusy, isSqliteBusy, isSqliteFileFault, translateSqlite } from '../errors.ts';
import type { SqliteFile, StatementResult } from './file.ts';
import { Mutex } from './mutex.ts';

/** Waits of SQLite's own busy handler, taken outside of it so that the process goes on meanwhile. */
const BUSY_DELAYS_MS = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50];
const BUSY_LIMIT_MS = 10_000;
const QUEUE_LIMIT_MS = 15_000;

/**
 * The one connection of this process that writes. Transactions and single writing statements queue for it, so that none
 * sees or joins another's half-done work; other processes are kept out by BEGIN IMMEDIATE.
 */
export class SqliteWriter {
  readonly #file: SqliteFile;
  readonly #clock: Clock;
  readonly #mutex = new Mutex();

  constructor(file: SqliteFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /** Takes the connection and begins. Followed by exactly one `commit` or `rollback`. @throws DATABASE_BUSY, DATABASE_UNAVAILABLE */
  async begin(): Promise<void> {
    await this.#acquire();
    try {
      await this.#untilFree('begin immediate', []);
    } catch (error) {
      this.#mutex.unlock();
      throw error;
    }
  }

  /** A statement of the transaction that was begun. */
  execute(sql: string, parameters: readonly unknown[]): StatementResult {
    try {
      return this.#file.execute(sql, parameters);
    } catch (error) {
      throw translateSqlite(error, 'file');
    }
  }

  /** @throws COMMIT_UNKNOWN where the disk failed; the transaction is still to be rolled back then */
  commit(): void {
    try {
      this.#file.execute('commit', []);
    } catch (error) {
      throw isSqliteFileFault(error) ? commitUnknown('file', error) : error;
    }
    this.#mutex.unlock();
  }

  /** Never throws: SQLite has rolled back by itself after the faults that make this fail. */
  rollback(): void {
    try {
      if (this.#file.inTransaction) this.#file.execute('rollback', []);
    } finally {
      this.#mutex.unlock();
    }
  }

  /** One writing statement that is whole by itself. */
  async alone(sql: string, parameters: readonly unknown[]): Promise<StatementResult> {
    await this.#acquire();
    try {
      return await this.#untilFree(sql, parameters);
    } finally {
      this.#mutex.unlock();
    }
  }

  async #acquire(): Promise<void> {
    if (!this.#mutex.held) {
      await this.#mutex.lock();
      return;
    }
    const patience = new AbortController();
    const done = new AbortController();
    void this.#clock.sleep(QUEUE_LIMIT_MS, done.signal).then(() => patience.abort());
    const held = await this.#mutex.lock(patience.signal);
    done.abort();
    if (held) return;
    throw new AnchorError({
      code: 'DATABASE_BUSY',
      message: `Another transaction of this process has been writing for more than ${QUEUE_LIMIT_MS / 1000} seconds.`,
      hint: 'Inside of a transaction, write only through the transaction itself, and do nothing slow in it.',
      httpStatus: 503,
    });
  }

  async #untilFree(sql: string, parameters: readonly unknown[]): Promise<StatementResult> {
    let waited = 0;
    for (let attempt = 0; ; attempt++) {
      try {
        return this.#file.execute(sql, parameters);
      } catch (error) {
        if (!isSqliteBusy(error)) throw translateSqlite(error, 'file');
        if (waited >= BUSY_LIMIT_MS) throw databaseBusy(error);
      }
      const delay = BUSY_DELAYS_MS[attempt] ?? 50;
      waited += delay;
      await this.#clock.sleep(delay);
    }
  }
}
