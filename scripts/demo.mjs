// `npm run demo`: from nothing to a completed deposit and withdrawal. Installs what is missing, builds, scaffolds a project
// into a temporary folder, starts it, and a wallet moves money in and out through the real protocol.
import { build } from './build.mjs';
import { ensureInstalled } from './ensure-installed.mjs';
import { runScript, temporaryProject, until } from './processes.mjs';

const started = Date.now();
let step = 'start';
let my;

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const say = (text) => console.log(`\n▸ ${text}`);
const cleanUp = () => my?.cleanUp();

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
  my = await temporaryProject({ prefix: 'create-anchor-demo-', keep: process.env.KEEP_DEMO === '1', fail });
  await my.scaffold();

  step = 'setup';
  say('anchor setup');
  await my.anchor(['setup', '--json']);

  step = 'serve';
  say('anchor serve, and in a second process: anchor run all --loop');
  my.background(['serve']);
  await until(`http://localhost:${my.port}/health`);
  my.background(['run', 'all', '--loop', '--interval', '1']);

  step = 'balances before';
  const before = JSON.parse(await my.anchor(['wallet', 'balances', '--json']));

  step = 'deposit';
  say('The wallet deposits 100 SRT');
  const deposit = JSON.parse(await my.anchor(['wallet', 'deposit', '100', 'SRT', '--json']));

  step = 'withdrawal';
  say('The wallet withdraws 50 SRT');
  const withdrawal = JSON.parse(await my.anchor(['wallet', 'withdraw', '50', 'SRT', '--json']));

  step = 'balances after';
  const after = JSON.parse(await my.anchor(['wallet', 'balances', '--json']));
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

runScript(main, { cleanUp, fail });
