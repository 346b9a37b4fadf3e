import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import { checkParameters } from '../statement.ts';

export type SqliteDriverModule = typeof BetterSqlite3;

export interface StatementResult {
  rows: Record<string, unknown>[];
  changes: bigint;
  insertId: bigint;
}

const STATEMENTS_KEPT = 300;

/** One connection to a SQLite file, with its statements kept prepared. */
export class SqliteFile {
  readonly #raw: BetterSqlite3.Database;
  readonly #statements = new Map<string, BetterSqlite3.Statement>();

  /**
   * @param busyMs how long SQLite itself waits for a lock, which blocks the whole process; 0 for the writing connection, whose
   *   waiting is done outside (see `SqliteWriter`)
   * @param now the clock behind `anchor_now_ms()`, milliseconds since 1970
   */
  constructor(driver: SqliteDriverModule, path: string, busyMs: number, now: () => number) {
    this.#raw = new driver(path, { timeout: busyMs });
    this.#raw.defaultSafeIntegers(true);
    this.#raw.function('anchor_now_ms', { deterministic: false, safeIntegers: true }, () => BigInt(now()));
  }

  /** Durable and shared: every commit is on the disk before it is reported (reliability R14). */
  configure(readOnly: boolean): void {
    this.#raw.pragma('journal_mode = WAL');
    this.#raw.pragma('synchronous = FULL');
    this.#raw.pragma('foreign_keys = ON');
    // kibibytes: SQLite's own 2 MB make it read the same pages again and again
    this.#raw.pragma('cache_size = -16384');
    // pages: what many commits in a row change is carried into the file once
    this.#raw.pragma('wal_autocheckpoint = 4000');
    this.#raw.pragma('trusted_schema = OFF');
    if (readOnly) this.#raw.pragma('query_only = ON');
  }

  /** whether the statement only reads */
  isReading(sql: string): boolean {
    return this.#prepare(sql).readonly;
  }

  get inTransaction(): boolean {
    return this.#raw.inTransaction;
  }

  execute(sql: string, parameters: readonly unknown[]): StatementResult {
    checkParameters(parameters);
    const statement = this.#prepare(sql);
    // whole numbers travel as 64-bit integers; the driver would bind them as doubles
    const bound = parameters.some((value) => typeof value === 'number')
      ? parameters.map((value) => (typeof value === 'number' ? BigInt(value) : value))
      : parameters;
    if (statement.reader) {
      return { rows: statement.all(bound) as Record<string, unknown>[], changes: 0n, insertId: 0n };
    }
    const { changes, lastInsertRowid } = statement.run(bound);
    if (/^\s*(create|alter|drop)\b/i.test(sql)) this.#statements.clear();
    return { rows: [], changes: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  close(): void {
    this.#statements.clear();
    this.#raw.close();
  }

  #prepare(sql: string): BetterSqlite3.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#raw.prepare(sql);
    if (this.#statements.size >= STATEMENTS_KEPT) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Makes the folder and an empty file that only its owner can read: it will hold sealed keys and people's data. */
export function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) return;
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}
