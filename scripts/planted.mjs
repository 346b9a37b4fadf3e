// `node scripts/planted.mjs [--all] [--only NAME[,NAME]] [--rotation N] [--list] [--apply] [--seeds N] [--processes P] [--report FILE]
// [--remember]`:
// known mistakes, put back one at a time on a copy of src/, and the simulation (or the tests that a patch names) run on each until a
// check cries out. A check that never failed is no check. Exit 1 when a mistake goes unnoticed or a patch no longer applies.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { build, transform } from 'esbuild';
import { root } from './ensure-installed.mjs';

const PATCHES = join(root, 'test', 'simulation', 'planted');
/** The seed that showed it last, by name: the rotation begins with it. `--remember` writes it. */
const SEEN = join(PATCHES, 'seen.json');
/** Together in one run of `npm test`; which ones changes from day to day. */
const ROTATION = 6;
const SEEDS = 60;
const LIMIT_MS = 600_000;

export function plantedNames(folder = PATCHES) {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.patch'))
    .map((file) => file.slice(0, -'.patch'.length))
    .sort();
}

/**
 * A patch in the unified format, where in the file a hunk stands is found by its text. Before the first file stand lines that begin
 * with `#`: the first says the mistake and where it is known from; `# options:` is for the simulation, `# test:` names a test file
 * that notices it in place of the simulation.
 */
export function readPatch(name, folder = PATCHES) {
  const files = [];
  const about = [];
  let hunk;
  for (const line of readFileSync(join(folder, `${name}.patch`), 'utf8').split('\n')) {
    if (line.startsWith('# ') && files.length === 0) about.push(line.slice(2));
    else if (line.startsWith('--- ')) hunk = undefined;
    else if (line.startsWith('+++ '))
      files.push({ path: line.slice(4).trim().replace(/^b\//, ''), hunks: [] });
    else if (line.startsWith('@@')) {
      hunk = { before: [], after: [] };
      files.at(-1).hunks.push(hunk);
    } else if (hunk !== undefined && /^[-+ ]/.test(line)) {
      if (line[0] !== '+') hunk.before.push(line.slice(1));
      if (line[0] !== '-') hunk.after.push(line.slice(1));
    }
  }
  const said = (word) =>
    about.flatMap((line) => (line.startsWith(`${word}: `) ? line.slice(word.length + 2).split(' ') : []));
  return { name, about: about[0] ?? '', options: said('options'), tests: said('test'), files };
}

const changedText = (text, { before, after }, where) => {
  const found = text.split(before.join('\n')).length - 1;
  if (before.length === 0 || found !== 1)
    throw new Error(`${where}: a hunk fits ${found} times, it must fit once:\n${before.join('\n')}`);
  return text.replace(before.join('\n'), () => after.join('\n'));
};

/** The changed files of the patch, by path. @throws where it does not apply (any more), with its name */
export function changed(folder, { name, files }) {
  const texts = new Map();
  for (const { path, hunks } of files) {
    let text = texts.get(path) ?? readFileSync(join(folder, path), 'utf8');
    for (const hunk of hunks) text = changedText(text, hunk, `${name}.patch, ${path}`);
    texts.set(path, text);
  }
  if (texts.size === 0) throw new Error(`${name}.patch changes nothing`);
  return texts;
}

/** Whether the patch fits the sources of today, and what it makes of them can be read. @throws with its name where not */
export async function checkApplies(name, folder = PATCHES) {
  const patch = readPatch(name, folder);
  if (patch.about === '') throw new Error(`${name}.patch does not say what it puts back`);
  for (const [path, text] of changed(root, patch)) {
    await transform(text, { loader: 'ts', logLevel: 'silent' }).catch((error) => {
      throw new Error(`${name}.patch, ${path}: ${error.message}`);
    });
  }
}

const seen = () => JSON.parse(readFileSync(SEEN, 'utf8'));

/** @returns the check that noticed, and after how many runs; null for none */
async function simulate(folder, { options }, { seeds, first }) {
  const outfile = join(folder, 'runs.mjs');
  await build({
    absWorkingDir: folder,
    entryPoints: ['test/simulation/main.ts'],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  });
  const shown =
    first === undefined
      ? null
      : await noticed([outfile, '--seed', first, '--seeds', '1', '--seeds-only', ...options]);
  return shown ?? noticed([outfile, '--seeds', String(seeds), ...options]);
}

/** Money says more than that something has not come to its end; the codes of all others go with it. */
function headline(violations) {
  const first = violations.find((text) => text.startsWith('M')) ?? violations[0];
  const codes = [...new Set(violations.map((text) => text.split(' ')[0]))];
  const others = codes.filter((code) => !first.startsWith(`${code} `));
  return others.length === 0 ? first : `${first.slice(0, 100)} (also ${others.join(', ')})`;
}

async function noticed(args) {
  let runs = 0;
  let caught = null;
  const onLine = (line) => {
    const { violations, name } = JSON.parse(line);
    runs += 1;
    if (caught === null && violations.length > 0) caught = { by: headline(violations), at: name, runs };
  };
  const { code, signal, complaint } = await node([...args, '--stop'], root, onLine);
  if (caught !== null) return caught;
  if (signal !== null) return { by: `X3 no end within ${LIMIT_MS / 1000} s`, at: '-', runs };
  if (code !== 0) throw new Error(`the simulation broke: ${complaint}`);
  return null;
}

/** The named tests on the copy: which one fails first. */
async function runTests(folder, { tests }) {
  writeFileSync(
    join(folder, 'vitest.config.mjs'),
    `export default { test: { globalSetup: ['./test/support/global-setup.ts'], testTimeout: 60_000, hookTimeout: 120_000, bail: 1 } };\n`,
  );
  const report = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--root', folder, '--reporter=json', `--outputFile=${report}`, ...tests];
  const { complaint } = await node(args, folder, () => {});
  let files;
  try {
    files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    throw new Error(`the tests did not run: ${complaint}`);
  }
  const all = files.flatMap((file) => file.assertionResults);
  if (all.length === 0) throw new Error(`the tests did not load: ${files[0]?.message ?? complaint}`);
  const failed = all.find((one) => one.status === 'failed');
  return failed === undefined ? null : { by: `test "${failed.title}"`, at: tests.join(' '), runs: 1 };
}

export function node(args, cwd, onLine, { env = process.env, limitMs = LIMIT_MS } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    let complaint = '';
    child.stderr.on('data', (data) => {
      complaint = `${complaint}${data}`.slice(-2_000);
    });
    createInterface({ input: child.stdout }).on('line', onLine);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, complaint });
    });
  });
}

