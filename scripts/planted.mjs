// `node scripts/planted.mjs [--all] [--rotation] [--seeds N] [NAME ...]`: known mistakes, put back one at a time on a copy of src/, and
// the simulation run on each until a check cries out. A check that never failed is no check. Exit 1 when one goes unnoticed.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './ensure-installed.mjs';

const PATCHES = join(root, 'test', 'simulation', 'planted');
/** Together in one run of `npm test`; which ones changes from day to day. */
const ROTATION = 6;
const LIMIT_MS = 300_000;

export function plantedNames() {
  return readdirSync(PATCHES)
    .filter((file) => file.endsWith('.patch'))
    .map((file) => file.slice(0, -'.patch'.length))
    .sort();
}

/** A patch in the unified format. Where in the file a hunk stands is found by its text, which must be there exactly once. */
export function readPatch(text) {
  const files = [];
  let hunk;
  const about = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) about.push(line.slice(2));
    else if (line.startsWith('+++ '))
      files.push({ path: line.slice(4).trim().replace(/^b\//, ''), hunks: [] });
    else if (line.startsWith('@@')) {
      hunk = { before: [], after: [] };
      files.at(-1)?.hunks.push(hunk);
    } else if (hunk !== undefined && !line.startsWith('--- ')) {
      if (line.startsWith('+')) hunk.after.push(line.slice(1));
      else if (line.startsWith('-')) hunk.before.push(line.slice(1));
      else if (line.startsWith(' ')) {
        hunk.before.push(line.slice(1));
        hunk.after.push(line.slice(1));
      }
    }
    if (line.startsWith('--- ')) hunk = undefined;
  }
  return { about: about.join(' '), files };
}

export function applyPatch(folder, patch) {
  for (const { path, hunks } of patch.files) {
    const file = join(folder, path);
    let text = readFileSync(file, 'utf8');
    for (const { before, after } of hunks) {
      const found = text.split(before.join('\n')).length - 1;
      if (found !== 1)
        throw new Error(`${path}: a hunk fits ${found} times, it must fit once:\n${before.join('\n')}`);
      text = text.replace(before.join('\n'), () => after.join('\n'));
    }
    writeFileSync(file, text);
  }
}

/** The simulation on the sources with the mistake, as one file. */
async function plant(name, folder) {
  cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true });
  cpSync(join(root, 'test', 'simulation'), join(folder, 'test', 'simulation'), { recursive: true });
  const patch = readPatch(readFileSync(join(PATCHES, `${name}.patch`), 'utf8'));
  applyPatch(folder, patch);
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
    logLevel: 'error',
  });
  return { outfile, restore: /\boptions: --restore\b/.test(patch.about) };
}

/** @returns the check that noticed, and after how many runs; null for none */
function run(outfile, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [outfile, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let runs = 0;
    let caught = null;
    let complaint = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    child.stderr.on('data', (data) => {
      complaint = `${complaint}${data}`.slice(-2_000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { violations, name } = JSON.parse(line);
      runs += 1;
      if (caught === null && violations.length > 0) caught = { by: violations[0], at: name, runs };
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (caught !== null) resolve(caught);
      else if (signal !== null) resolve({ by: `X3 no end within ${LIMIT_MS / 1000} s`, at: '-', runs });
      else if (code !== 0) reject(new Error(`the simulation broke: ${complaint}`));
      else resolve(null);
    });
  });
}

export async function tryPlanted(name, seeds) {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'planted-'));
  try {
    const { outfile, restore } = await plant(name, folder);
    return await run(outfile, ['--seeds', String(seeds), '--stop', ...(restore ? ['--restore'] : [])]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Other ones on every day. */
export function rotation(names, day = Math.floor(Date.now() / 86_400_000)) {
  return Array.from(
    { length: Math.min(ROTATION, names.length) },
    (_, i) => names[(day * ROTATION + i) % names.length],
  );
}

async function main(args) {
  const at = args.indexOf('--seeds');
  const seeds = at < 0 ? 300 : Number(args[at + 1]);
  const all = plantedNames();
  const named = args.filter((arg, i) => !arg.startsWith('--') && i !== at + 1);
  const names = named.length > 0 ? named : args.includes('--rotation') ? rotation(all) : all;
  const queue = [...names];
  let missed = 0;
  const lane = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      let text;
      try {
        const caught = await tryPlanted(name, seeds);
        if (caught === null) missed += 1;
        text =
          caught === null
            ? `NOT noticed in ${seeds} seeds and all crash points`
            : `${caught.by.slice(0, 100)} (run ${caught.runs}: ${caught.at})`;
      } catch (error) {
        missed += 1;
        text = `ERROR ${error.message.slice(0, 600)}`;
      }
      console.log(`${name}: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane));
  console.log(`planted=${names.length} noticed=${names.length - missed}`);
  process.exitCode = missed > 0 ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await main(process.argv.slice(2));
