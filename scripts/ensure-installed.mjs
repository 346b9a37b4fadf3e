// Installs the dependencies when they are missing or older than the lockfile. Needs nothing but Node and npm.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) {
    console.error(`Cannot run ${command}: ${result.error.message}`);
    process.exit(1);
  }
  if (result.status !== 0) process.exit(result.status ?? 1);
}

export function ensureInstalled() {
  const folder = join(root, 'node_modules');
  // a link to another checkout's packages: that one looks after them, and `npm ci` would empty it
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const marker = join(folder, '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs - 1000) return;
  console.error(
    'Installing dependencies (the first time takes a minute or two: one of them is compiled on Node 20) …',
  );
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) {
    console.error(
      '\nThe installation failed. On Node 20 the SQLite driver is compiled: that needs Python 3, make and a C++ compiler\n' +
        '(Debian: apt-get install python3 make g++; macOS: xcode-select --install). Node 22.14 and later need none.',
    );
    process.exit(1);
  }
}
