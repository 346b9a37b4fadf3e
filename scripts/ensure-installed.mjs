// Installs the dependencies when they are missing or older than the lockfile. Needs nothing but Node and npm.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
  const installed = () => existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs - 1000;
  if (installed()) return;
  const leave = takeTurn();
  const ok = installed() || install();
  leave();
  if (!ok) process.exit(1);
}

/** Two that install at once empty each other's folders: one does it, the others wait. @returns ends the turn */
function takeTurn() {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const turn = join(tmpdir(), `create-anchor-installs-${name}`);
  for (;;) {
    try {
      writeFileSync(turn, String(process.pid), { flag: 'wx' });
      return () => rmSync(turn, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!runs(turn)) rmSync(turn, { force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
}

/** Whether the process that noted itself there still runs. */
function runs(turn) {
  try {
    const pid = Number(readFileSync(turn, 'utf8'));
    // just made, and not yet written
    if (pid === 0) return true;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function install() {
  console.error(
    'Installing dependencies (the first time takes a minute or two: one of them is compiled on Node 20) …',
  );
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) {
    console.error(
      '\nThe installation failed. On Node 20 the SQLite driver is compiled: that needs Python 3, make and a C++ compiler\n' +
        '(Debian: apt-get install python3 make g++; macOS: xcode-select --install). Node 22.14 and later need none.',
    );
  }
  return result.status === 0;
}
