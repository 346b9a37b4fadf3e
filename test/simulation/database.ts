import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
} from 'kysely';
import { commitUnknown, translateSqlite } from '../../src/database/errors.ts';
import { integers } from '../../src/database/integers.ts';
import { databaseOn } from '../../src/database/open.ts';
import type { Database } from '../../src/database/port.ts';
import type { Tables } from '../../src/database/schema.ts';
import { TwoConnectionDialect } from '../../src/database/sqlite/dialect.ts';
import { SqliteWriter } from '../../src/database/sqlite/writer.ts';
import { Connections } from './connections.ts';
import type { SimProcess } from './process.ts';

/** What goes wrong with a statement or a commit; null for nothing. */
export type DatabaseFault = 'busy' | 'full' | 'ioerr' | 'commit_lost' | 'commit_applied' | null;

export interface DatabaseHost {
  /** true time, the database's clock */
  now(): number;
  faultOf(what: 'read' | 'write' | 'commit', process: SimProcess): DatabaseFault;
  /** whether others may go on before this statement */
  yields(process: SimProcess): boolean;
  /** after a commit that took effect, whoever hears of it */
  committed(process: SimProcess): void;
}

const folder = join(process.platform === 'linux' ? '/dev/shm' : '.', `simulation-${process.pid}`);
let files = 0;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** One SQLite file, which any number of simulated processes open. */
export class SimFile {
  readonly path: string;
  readonly connections: Connections;

  constructor(template: Buffer | null) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `${files++}.db`);
    if (template !== null) writeFileSync(this.path, template);
    this.connections = new Connections(this.path);
  }

  bytes(): Buffer {
    return readFileSync(this.path);
  }

  change(sql: string): void {
    const file = new BetterSqlite3(this.path, { timeout: 0 });
    try {
      file.exec(sql);
    } finally {
      file.close();
    }
  }

  /** The first value of the first row. */
  read(sql: string): unknown {
    const file = new BetterSqlite3(this.path, { readonly: true });
    try {
      return file.prepare(sql).pluck().get();
    } finally {
      file.close();
    }
  }

  /** A copy of what is committed: a backup. */
  backup(): Buffer {
    const file = new BetterSqlite3(this.path, { readonly: true });
    try {
      return file.serialize();
    } finally {
      file.close();
    }
  }

  remove(): void {
    this.connections.close();
    for (const end of ['', '-wal', '-shm']) rmSync(this.path + end, { force: true });
  }
}

/** A file that goes from run to run: its pages are put back to the template's, and what was prepared on it stays prepared. */
class WorkFile extends SimFile {
  readonly #template: Buffer;
  #admin: BetterSqlite3.Database;
  #runs = 0;
  busy = true;

  constructor(template: Buffer) {
    super(template);
    this.#template = template;
    this.#admin = new BetterSqlite3(this.path, { timeout: 0 });
  }

  isOf(template: Buffer): boolean {
    return template === this.#template;
  }