/** One mistake, put back on a copy of the sources. @throws where it does not apply, or what should notice it does not run */
export async function tryPlanted(name, { seeds = SEEDS, first = undefined } = {}) {
  const patch = readPatch(name);
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'planted-'));
  try {
    for (const part of [
      'src',
      'test/simulation',
      ...(patch.tests.length > 0 ? ['test', 'package.json'] : []),
    ])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    for (const [path, text] of changed(folder, patch)) writeFileSync(join(folder, path), text);
    const started = Date.now();
    const caught =
      patch.tests.length > 0
        ? await runTests(folder, patch)
        : await simulate(folder, patch, { seeds, first });
    return { name, about: patch.about, caught, seconds: Math.round((Date.now() - started) / 1000) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Six of them, other ones for each number: the day, where none is given. */
export function rotation(names, number = Math.floor(Date.now() / 86_400_000)) {
  return Array.from(
    { length: Math.min(ROTATION, names.length) },
    (_, i) => names[(number * ROTATION + i) % names.length],
  );
}

/** Tries them, two at a time; `tell` hears of each as it ends. `hints`: seeds to begin with, by name. */
export async function tryAll(names, { seeds, processes = 2, hints = {}, tell = () => {} } = {}) {
  const queue = [...names];
  const results = [];
  const lane = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const result = await tryPlanted(name, { seeds, first: hints[name] }).catch((error) => ({
        name,
        caught: null,
        error: error.message.slice(0, 800),
      }));
      results.push(result);
      tell(result);
    }
  };
  const width = Math.min(processes, availableParallelism(), names.length);
  await Promise.all(Array.from({ length: width }, lane));
  return results.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One line for people. */
export function lineOf({ name, caught, error, seconds }) {
  if (error !== undefined) return `${name}: ERROR ${error}`;
  if (caught === null) return `${name}: NOT noticed (${seconds} s)`;
  return `${name}: ${caught.by.slice(0, 130)} (run ${caught.runs}: ${caught.at}; ${seconds} s)`;
}

/** JSON, or a table for a file that ends with `.md`. */
function reportOf(results, file) {
  if (!file.endsWith('.md')) return `${JSON.stringify(results, null, 2)}\n`;
  const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = results.map(({ name, about, caught, error, seconds }) => {
    const by = error === undefined ? (caught?.by ?? 'not noticed') : `error: ${error}`;
    const cells = [
      name,
      about ?? '',
      by.slice(0, 160),
      caught?.runs ?? '-',
      caught?.at ?? '-',
      seconds ?? '-',
    ];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  const noticed = results.filter((one) => one.caught !== null).length;
  return [
    `${results.length} known mistakes were put back, one at a time; ${noticed} were noticed.`,
    '',
    '| mistake | what it does | noticed by | after runs | seed or crash point | seconds |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const NUMBERS = { '--seeds': SEEDS, '--processes': 2, '--rotation': undefined };
const TEXTS = ['--only', '--report'];
const FLAGS = ['--all', '--list', '--apply', '--remember'];

function parse(args) {
  const given = { only: [] };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    const value = args[i + 1];
    if (FLAGS.includes(arg)) given[arg.slice(2)] = true;
    else if (arg === '--only' && value !== undefined) given.only.push(...args[++i].split(','));
    else if (TEXTS.includes(arg) && value !== undefined) given[arg.slice(2)] = args[++i];
    else if (arg in NUMBERS && /^\d{1,9}$/.test(value ?? '')) given[arg.slice(2)] = Number(args[++i]);
    else if (arg === '--rotation') given.rotation = Math.floor(Date.now() / 86_400_000);
    else usage(`${arg} is not known or lacks its value.`);
  }
  const all = plantedNames();
  const stranger = given.only.find((name) => !all.includes(name));
  if (stranger !== undefined) usage(`There is no ${stranger}: see --list.`);
  return given;
}

function usage(fault) {
  console.error(
    `${fault}\nUsage: node scripts/planted.mjs [--all | --only NAME | --rotation N | --list | --apply] [--seeds N] [--processes P] [--report FILE]`,
  );
  process.exit(2);
}

async function main(args) {
  const given = parse(args);
  const all = plantedNames();
  if (given.list) {
    for (const name of all) console.log(`${name}: ${readPatch(name).about}`);
    return;
  }
  const names =
    given.only.length > 0 ? given.only : given.rotation === undefined ? all : rotation(all, given.rotation);
  if (given.apply) {
    let faults = 0;
    for (const name of names) {
      await checkApplies(name).catch((error) => {
        faults += 1;
        console.log(error.message);
      });
    }
    console.log(`planted=${names.length} apply=${names.length - faults}`);
    process.exitCode = faults > 0 ? 1 : 0;
    return;
  }
  const { seeds, processes } = given;
  const tell = (one) => console.log(lineOf(one));
  const hints = given.rotation === undefined ? {} : seen();
  const results = await tryAll(names, { seeds, processes, hints, tell });
  if (given.remember) remember(results);
  if (given.report !== undefined) writeFileSync(given.report, reportOf(results, given.report));
  const missed = results.filter((one) => one.caught === null);
  console.log(`planted=${names.length} noticed=${names.length - missed.length}`);
  process.exitCode = missed.length > 0 ? 1 : 0;
}

/** Of what was tried now; a crash point that showed it is no seed. */
function remember(results) {
  const all = { ...seen() };
  for (const { name, caught } of results) {
    if (caught !== null && /^\d+$/.test(caught.at)) all[name] = caught.at;
    else delete all[name];
  }
  const known = plantedNames().filter((name) => name in all);
  const sorted = Object.fromEntries(known.map((name) => [name, all[name]]));
  writeFileSync(SEEN, `${JSON.stringify(sorted, null, 2)}\n`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await main(process.argv.slice(2));
