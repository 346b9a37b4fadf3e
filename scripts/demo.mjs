// `npm run demo`: from nothing to a completed deposit and withdrawal. Installs what is missing, builds, scaffolds a project
// into a temporary folder, starts it, and a wallet moves money in and out through the real protocol.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';

const started = Date.now();
const children = new Set();
const folder = mkdtempSync(join(tmpdir(), 'create-anchor-demo-'));
const project = join(folder, 'my-anchor');
let step = 'start';

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const say = (text) => console.log(`\n▸ ${text}`);

/** Runs one of our commands; its talk (stderr) is shown as it happens, its answer (stdout) is returned. */
function anchor(args, { env, bin = 'anchor', cwd = project } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', `${bin}.js`), ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.add(child);
    let out = '';
    child.stdout.on('data', (data) => {
      out += data;
      if (bin === 'create-anchor') process.stderr.write(data);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      children.delete(child);
      if (code === 0) resolve(out);
      else
        reject(
          new Error(
            `${bin} ${args.join(' ')} ended with exit status ${code}${out ? `: ${out.trim().slice(0, 500)}` : ''}`,
          ),
        );
    });
  });
}

/** A command that goes on until the end; its last lines are shown if it stops by itself. */
function background(args, env) {
  const child = spawn(process.execPath, [join(root, 'bin', 'anchor.js'), ...args], {
    cwd: project,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      tail = (tail + data).slice(-3000);
    });
  }
  child.on('close', (code) => {
    if (children.delete(child))
      fail(new Error(`anchor ${args.join(' ')} stopped with exit status ${code}:\n${tail}`));
  });
}

/** Two neighbouring free ports: the anchor's and its sandbox's. */
async function freePorts() {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 20000 + Math.floor(Math.random() * 20000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error('no free port found');
}

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });

async function until(url) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {}
    if (Date.now() > deadline) throw new Error(`${url} did not answer within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function cleanUp() {
  for (const child of children) {
    children.delete(child);
    child.kill('SIGKILL');
  }
  if (process.env.KEEP_DEMO !== '1') rmSync(folder, { recursive: true, force: true });
}

function fail(error) {
  console.error(`\n✖ The demo failed at step "${step}": ${error.message}`);
  cleanUp();
  process.exit(1);
}

function table(title, { address, balances }) {
  console.log(`\n${title} (${address})`);
  for (const [asset, amount] of Object.entries(balances))
    console.log(`  ${asset.split(':')[0].padEnd(8)} ${amount}`);
}

async function main() {
  step = 'install';
  ensureInstalled();
  step = 'build';
  say('Building');
  await build();
  const begun = Date.now();

  step = 'scaffold';
  say(
    'create-anchor my-anchor --yes (with the dependencies of this checkout, so that nothing is compiled twice)',
  );
  const port = await freePorts();
  const env = { PORT: String(port), SANDBOX_PORT: String(port + 1), NO_COLOR: process.env.NO_COLOR ?? '1' };
  await anchor(['my-anchor', '--yes', '--no-git', '--no-install'], {
    bin: 'create-anchor',
    cwd: folder,
    env,
  });
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules', 'create-anchor'), 'junction');

  step = 'setup';
  say('anchor setup');
  await anchor(['setup', '--json'], { env });

  step = 'serve';
  say('anchor serve, and in a second process: anchor run all --loop');
  background(['serve'], env);
  await until(`http://localhost:${port}/health`);
  background(['run', 'all', '--loop', '--interval', '1'], env);

  step = 'balances before';
  const before = JSON.parse(await anchor(['wallet', 'balances', '--json'], { env }));

  step = 'deposit';
  say('The wallet deposits 100 SRT');
  const deposit = JSON.parse(await anchor(['wallet', 'deposit', '100', 'SRT', '--json'], { env }));

  step = 'withdrawal';
  say('The wallet withdraws 50 SRT');
  const withdrawal = JSON.parse(await anchor(['wallet', 'withdraw', '50', 'SRT', '--json'], { env }));

  step = 'balances after';
  const after = JSON.parse(await anchor(['wallet', 'balances', '--json'], { env }));
  table('Before', before);
  table('After', after);
  console.log(
    `\nDeposit     ${deposit.status}, ${deposit.amount_in} in, ${deposit.amount_fee} fee, ${deposit.amount_out} out, ${deposit.seconds} s`,
  );
  console.log(
    `Withdrawal  ${withdrawal.status}, ${withdrawal.amount_in} in, ${withdrawal.amount_fee} fee, ${withdrawal.amount_out} out, ${withdrawal.seconds} s`,
  );
  if (deposit.status !== 'completed' || withdrawal.status !== 'completed') throw new Error('not completed');
  console.log(
    `\n✔ From an empty folder to a deposit and a withdrawal in ${seconds(begun)} (with installation and build: ${seconds(started)}).`,
  );
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    cleanUp();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}
main().then(() => {
  cleanUp();
  process.exit(0);
}, fail);
