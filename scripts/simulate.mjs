// `npm run simulate -- --seeds N [--seed S] [--trace]`: the money engine against a simulated world, from seeds.
// `--points singles|pairs`: every crash point of the stories, or every pair of them; with `--seeds` both. `--demand` also fails when
// fewer flows, faults or crashes were met than the proof asks for. `--minutes M` begins no run after that.
// The last line is `seeds= flows= faults= crashes= violations= digest=`; exit 1 on a violation.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { ensureInstalled, root } from './ensure-installed.mjs';

const OPTIONS = {
  seeds: true,
  seed: true,
  points: true,
  point: true,
  processes: true,
  minutes: true,
  mistake: true,
  trace: false,
  restore: false,
  demand: false,
};
const TAIL = 60;

/** What a run holds on average, and how often each row of the fault matrix that applies is hit in all of them. */
const DENSITY = { flows: 20, faults: 40, crashes: 3 };
const HITS = 20;

function parse(args) {
  const given = {};
  for (let i = 0; i < args.length; i++) {
    const name = args[i].replace(/^--/, '');
    if (!args[i].startsWith('--') || !(name in OPTIONS)) usage(`${args[i]} is not known.`);
    given[name] = OPTIONS[name] ? args[++i] : true;
  }
  for (const name of ['seeds', 'seed', 'processes', 'minutes']) {
    if (given[name] !== undefined && !/^\d{1,9}$/.test(given[name])) usage(`--${name} takes a whole number.`);
  }
  if (given.points !== undefined && !['singles', 'pairs'].includes(given.points)) {
    usage('--points takes singles or pairs.');
  }
  return given;
}

function usage(fault) {
  console.error(
    `${fault}\nUsage: npm run simulate -- --seeds N [--seed S] [--trace] [--restore] [--points singles|pairs]` +
      ' [--processes P] [--minutes M] [--demand]',
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

const sum = (runs, of) => runs.reduce((total, run) => total + of(run), 0);

/** How often each of what `of` tells apart was met. */
function tally(runs, of) {
  const counts = new Map();
  for (const run of runs) {
    for (const [name, count] of Object.entries(of(run))) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return counts;
}

/** Faults by row of the fault matrix, in its order. */
function byRow(counts) {
  const rows = new Map();
  for (const [name, count] of counts) {
    const [row] = name.split(' ');
    rows.set(row, (rows.get(row) ?? 0) + count);
  }
  return new Map([...rows].sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1))));
}

function digestOf(runs) {
  const order = new Intl.Collator('en', { numeric: true });
  const digest = createHash('sha256');
  for (const run of [...runs].sort((a, b) => order.compare(a.name, b.name)))
    digest.update(`${run.name} ${run.digest}\n`);
  return digest.digest('hex').slice(0, 16);
}

/** @param onRun hears of every run as it ends @returns what all of them met, and what they violated */
export async function simulate(given, onRun = () => {}) {
  ensureInstalled();
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'seeds-'));
  const runs = [];
  const started = Date.now();
  try {
    const file = await bundle(folder);
    const shares = Number(given.processes ?? Math.min(2, availableParallelism()));
    const pass = Object.entries(given).flatMap(([name, value]) =>
      name === 'processes' || name === 'demand'
        ? []
        : value === true
          ? [`--${name}`]
          : [`--${name}`, String(value)],
    );
    await Promise.all(
      Array.from({ length: shares }, (_, share) =>
        runShare(file, [...pass, '--share', String(share), '--shares', String(shares)], (run) => {
          runs.push(run);
          onRun(run, runs.length);
        }),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const seeds = runs.filter((run) => run.points === undefined);
  const kinds = tally(seeds, (run) => run.counts);
  return {
    seeds: seeds.length,
    points: runs.length - seeds.length,
    flows: sum(seeds, (run) => run.flows),
    faults: sum(seeds, (run) => run.faults),
    crashes: sum(seeds, (run) => run.crashes),
    violations: sum(runs, (run) => run.violations.length),
    violated: runs.flatMap((run) => run.violations.map((text) => `${run.name}: ${text}`)),
    complete:
      given.points === undefined ||
      (runs.length > seeds.length &&
        runs.every((run) => run.of === undefined || run.of === runs.length - seeds.length)),
    kinds,
    rows: byRow(kinds),
    families: tally(seeds, (run) => run.families),
    digest: digestOf(runs),
    seconds: Math.round((Date.now() - started) / 1000),
  };
}

/** What was met too seldom to prove anything. */
export function thin({ seeds, rows, ...totals }) {
  const faults = Object.entries(DENSITY)
    .filter(([name, least]) => totals[name] < least * seeds)
    .map(([name, least]) => `${totals[name]} ${name} in ${seeds} seeds are fewer than ${least * seeds}`);
  for (const [row, count] of rows)
    if (count < HITS) faults.push(`${row} was met ${count} times, not ${HITS}`);
  return faults;
}

export const closingLine = ({ seeds, flows, faults, crashes, violations, digest }) =>
  `seeds=${seeds} flows=${flows} faults=${faults} crashes=${crashes} violations=${violations} digest=${digest}`;

const list = (counts) => [...counts].map(([name, count]) => `${name}=${count}`).join(' ');

/** A run that failed, with how to see it again. */
export function tellRun(run, given) {
  if (given.trace) for (const line of run.tail) console.log(line);
  if (run.violations.length === 0) return;
  if (!given.trace) for (const line of run.tail.slice(-TAIL)) console.log(line);
  const again =
    run.points === undefined
      ? `--seeds 1 --seed ${run.name}`
      : `--points ${run.points} --point '${run.name}'`;
  const more = ['restore', 'mistake'].map((name) =>
    given[name] === undefined ? '' : given[name] === true ? ` --${name}` : ` --${name} ${given[name]}`,
  );
  for (const text of run.violations.slice(0, 10)) console.log(`seed=${run.name} ${text}`);
  console.log(`again: npm run simulate -- ${again} --trace${more.join('')}`);
}

export function tellTotals(result, given) {
  if (result.seeds > 0) {
    console.log(`faults by row: ${list(result.rows)}`);
    console.log(
      [...result.families]
        .sort()
        .map(([name, count]) => `${name}: ${count}`)
        .join(', '),
    );
  }
  if (given.points !== undefined)
    console.log(`crash points: ${result.complete ? 'all' : 'only'} ${result.points} ${given.points}`);
  console.log(`${result.seconds} s`);
}

async function main(args) {
  const given = parse(args);
  let told = Date.now();
  const result = await simulate(given, (run, count) => {
    tellRun(run, given);
    if (process.stderr.isTTY && Date.now() - told > 1000) {
      told = Date.now();
      process.stderr.write(`\r${count} runs `);
    }
  });
  const missing = given.demand ? thin(result) : [];
  tellTotals(result, given);
  for (const text of missing) console.log(`too thin: ${text}`);
  console.log(closingLine(result));
  process.exitCode = result.violations > 0 || missing.length > 0 ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await main(process.argv.slice(2));
