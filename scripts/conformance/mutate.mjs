// `npm run conformance -- --mutate [--only NAME[,NAME]]`: the listed behaviours of test/conformance/mutations, broken one at a time on
// a copy of the sources. A test that cites the number of the requirement must turn red, or the number proves nothing. SQLite alone.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../ensure-installed.mjs';
import { changed, checkApplies, node, plantedNames, readPatch } from '../planted.mjs';
import { citations, idsIn } from './citations.mjs';

export const MUTATIONS = join(root, 'test', 'conformance', 'mutations');
const COPIED = ['src', 'test', 'templates', 'bin', 'package.json', 'tsconfig.json'];
/** Journeys and browsers are for other proofs: minutes each. */
const SLOW = /^test\/(?:browser|journeys|packed|processes|simulation|scaffold|sandbox)\//;
/** For the tests of one mutation, and for all of them together on what is not broken. */
const LIMIT_MS = 120_000;
const ALL_LIMIT_MS = 900_000;
const PROCESSES = 2;

/** A mutation with the number that its first line names, `S24-30: the interactive token can be used twice.`. @throws where it names none */
export function readMutation(name) {
  const patch = readPatch(name, MUTATIONS);
  const [, id] = /^(S[A-Z0-9]+-[PFM]?\d+): /.exec(patch.about) ?? [];
  if (id === undefined) throw new Error(`${name}.patch does not begin with the number of a requirement`);
  return { ...patch, id };
}

/** All tests are read once for all patches. */
let known;

export const mutationNames = () => plantedNames(MUTATIONS);

/** @throws where the patch does not fit the sources of today, names no number, or one that no quick test cites */
export async function checkMutation(name) {
  known ??= citations();
  const { cited } = known;
  const mutation = readMutation(name);
  await checkApplies(name, MUTATIONS);
  if (filesOf(mutation, cited).length === 0) throw new Error(`${name}.patch: no test cites ${mutation.id}`);
}

/** The test files that cite the number, or of them those that the patch names with `# test:`. */
function filesOf({ id, tests }, cited) {
  const files = [...new Set((cited.get(id) ?? []).map(({ file }) => file))].filter(
    (file) => !SLOW.test(file),
  );
  return tests.length > 0 ? files.filter((file) => tests.includes(file)) : files;
}

/** A copy of the project to break, whose tests find no PostgreSQL. */
function copy(broker) {
  const folder = mkdtempSync(join(tmpdir(), 'anchor-mutations-'));
  for (const part of COPIED) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const options = { testTimeout: 60_000, hookTimeout: 60_000, provide: { postgresBroker: broker } };
  writeFileSync(
    join(folder, 'vitest.config.mjs'),
    `export default ${JSON.stringify({ test: { include: ['test/**/*.test.ts'], ...options } })};\n`,
  );
  return folder;
}

function environment() {
  const { CI: _, ...env } = process.env;
  return { FIXTURES_DIR: join(root, '..', 'shared', 'fixtures', 'network'), ...env };
}

/** Runs what of these files has the pattern in its title. @returns the tests that ran, `{fullName, status}` */
async function run(folder, files, pattern, { bail = false, limitMs = LIMIT_MS } = {}) {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = ['run', '--root', folder, '--reporter=json', `--outputFile=${report}`, '-t', pattern];
  if (bail) args.push('--bail=1');
  const { complaint, signal } = await node([vitest, ...args, ...files], folder, () => {}, {
    env: environment(),
    limitMs,
  });
  if (!existsSync(report)) throw new Error(`the tests did not run (${signal ?? 'no report'}): ${complaint}`);
  const results = JSON.parse(readFileSync(report, 'utf8')).testResults;
  const broken = results.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  if (broken !== undefined) throw new Error(`${broken.name} did not load: ${broken.message}`);
  return results
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed' || status === 'failed');
}

/** What fails without any mutation would notice every mutation: those tests count for nothing. @returns their full names */
async function redAlready(folder, mutations, cited) {
  const files = [...new Set(mutations.flatMap((one) => filesOf(one, cited)))];
  const ids = [...new Set(mutations.map(({ id }) => id))];
  const red = (await run(folder, files, ids.join('|'), { limitMs: ALL_LIMIT_MS })).filter(
    ({ status }) => status === 'failed',
  );
  return red.map(({ fullName }) => fullName);
}

/** @returns the title of the citing test that noticed; null for none */
async function tryMutation(folder, mutation, { cited, red }) {
  const texts = changed(folder, mutation);
  const before = [...texts.keys()].map((path) => [path, readFileSync(join(folder, path), 'utf8')]);
  try {
    for (const [path, text] of texts) writeFileSync(join(folder, path), text);
    const bail = !red.some((title) => idsIn(title).includes(mutation.id));
    const failed = (await run(folder, filesOf(mutation, cited), mutation.id, { bail })).find(
      ({ status, fullName }) =>
        status === 'failed' && idsIn(fullName).includes(mutation.id) && !red.includes(fullName),
    );
    return failed?.fullName ?? null;
  } finally {
    for (const [path, text] of before) writeFileSync(join(folder, path), text);
  }
}

/** One line for each mutation, `mutations=N caught=N` at the end. @returns the exit status */
export async function mutate({ only }) {
  const all = mutationNames();
  const wanted = only === undefined ? all : only.split(',');
  const stranger = wanted.find((name) => !all.includes(name));
  if (stranger !== undefined) {
    console.error(`There is no mutation ${stranger}. There are:\n${all.join('\n')}`);
    return 2;
  }
  const { cited } = citations();
  const broker = createServer((_request, answer) => answer.end('{"missing":"mutations run on SQLite"}'));
  await new Promise((done) => broker.listen(0, '127.0.0.1', done));
  const folders = Array.from({ length: PROCESSES }, () => copy(`http://127.0.0.1:${broker.address().port}`));
  let caught = 0;
  let red = [];
  const queue = wanted.map(readMutation);
  const lane = async (folder) => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const verdict = await tryMutation(folder, one, { cited, red }).then(
        (by) => {
          if (by !== null) caught += 1;
          return by === null ? 'NOT noticed' : `test "${by.slice(0, 130)}"`;
        },
        (error) => `ERROR ${error.message.slice(0, 800)}`,
      );
      console.log(`${one.name} (${one.about}) ${verdict}`);
    }
  };
  try {
    red = await redAlready(folders[0], queue, cited);
    for (const title of red) console.log(`red without any mutation: ${title}`);
    await Promise.all(folders.map(lane));
  } catch (error) {
    console.error(error.message);
  } finally {
    broker.closeAllConnections();
    broker.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
  console.log(`mutations=${wanted.length} caught=${caught}`);
  return caught === wanted.length && red.length === 0 ? 0 : 1;
}
