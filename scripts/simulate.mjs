// `npm run simulate -- --seeds N [--seed S] [--trace]`: the money engine against a simulated world, from seeds.
// `--points singles|pairs`: every crash point of the stories, or every pair of them, in place of seeds.
// The last line is `seeds= flows= faults= crashes= violations= digest=`; exit 1 on a violation.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { ensureInstalled, root } from './ensure-installed.mjs';

const OPTIONS = {
  seeds: true,
  seed: true,
  points: true,
  point: true,
  processes: true,
  trace: false,
  restore: false,
};
const TAIL = 60;

function parse(args) {
  const given = {};
  for (let i = 0; i < args.length; i++) {
    const name = args[i].replace(/^--/, '');
    if (!args[i].startsWith('--') || !(name in OPTIONS)) usage(`${args[i]} is not known.`);
    given[name] = OPTIONS[name] ? args[++i] : true;
  }
  for (const name of ['seeds', 'seed', 'processes']) {
    if (given[name] !== undefined && !/^\d{1,9}$/.test(given[name])) usage(`--${name} takes a whole number.`);
  }
  if (given.points !== undefined && !['singles', 'pairs'].includes(given.points)) {
    usage('--points takes singles or pairs.');
  }
  return given;
}

function usage(fault) {
  console.error(
    `${fault}\nUsage: npm run simulate -- --seeds N [--seed S] [--trace] [--points singles|pairs] [--processes P]`,
  );
  process.exit(2);
}

/** The simulation and the sources it runs, as one file. `source` stands for src/: the planted bugs bring their own. */
async function bundle(folder) {
  const outfile = join(folder, 'runs.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['test/simulation/main.ts'],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
  });
  return outfile;
}

function runShare(file, args, onRun) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => onRun(JSON.parse(line)));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`a share ended with ${signal ?? code}`)),
    );
  });
}

const given = parse(process.argv.slice(2));
ensureInstalled();
const cache = join(root, 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'seeds-'));
const runs = [];
try {
  const file = await bundle(folder);
  const shares = Number(given.processes ?? Math.min(2, availableParallelism()));
  const pass = Object.entries(given).flatMap(([name, value]) =>
    name === 'processes' ? [] : value === true ? [`--${name}`] : [`--${name}`, value],
  );
  const started = Date.now();
  let told = started;
  await Promise.all(
    Array.from({ length: shares }, (_, share) =>
      runShare(file, [...pass, '--share', String(share), '--shares', String(shares)], (run) => {
        runs.push(run);
        report(run);
        if (process.stderr.isTTY && Date.now() - told > 1000) {
          told = Date.now();
          process.stderr.write(`\r${runs.length} runs `);
        }
      }),
    ),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function report(run) {
  if (given.trace) for (const line of run.tail) console.log(line);
  if (run.violations.length === 0) return;
  if (!given.trace) for (const line of run.tail.slice(-TAIL)) console.log(line);
  const again =
    given.points === undefined
      ? `--seeds 1 --seed ${run.name}`
      : `--points ${given.points} --point '${run.name}'`;
  for (const text of run.violations.slice(0, 10)) console.log(`seed=${run.name} ${text}`);
  console.log(`again: npm run simulate -- ${again} --trace${given.restore ? ' --restore' : ''}`);
}

const sum = (of) => runs.reduce((total, run) => total + of(run), 0);
const counts = new Map();
for (const run of runs) {
  for (const [name, count] of Object.entries(run.counts)) counts.set(name, (counts.get(name) ?? 0) + count);
}
if (!given.trace) {
  const rows = new Map();
  for (const [name, count] of counts) {
    const row = name.split(' ')[0];
    rows.set(row, (rows.get(row) ?? 0) + count);
  }
  const byNumber = ([a], [b]) => Number(a.slice(1)) - Number(b.slice(1));
  console.log(
    [...rows]
      .sort(byNumber)
      .map(([row, count]) => `${row}=${count}`)
      .join(' '),
  );
}
const families = new Map();
for (const run of runs) {
  for (const [name, count] of Object.entries(run.families))
    families.set(name, (families.get(name) ?? 0) + count);
}
console.log(
  [...families]
    .sort()
    .map(([name, count]) => `${name}: ${count}`)
    .join(', '),
);
const order = new Intl.Collator('en', { numeric: true });
const digest = createHash('sha256');
for (const run of runs.sort((a, b) => order.compare(a.name, b.name)))
  digest.update(`${run.name} ${run.digest}\n`);
const violations = sum((run) => run.violations.length);
console.log(
  `seeds=${runs.length} flows=${sum((run) => run.flows)} faults=${sum((run) => run.faults)} ` +
    `crashes=${sum((run) => run.crashes)} violations=${violations} digest=${digest.digest('hex').slice(0, 16)}`,
);
process.exitCode = violations > 0 ? 1 : 0;
