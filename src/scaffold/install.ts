import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { PackageManager } from './answers.ts';
import { execPrefix } from './plan.ts';

export type StepResult = { ok: true } | { ok: false; reason: string };

const ARGS: Record<PackageManager, string[]> = {
  npm: ['install', '--no-audit', '--no-fund', '--loglevel=error'],
  pnpm: ['install'],
  yarn: ['install'],
  bun: ['install'],
};

/** What the package manager says goes to standard error. */
export async function install(directory: string, manager: PackageManager): Promise<StepResult> {
  const result = await execa(manager, ARGS[manager], {
    cwd: directory,
    reject: false,
    stdin: 'ignore',
    stdout: 2,
    stderr: 2,
    env: { npm_config_yes: 'true' },
  });
  if (!result.failed) return { ok: true };
  if (result.code === 'ENOENT') return { ok: false, reason: `${manager} is not installed` };
  return {
    ok: false,
    reason: `${manager} install ended with status ${result.exitCode ?? result.signal ?? 'unknown'}`,
  };
}

/** The project's own `anchor setup`: what it needs of the database and the network is its business, not the scaffolder's. */
export async function runSetup(directory: string, manager: PackageManager): Promise<StepResult> {
  const bin = join(directory, 'node_modules', 'create-anchor', 'bin', 'anchor.js');
  const [command = 'npx', ...args] = existsSync(bin)
    ? [process.execPath, bin, 'setup']
    : [...execPrefix(manager).split(' '), 'anchor', 'setup'];
  const result = await execa(command, args, {
    cwd: directory,
    reject: false,
    stdin: 'ignore',
    stdout: 2,
    stderr: 2,
  });
  return result.failed
    ? { ok: false, reason: `anchor setup ended with status ${result.exitCode ?? result.signal ?? 'unknown'}` }
    : { ok: true };
}
