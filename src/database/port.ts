import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** A query may run on the pool or inside a transaction. */
export type Queries = Kysely<Tables> | Transaction<Tables>;

export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** for reading, and for single statements that are whole by themselves */
  readonly read: Kysely<Tables>;
  /**
   * Runs `work` in one writing transaction: IMMEDIATE on SQLite, READ COMMITTED on PostgreSQL. Keep it short: no network,
   * no user code inside, and every query of it through `trx` (another one would wait for this transaction, or take a second
   * connection from the pool). Retried on a busy or serialization fault, so `work` must have no other effects.
   *
   * @throws DATABASE_BUSY, DATABASE_UNAVAILABLE: nothing was kept; COMMIT_UNKNOWN: read again by id whether it was
   */
  write<T>(work: (trx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** the project's own tables */
  custom<Own>(): Kysely<Own>;
  /**
   * Milliseconds since 1970 by the database's clock: the only one that leases and pauses go by, because several machines share it.
   *
   * @param on where it is asked inside of a transaction: that transaction
   */
  nowMs(on?: Queries): Promise<bigint>;
  close(): Promise<void>;
}
