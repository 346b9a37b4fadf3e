import BetterSqlite3 from 'better-sqlite3';
import { SqliteFile } from '../../src/database/sqlite/file.ts';

type Driver = ConstructorParameters<typeof SqliteFile>[0];
type Parameters = unknown[];

/** A connection with all that was prepared on it, which outlives the simulated processes that use it. */
interface Connection {
  raw: BetterSqlite3.Database;
  statements: Map<string, BetterSqlite3.Statement>;
  configured: boolean;
  now: () => number;
}

const STATEMENTS_KEPT = 1_000;
const closed = (): Error => Object.assign(new Error('the connection is not open'), { code: 'SQLITE_MISUSE' });

/**
 * The connections to one file. Opening one and preparing its statements takes longer than most lives of a simulated process, so the
 * next life gets what the last one leaves, without whatever that had begun. Reading happens between two steps of the simulation: all
 * share one connection for it.
 */
export class Connections {
  readonly #path: string;
  readonly #free: Connection[] = [];
  readonly #all: Connection[] = [];
  #reader: Connection | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The database's own class on a connection of ours. @param now milliseconds since 1970 */
  open(readOnly: boolean, now: () => number): SqliteFile {
    const connection = readOnly ? this.#reading() : (this.#free.pop() ?? this.#connect());
    connection.now = now;
    const giveBack = readOnly ? () => {} : () => this.#free.push(connection);
    const file = new SqliteFile(driverOf(connection, giveBack), this.#path, 0, now);
    file.configure(readOnly);
    connection.configured = true;
    return file;
  }

  #reading(): Connection {
    this.#reader ??= this.#connect();
    return this.#reader;
  }

  #connect(): Connection {
    const raw = new BetterSqlite3(this.#path, { timeout: 0 });
    raw.defaultSafeIntegers(true);
    const connection: Connection = { raw, statements: new Map(), configured: false, now: () => 0 };
    raw.function('anchor_now_ms', { deterministic: false, safeIntegers: true }, () =>
      BigInt(connection.now()),
    );
    this.#all.push(connection);
    return connection;
  }

  close(): void {
    for (const { raw } of this.#all.splice(0)) raw.close();
    this.#free.length = 0;
    this.#reader = undefined;
  }
}

/** What `new Driver(path)` gives to one life: no statement of it runs once it has closed. */
function driverOf(connection: Connection, giveBack: () => void): Driver {
  const { raw } = connection;
  class Life {
    #open = true;

    get inTransaction(): boolean {
      return this.#open && raw.inTransaction;
    }

    defaultSafeIntegers(): void {}

    function(): void {}

    pragma(text: string): void {
      // the disk of the simulation never fails by itself
      if (!connection.configured) raw.pragma(text.replace('synchronous = FULL', 'synchronous = OFF'));
    }

    prepare(sql: string): object {
      const statement = preparedOn(connection, sql);
      const whileOpen =
        <T>(run: (bound: Parameters) => T) =>
        (bound: Parameters): T => {
          if (!this.#open) throw closed();
          return run(bound);
        };
      return {
        reader: statement.reader,
        readonly: statement.readonly,
        all: whileOpen((bound) => statement.all(bound)),
        run: whileOpen((bound) => statement.run(bound)),
      };
    }

    close(): void {
      if (!this.#open) return;
      this.#open = false;
      if (raw.inTransaction) raw.exec('rollback');
      giveBack();
    }
  }
  return Life as unknown as Driver;
}

function preparedOn({ raw, statements }: Connection, sql: string): BetterSqlite3.Statement {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const statement = raw.prepare(sql);
  if (statements.size >= STATEMENTS_KEPT) statements.clear();
  statements.set(sql, statement);
  return statement;
}
