import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { checkout } from '../support/project.ts';

/** This package as a tarball, installed into a folder elsewhere, with nothing of the checkout in reach. */
export interface Installed {
  folder: string;
  /** the tarball */
  tarball: string;
  /** for every process started there */
  env: Record<string, string>;
  remove(): void;
}

export async function installPacked(): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? homedir(),
    NO_COLOR: '1',
    npm_config_cache: cacheWithDriver(join(folder, 'npm-cache')),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  // dist/ is built already (npm test builds first); building here would pull it from under other tests
  const packed = await execa('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: checkout,
    env,
    extendEnv: false,
  });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  const tarball = join(folder, filename);
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  await execa('npm', ['install', '--prefer-offline', '--loglevel=error', '--prefix', tools, tarball], {
    cwd: tools,
    env,
    extendEnv: false,
  });
  return { folder, tarball, env, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * A cache of npm whose packages are the usual ones. On Node 20 it also holds the SQLite driver that this checkout has compiled, in
 * the place where the driver's installer looks for a prebuilt one: compiling it again takes minutes.
 */
function cacheWithDriver(cache: string): string {
  mkdirSync(cache, { recursive: true });
  const usual = join(process.env['npm_config_cache'] ?? join(homedir(), '.npm'), '_cacache');
  if (existsSync(usual)) symlinkSync(usual, join(cache, '_cacache'));
  const driver = join(checkout, 'node_modules', 'better-sqlite3');
  const binary = join(driver, 'build', 'Release', 'better_sqlite3.node');
  if (Number(process.versions['napi']) >= 10 || !existsSync(binary)) return cache;
  const { version } = JSON.parse(readFileSync(join(driver, 'package.json'), 'utf8')) as { version: string };
  const file = `better-sqlite3-v${version}-node-v${process.versions.modules}-${process.platform}-${process.arch}.tar.gz`;
  const url = `https://github.com/WiseLibs/better-sqlite3/releases/download/v${version}/${file}`;
  const prefix = createHash('sha512').update(url).digest('hex').slice(0, 6);
  const prebuilds = join(cache, '_prebuilds');
  mkdirSync(prebuilds);
  const made = join(prebuilds, `${prefix}-${file}`);
  execaSync('tar', ['-czf', made, '-C', driver, join('build', 'Release', 'better_sqlite3.node')]);
  return cache;
}
