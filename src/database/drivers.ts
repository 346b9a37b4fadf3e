import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import type Pg from 'pg';
import { AnchorError, messageOf } from '../kernel/errors.ts';

/** Node-API version from which better-sqlite3 13 works; on an older Node it ends the process with a segmentation fault. */
const NODE_API_OF_SQLITE_13 = 10;

export interface DriverHost {
  /** folder of the project: drivers are looked up there first */
  root: string;
  /** `process.versions.napi` */
  nodeApi: number;
  nodeVersion: string;
  /** a file of ours: where drivers are looked up after the project */
  own?: string;
}

export const thisHost = (root: string): DriverHost => ({
  root,
  nodeApi: Number(process.versions.napi),
  nodeVersion: process.versions.node,
});

interface Candidate {
  file: string;
  major: number;
  version: string;
}

/** The version of better-sqlite3 that suits the Node at hand, as a package.json range. */
export const sqliteRange = (nodeApi: number): string =>
  nodeApi >= NODE_API_OF_SQLITE_13 ? '^13.2.0' : '^12.11.1';

/** The project's own copy first, then ours; `names` in order of preference. */
function findPackages(host: DriverHost, names: readonly string[]): Candidate[] {
  const found: Candidate[] = [];
  for (const from of [join(host.root, 'package.json'), host.own ?? import.meta.url]) {
    for (const name of names) {
      try {
        const file = createRequire(from).resolve(name);
        if (found.some((other) => other.file === file)) continue;
        const version = versionOf(file);
        found.push({ file, version, major: Number(version.split('.')[0]) });
      } catch {
        // not installed there
      }
    }
  }
  return found;
}

/** Read from the file and not through `require`, because better-sqlite3 13 must not even be loaded on an older Node. */
function versionOf(entry: string): string {
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: string };
    if (version !== undefined) return version;
  }
  return '0.0.0';
}

/** The copies of better-sqlite3 that may be loaded on this Node, the best first: 13 needs no build and no fix for Node 24. */
export function usableSqlite<C extends { major: number }>(candidates: readonly C[], nodeApi: number): C[] {
  const usable = candidates.filter(({ major }) => major < 13 || nodeApi >= NODE_API_OF_SQLITE_13);
  return usable.toSorted((a, b) => Number(b.major >= 13) - Number(a.major >= 13));
}

/**
 * Loads better-sqlite3.
 *
 * @throws DATABASE_DRIVER_MISSING, DATABASE_DRIVER_UNSUITED, DATABASE_DRIVER_BROKEN
 */
export function loadSqlite(host: DriverHost): typeof BetterSqlite3 {
  const found = findPackages(host, ['better-sqlite3', 'better-sqlite3-13']);
  const install = `npm install better-sqlite3@${sqliteRange(host.nodeApi)}`;
  if (found.length === 0) throw missing('better-sqlite3', install, host);
  const usable = usableSqlite(found, host.nodeApi);
  if (usable.length === 0) {
    throw new AnchorError({
      code: 'DATABASE_DRIVER_UNSUITED',
      message: `better-sqlite3 ${found[0]?.version} needs Node 22.14 or newer; this is Node ${host.nodeVersion}.`,
      hint: `Run: ${install}${compilerNote(host)}`,
    });
  }
  let fault: unknown;
  for (const { file } of usable) {
    try {
      const driver = createRequire(import.meta.url)(file) as typeof BetterSqlite3;
      // the native part is loaded by the first open, and must fail here rather than later
      new driver(':memory:').close();
      return driver;
    } catch (error) {
      fault ??= error;
    }
  }
  throw new AnchorError({
    code: 'DATABASE_DRIVER_BROKEN',
    message: `better-sqlite3 is installed but cannot be loaded: ${messageOf(fault).split('\n')[0]}`,
    hint:
      `It was built for another Node, or its install script did not run (npm 12 blocks install scripts unless package.json has ` +
      `"allowScripts": {"better-sqlite3": true}). Run: npm rebuild better-sqlite3${compilerNote(host)}`,
    cause: fault,
  });
}

/** Loads pg. @throws DATABASE_DRIVER_MISSING */
export function loadPostgres(host: DriverHost): typeof Pg {
  const [found] = findPackages(host, ['pg']);
  if (found === undefined) throw missing('pg', 'npm install pg', host);
  return createRequire(import.meta.url)(found.file) as typeof Pg;
}

function missing(name: string, install: string, host: DriverHost): AnchorError {
  return new AnchorError({
    code: 'DATABASE_DRIVER_MISSING',
    message: `The database driver ${name} is not installed in this project.`,
    hint: `Run: ${install}${name === 'pg' ? '' : compilerNote(host)}`,
  });
}

function compilerNote(host: DriverHost): string {
  if (host.nodeApi >= NODE_API_OF_SQLITE_13) return '';
  return (
    ` (on Node ${host.nodeVersion.split('.')[0]} it is built from source where no prebuilt file can be had: that needs a C++ compiler, make and ` +
    'Python 3, on Debian: apt-get install build-essential python3)'
  );
}
