// `npm run suite -- DIR`: the official anchor test suite, from a checkout of it that lies elsewhere and is built, against a new project
// on the sandbox. The sandbox bears the testnet's passphrase, because the suite accepts no other; what the suite asks of the testnet
// goes to it (suite-preload.mjs). The result is kept in docs/reference/suite.json, from where the page of conformance takes it.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { runScript, temporaryProject, until } from './processes.mjs';

const TESTNET = 'Test SDF Network ; September 2015';
const SEPS = '1,6,10,12,24,31,38';
const USAGE = `npm run suite -- DIR [--seps ${SEPS}] [--keep] [--no-write] [-- searched text ...]

DIR is a checkout of github.com/stellar/stellar-anchor-tests in which @stellar/anchor-tests has been installed and built:
  cd DIR/@stellar/anchor-tests && npm install --workspaces=false --legacy-peer-deps && npx tsc`;

let my;
const cleanUp = () => my?.cleanUp();
function fail(error) {
  console.error(`\n✖ ${error.message}`);
  cleanUp();
  process.exit(1);
}

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seps: { type: 'string', default: SEPS },
    keep: { type: 'boolean', default: false },
    'no-write': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});
const [directory, ...searched] = positionals;

/** The built command of the suite. */
function suiteIn(folder) {
  const found = ['lib/cli.js', '@stellar/anchor-tests/lib/cli.js']
    .map((path) => resolve(folder, path))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`There is no built suite in ${folder}.\n\n${USAGE}`);
  return found;
}

const commitOf = (folder) => {
  try {
    return execFileSync('git', ['-C', folder, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
};

/** Runs the suite and shows what it prints. */
function run(cli, args, env) {
  return new Promise((done, failed) => {
    const preload = pathToFileURL(join(root, 'scripts', 'suite-preload.mjs')).href;
    const child = spawn(process.execPath, ['--import', preload, cli, ...args], {
      cwd: dirname(cli),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        out += data;
        process.stdout.write(data);
      });
    }
    child.on('error', failed);
    child.on('close', (status) => done({ status, out }));
  });
}

/** `Tests: 1 failed, 2 skipped, 120 passed, 123 total` and the marks before each test. */
function countsIn(out) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the suite prints colours
  const plain = out.replace(/\u001b\[[0-9;]*m/g, '');
  const line = plain.split('\n').findLast((text) => /^\s*Tests:/.test(text)) ?? '';
  const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  const seps = {};
  for (const [, mark, sep] of plain.matchAll(/^\s*(\S) SEP-(\d+)\b/gm)) {
    seps[sep] ??= { passed: 0, failed: 0 };
    if (mark === '✔') seps[sep].passed += 1;
    else if (mark === '✖') seps[sep].failed += 1;
  }
  return {
    total: count('total'),
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    seps,
  };
}

async function main() {
  if (directory === undefined) throw new Error(USAGE);
  const cli = suiteIn(directory);
  ensureInstalled();
  await build();
  my = await temporaryProject({
    prefix: 'create-anchor-suite-',
    keep: given.keep,
    env: { STELLAR_NETWORK_PASSPHRASE: TESTNET },
    fail,
  });
  await my.scaffold(['--seps', given.seps]);
  await my.anchor(['setup', '--json']);
  my.background(['serve', '--with-jobs']);
  const home = `http://localhost:${my.port}`;
  await until(`${home}/health`);
  const config = join(my.folder, 'suite-config.json');
  writeFileSync(config, await my.anchor(['doctor', '--suite-config']));
  const args = ['--home-domain', home, '--sep-config', config, '--seps', ...given.seps.split(',')];
  if (given.verbose) args.push('--verbose');
  const { status, out } = await run(cli, [...args, '--', ...searched], {
    SUITE_SANDBOX: `http://localhost:${my.env.SANDBOX_PORT}`,
  });
  const { seps, ...counts } = countsIn(out);
  if (!given['no-write'] && searched.length === 0) {
    const kept = { commit: commitOf(dirname(cli)), ...counts, seps };
    writeFileSync(join(root, 'docs', 'reference', 'suite.json'), `${JSON.stringify(kept, null, 2)}\n`);
  }
  console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return status === 0 && counts.passed > 0 && counts.failed === 0 ? 0 : 1;
}

runScript(main, { cleanUp, fail });
