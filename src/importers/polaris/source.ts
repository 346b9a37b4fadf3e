import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { loadPostgres, loadSqlite, thisHost } from '../../database/drivers.ts';
import { AnchorError, badInput, messageOf } from '../../kernel/errors.ts';
import type { PolarisRow } from './values.ts';

/** A Polaris database, open for reading only, as it was at one moment. */
export interface PolarisSource {
  /** all rows of one of its tables; none where it has no such table */
  rows(table: string): Promise<PolarisRow[]>;
  close(): Promise<void>;
}

export interface SourceOptions {
  /** `sqlite:PATH`, Django's `sqlite:////absolute` and `sqlite:///relative`, a path alone, or `postgres://…` */
  url: string;
  /** relative paths count from here */
  cwd: string;
  /** folder of the project: drivers are looked up from there */
  root: string;
}

const TABLES = [
  'polaris_asset',
  'polaris_transaction',
  'polaris_quote',
  'polaris_offchainasset',
  'polaris_deliverymethod',
  'polaris_offchainasset_delivery_methods',
  'polaris_exchangepair',
];

/** @throws POLARIS_URL_INVALID (exit 2), POLARIS_DATABASE_UNREADABLE, DATABASE_DRIVER_* */
export async function openPolaris(options: SourceOptions): Promise<PolarisSource> {
  const { url } = options;
  const source = /^postgres(?:ql)?:\/\//i.test(url)
    ? await openPostgres(options)
    : openSqlite(sqlitePath(url, options.cwd), options.root);
  try {
    if ((await source.rows('polaris_asset')).length > 0 || (await source.has('polaris_transaction')))
      return source;
  } catch (error) {
    await source.close();
    throw unreadable(error);
  }
  await source.close();
  throw new AnchorError({
    code: 'POLARIS_DATABASE_UNREADABLE',
    message: 'This database has no tables of Polaris (polaris_asset, polaris_transaction).',
    hint: 'Name the database that Polaris has in its DATABASE_URL, after its own migrations.',
  });
}

type Source = PolarisSource & { has(table: string): Promise<boolean> };

function sqlitePath(url: string, cwd: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (url === '' || url.includes('\0') || (scheme !== undefined && scheme !== 'sqlite')) {
    throw badInput(
      'POLARIS_URL_INVALID',
      'The address of the Polaris database is a file, sqlite:PATH, or postgres://user@host/name.',
      'MySQL: copy it to PostgreSQL or SQLite first, for example with manage.py dumpdata and loaddata.',
    );
  }
  // Django counts four slashes for an absolute path, three for a relative one
  const path = url.replace(/^sqlite:/i, '').replace(/^\/\/\//, '');
  return isAbsolute(path) ? path : resolve(cwd, path);
}

function openSqlite(path: string, root: string): Source {
  const Driver = loadSqlite(thisHost(root));
  if (!existsSync(path)) {
    throw new AnchorError({
      code: 'POLARIS_DATABASE_UNREADABLE',
      message: `There is no file ${path}.`,
      hint: 'Name the file that Polaris has in its DATABASE_URL, by default data/db.sqlite3.',
    });
  }
  try {
    const raw = new Driver(path, { readonly: true, fileMustExist: true });
    raw.defaultSafeIntegers(true);
    // one moment for all that is read
    raw.exec('begin');
    const has = (table: string): boolean =>
      raw.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(table) !== undefined;
    return {
      has: async (table) => has(table),
      rows: async (table) =>
        TABLES.includes(table) && has(table)
          ? (raw.prepare(`select * from "${table}"`).all() as PolarisRow[])
          : [],
      close: async () => void raw.close(),
    };
  } catch (error) {
    throw unreadable(error);
  }
}

async function openPostgres({ url, root }: SourceOptions): Promise<Source> {
  const pg = loadPostgres(thisHost(root));
  const client = new pg.Client({
    connectionString: url,
    application_name: 'create-anchor import',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('begin transaction isolation level repeatable read read only');
  } catch (error) {
    await client.end().catch(() => {});
    throw unreadable(error);
  }
  const has = async (table: string): Promise<boolean> =>
    (await client.query('select to_regclass($1) as found', [table])).rows[0]?.found !== null;
  return {
    has,
    rows: async (table) =>
      TABLES.includes(table) && (await has(table))
        ? ((await client.query(`select * from "${table}"`)).rows as PolarisRow[])
        : [],
    close: () => client.end(),
  };
}

/** The address is never repeated: it may hold a password. */
const unreadable = (cause: unknown): AnchorError =>
  AnchorError.is(cause)
    ? cause
    : new AnchorError({
        code: 'POLARIS_DATABASE_UNREADABLE',
        message: `The Polaris database cannot be read: ${messageOf(cause).split('\n')[0]}`,
        hint: 'Check the address, and that this user may read. The password may come from PGPASSWORD.',
      });