  reset(): void {
    this.#admin.pragma('wal_checkpoint(TRUNCATE)');
    this.#admin.close();
    const file = openSync(this.path, 'r+');
    writeSync(file, this.#template, 0, this.#template.length, 0);
    ftruncateSync(file, this.#template.length);
    closeSync(file);
    this.#admin = new BetterSqlite3(this.path, { timeout: 0 });
    this.#admin.pragma('synchronous = OFF');
    // a commit: the other connections see that they know nothing of the file any more
    this.#admin.pragma(`user_version = ${++this.#runs}`);
    this.busy = true;
  }

  override change(sql: string): void {
    this.#admin.exec(sql);
  }

  override remove(): void {
    this.busy = false;
  }
}

let work: WorkFile | undefined;

/** A file with the template's rows, to be removed before the next one is asked for, or else it is a new one. */
export function fileWith(template: Buffer): SimFile {
  if (work === undefined) {
    work = new WorkFile(template);
    return work;
  }
  if (work.busy || !work.isOf(template)) return new SimFile(template);
  work.reset();
  return work;
}

const fault = (code: string): Error => Object.assign(new Error(`simulated ${code}`), { code });

const FAULTS = {
  busy: () => fault('SQLITE_BUSY'),
  full: () => fault('SQLITE_FULL'),
  ioerr: () => fault('SQLITE_IOERR_WRITE'),
} as const;

/** The database as one simulated process has it open: production's own SQLite layer with the simulation in front of it. */
export function openSimDatabase(file: SimFile, owner: SimProcess, host: DatabaseHost): Database {
  const writer = file.connections.open(false, host.now);
  const reader = file.connections.open(true, host.now);
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    writer.close();
    reader.close();
  };
  owner.onDeath(close);
  const base = new TwoConnectionDialect(reader, new SqliteWriter(writer, owner.clock), close);
  const dialect: Dialect = {
    createAdapter: () => base.createAdapter(),
    createQueryCompiler: () => base.createQueryCompiler(),
    createIntrospector: (db) => base.createIntrospector(db),
    createDriver: () => new SimDriver(base.createDriver(), owner, host),
  };
  const kysely = new Kysely<Tables>({ dialect, plugins: [integers] });
  return databaseOn('sqlite', kysely, owner.clock, owner.ids);
}

class SimDriver implements Driver {
  readonly #base: Driver;
  readonly #owner: SimProcess;
  readonly #host: DatabaseHost;

  constructor(base: Driver, owner: SimProcess, host: DatabaseHost) {
    this.#base = base;
    this.#owner = owner;
    this.#host = host;
  }

  init = (): Promise<void> => this.#base.init();

  async acquireConnection(): Promise<DatabaseConnection> {
    return new SimConnection(await this.#base.acquireConnection(), this.#owner, this.#host);
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const own = connection as SimConnection;
    await this.#owner.enter(() => undefined);
    this.#strike('write');
    await this.#owner.deliver(this.#base.beginTransaction(own.base, {}));
    own.writing = true;
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const own = connection as SimConnection;
    await this.#owner.effect('commit', async () => {
      const struck = this.#host.faultOf('commit', this.#owner);
      if (struck !== null && struck !== 'commit_applied') throw commitUnknown('file', fault('SQLITE_IOERR'));
      await this.#base.commitTransaction(own.base);
      own.writing = false;
      this.#host.committed(this.#owner);
      if (struck === 'commit_applied') throw commitUnknown('file', fault('SQLITE_IOERR'));
    });
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    const own = connection as SimConnection;
    await this.#owner.enter(() => undefined);
    await this.#base.rollbackTransaction(own.base);
    own.writing = false;
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    if (!this.#owner.dead) await this.#base.releaseConnection((connection as SimConnection).base);
  }

  destroy = (): Promise<void> => this.#base.destroy();

  #strike(what: 'read' | 'write'): void {
    const struck = this.#host.faultOf(what, this.#owner);
    if (struck === 'busy' || struck === 'full' || struck === 'ioerr') {
      throw translateSqlite(FAULTS[struck](), 'file');
    }
  }
}

const READING = /^\s*(select|with)\b/i;

class SimConnection implements DatabaseConnection {
  readonly base: DatabaseConnection;
  writing = false;
  readonly #owner: SimProcess;
  readonly #host: DatabaseHost;

  constructor(base: DatabaseConnection, owner: SimProcess, host: DatabaseHost) {
    this.base = base;
    this.#owner = owner;
    this.#host = host;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const owner = this.#owner;
    const host = this.#host;
    if (host.yields(owner)) await owner.hop(0);
    await owner.enter(() => undefined);
    const reading = READING.test(query.sql);
    const struck = host.faultOf(reading ? 'read' : 'write', owner);
    if (struck === 'busy' || struck === 'full' || struck === 'ioerr') {
      throw translateSqlite(FAULTS[struck](), 'file');
    }
    if (reading || this.writing) return owner.deliver(this.base.executeQuery<R>(query));
    // whole by itself: its own commit
    return owner.effect('commit', async () => {
      const result = await this.base.executeQuery<R>(query);
      host.committed(owner);
      return result;
    });
  }

  // biome-ignore lint/correctness/useYield: never used
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are not streamed');
  }
}
