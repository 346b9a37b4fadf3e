import type { Clock } from '../../kernel/clock.ts';
import { loadSqlite, thisHost } from '../drivers.ts';
import { databaseUnavailable, isSqliteBusy } from '../errors.ts';
import { TwoConnectionDialect } from './dialect.ts';
import { prepareFile, SqliteFile } from './file.ts';
import { SqliteWriter } from './writer.ts';

const READ_BUSY_MS = 5_000;
const OPEN_ATTEMPTS = 100;

/** @throws DATABASE_UNAVAILABLE, DATABASE_DRIVER_* */
export async function openSqlite(options: {
  path: string;
  root: string;
  clock: Clock;
  now: () => number;
}): Promise<TwoConnectionDialect> {
  const driver = loadSqlite(thisHost(options.root));
  const files: SqliteFile[] = [];
  const close = () => {
    for (const file of files.splice(0)) file.close();
  };
  try {
    prepareFile(options.path);
    const writer = new SqliteFile(driver, options.path, 0, options.now);
    files.push(writer);
    await configured(writer, false, options.clock);
    const reader = new SqliteFile(driver, options.path, READ_BUSY_MS, options.now);
    files.push(reader);
    await configured(reader, true, options.clock);
    return new TwoConnectionDialect(reader, new SqliteWriter(writer, options.clock), close);
  } catch (error) {
    close();
    throw databaseUnavailable(options.path, error, 'Check the folder, the file and their permissions.');
  }
}

/** The change to WAL needs the file alone for a moment, and SQLite does not wait for that by itself. */
async function configured(file: SqliteFile, readOnly: boolean, clock: Clock): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      file.configure(readOnly);
      return;
    } catch (error) {
      if (!isSqliteBusy(error) || attempt === OPEN_ATTEMPTS) throw error;
      await clock.sleep(50);
    }
  }
}
