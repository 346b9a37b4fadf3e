import { parsePositiveAmount } from '../kernel/amounts.ts';
import { systemClock } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import { isSeed } from '../kernel/strkey.ts';
import { createWallet, type TransferResult } from '../wallet/index.ts';
import { demoWalletSeed } from '../web/demo-wallet/seed.ts';
import type { Given } from './command.ts';
import { type Io, paint } from './io.ts';
import { printJson, usageError } from './output.ts';
import { type Runtime, withRuntime } from './runtime.ts';
import { assetCode, numberOption, textOption } from './values.ts';

/** `anchor wallet deposit|withdraw AMOUNT ASSET`: exit 0 only when it is completed. */
export async function runWallet(kind: 'deposit' | 'withdraw', given: Given, io: Io): Promise<number> {
  const amount = checkedAmount(given.args[0] ?? '');
  const asset = assetCode(given.args[1]);
  const timeoutMs = (numberOption(given, 'timeout', { min: 1, max: 86_400 }) ?? 60) * 1000;
  const home = checkedHome(textOption(given, 'home'));
  const sep = checkedSep(textOption(given, 'sep'));
  return withRuntime(given, io, { integrations: false, logLevel: 'warn' }, async (runtime) => {
    const wallet = await walletOf(runtime, io, home);
    const onStep = ({ text }: { text: string }) => io.stderr(`${paint(io, 'green', '-')} ${text}\n`);
    const result = await wallet[kind]({ asset, amount, sep, timeoutMs, onStep });
    if (given.json) printJson(io, result);
    else io.stdout(sentence(kind, asset, result));
    return result.status === 'completed' ? 0 : 1;
  });
}

/** `anchor wallet balances`: the wallet's address and what it holds, `{address, balances: {native, 'CODE:ISSUER'}}`. */
export async function showBalances(given: Given, io: Io): Promise<number> {
  const home = checkedHome(textOption(given, 'home'));
  return withRuntime(given, io, { integrations: false, logLevel: 'warn' }, async (runtime) => {
    const wallet = await walletOf(runtime, io, home);
    const address = await wallet.address();
    const balances = await wallet.balances();
    if (given.json) {
      printJson(io, { address, balances });
      return 0;
    }
    const lines = Object.entries(balances).map(
      ([asset, amount]) =>
        `  ${(asset === 'native' ? 'XLM' : (asset.split(':')[0] ?? asset)).padEnd(12)} ${amount}`,
    );
    io.stdout(
      `${address}\n${lines.length === 0 ? '  nothing: the account does not exist yet' : lines.join('\n')}\n`,
    );
    return 0;
  });
}

function checkedSep(text: string | undefined): 6 | 24 | undefined {
  if (text === undefined || text === '24') return text === undefined ? undefined : 24;
  if (text === '6') return 6;
  throw usageError('SEP_INVALID', '--sep is 6 or 24.');
}

async function walletOf(runtime: Runtime, io: Io, home: string | undefined) {
  const { network, hostUrl } = runtime.project;
  return createWallet({
    homeUrl: home ?? hostUrl,
    horizonUrl: network.horizonUrl,
    friendbotUrl: network.friendbotUrl,
    seed: await walletSeed(runtime, io),
    fetch: runtime.ctx.fetch,
    clock: systemClock,
  });
}

function sentence(kind: 'deposit' | 'withdraw', asset: string, result: TransferResult): string {
  const name = asset === 'native' ? 'XLM' : asset;
  const [sent, got] =
    kind === 'deposit' ? ['paid at the bank', `received ${name}`] : [`sent ${name}`, 'paid out by the bank'];
  return `${result.status} in ${result.seconds.toFixed(1)} s: ${result.amount_in} ${sent}, ${result.amount_out} ${got}, fee ${result.amount_fee}
  transaction ${result.id}\n  Stellar     ${result.stellar_transaction_id}\n`;
}

/** @throws AMOUNT_INVALID (exit 2) */
export function checkedAmount(text: string): string {
  try {
    parsePositiveAmount(text);
    return text;
  } catch {
    throw usageError('AMOUNT_INVALID', 'The amount must be a positive decimal number such as 100 or 98.99.');
  }
}

function checkedHome(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, '');
  throw usageError('OPTION_INVALID', '--home must be an address such as https://anchor.example.com.');
}

/** WALLET_SEED, or the key of this project's demo wallet. @throws WALLET_SEED_MISSING on the public network, SEED_INVALID */
async function walletSeed(runtime: Runtime, io: Io): Promise<string> {
  const given = io.env.WALLET_SEED;
  if (given !== undefined && given !== '') {
    if (isSeed(given)) return given;
    throw usageError('SEED_INVALID', 'WALLET_SEED is not a Stellar secret key.');
  }
  if (runtime.project.network.name !== 'public') return demoWalletSeed(runtime.ctx);
  throw new AnchorError({
    code: 'WALLET_SEED_MISSING',
    message: 'On the public network the wallet needs a key of its own.',
    hint: 'Set WALLET_SEED in the environment to the secret key of an account that holds the asset.',
  });
}
