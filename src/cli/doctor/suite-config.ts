import { systemClock } from '../../kernel/clock.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { systemIds } from '../../kernel/ids.ts';
import { randomKeyPair } from '../../stellar/keys.ts';
import type { AssetRow } from '../../transfers/index.ts';
import { type AnchorTransaction, createWallet } from '../../wallet/index.ts';
import type { Given } from '../command.ts';
import type { Io } from '../io.ts';
import { printJson } from '../output.ts';
import { type Runtime, withRuntime } from '../runtime.ts';
import { customersOf, fieldsOf } from './suite-answers.ts';

/** The largest wait for one of the transfers. */
const TIMEOUT_MS = 60_000;

/**
 * The configuration of the official anchor test suite for this anchor (its README: "SEP config"): customers with the fields that this
 * anchor asks for, the fields of its transactions, a new account, and for SEP-24 transactions that were really made.
 *
 * @throws SUITE_ON_PUBLIC, ASSET_UNKNOWN, WALLET_TIMEOUT, ANCHOR_ANSWER_INVALID
 */
export async function printSuiteConfig(given: Given, io: Io): Promise<number> {
  return withRuntime(given, io, { integrations: true, logLevel: 'warn' }, async (runtime) => {
    const { project } = runtime;
    if (project.network.name === 'public') {
      throw new AnchorError({
        code: 'SUITE_ON_PUBLIC',
        message: 'The test suite makes transactions: it is for the sandbox and the testnet.',
        hint: 'Run it on a project with STELLAR_NETWORK=sandbox or testnet.',
        exitStatus: 2,
      });
    }
    const has = (sep: number): boolean => (project.seps as readonly number[]).includes(sep);
    const config: Record<string, unknown> = {};
    // one key for all: the suite takes a quote as the account of SEP-24 and uses it as the sender of SEP-31
    const { publicKey, seed } = randomKeyPair(systemIds);
    if (has(12)) config['12'] = customersOf(project);
    if (has(24)) config['24'] = await transactionsOf(runtime, io, { publicKey, seed });
    if (has(31)) config['31'] = await paymentsOf(runtime, seed);
    if (has(6)) config['6'] = await transfersOf(runtime);
    if (has(38)) config['38'] = { contexts: [6, 31].filter(has).map((sep) => `sep${sep}`) };
    printJson(io, config);
    return 0;
  });
}

async function firstAsset({ ctx }: Runtime): Promise<AssetRow> {
  const asset = await ctx.db.read
    .selectFrom('assets')
    .selectAll()
    .where('sep24_enabled', '=', 1)
    .orderBy('created_at')
    .executeTakeFirst();
  if (asset !== undefined) return asset;
  throw new AnchorError({
    code: 'ASSET_UNKNOWN',
    message: 'There is no asset with SEP-24 switched on.',
    hint: 'See: anchor assets',
  });
}

/** A completed deposit and withdrawal, and one of each that waits, made through the real protocol by a wallet of its own. */
async function transactionsOf(
  runtime: Runtime,
  io: Io,
  { publicKey, seed }: { publicKey: string; seed: string },
): Promise<unknown> {
  const { project, ctx } = runtime;
  const asset = await firstAsset(runtime);
  const wallet = createWallet({
    homeUrl: project.hostUrl,
    horizonUrl: project.network.horizonUrl,
    friendbotUrl: project.network.friendbotUrl,
    seed,
    fetch: ctx.fetch,
    clock: systemClock,
  });
  const request = (amount: string) => ({
    asset: asset.code,
    amount,
    timeoutMs: TIMEOUT_MS,
    onStep: ({ text }: { text: string }) => io.stderr(`- ${text}\n`),
  });
  const deposit = await wallet.deposit(request('100'));
  const withdrawal = await wallet.withdraw(request('50'));
  const pending = await wallet.prepare('deposit', request('10'));
  const waiting = await wallet.prepare('withdraw', request('10'));
  const ended = ({ id, stellar_transaction_id }: { id: string; stellar_transaction_id: string }) => ({
    id,
    status: 'completed',
    stellar_transaction_id,
  });
  return {
    account: { publicKey, secretKey: seed },
    depositPendingTransaction: { id: pending.id, status: pending.status },
    depositCompletedTransaction: ended(deposit),
    withdrawPendingUserTransferStartTransaction: waitingOf(waiting, asset),
    withdrawCompletedTransaction: ended(withdrawal),
  };
}

const waitingOf = (row: AnchorTransaction, asset: AssetRow) => ({
  id: row.id,
  status: row.status,
  amount_in: row.amount_in,
  amount_in_asset: row.amount_in_asset ?? stellarId(asset),
  withdraw_anchor_account: row.withdraw_anchor_account,
  withdraw_memo: row.withdraw_memo,
  withdraw_memo_type: row.withdraw_memo_type,
});

const stellarId = ({ code, issuer }: AssetRow): string =>
  code === 'native' ? 'stellar:native' : `stellar:${code}:${issuer}`;

type Described = Record<string, { choices?: string[]; optional?: boolean }>;

/** `GET url`, as JSON. @throws ANCHOR_ANSWER_INVALID */
async function info({ project, ctx }: Runtime, path: string): Promise<Record<string, unknown>> {
  const url = `${project.hostUrl}${path}`;
  const answer = await ctx.fetch(url);
  if (answer.status === 200) return (await answer.json()) as Record<string, unknown>;
  throw new AnchorError({
    code: 'ANCHOR_ANSWER_INVALID',
    message: `${url} answers ${answer.status}.`,
    hint: 'The anchor must be running: anchor serve --with-jobs',
  });
}

const first = <T>(object: unknown): T | undefined => Object.values((object ?? {}) as Record<string, T>)[0];

async function paymentsOf(runtime: Runtime, seed: string): Promise<unknown> {
  const { receive } = await info(runtime, '/sep31/info');
  const asset = first<{ fields?: { transaction?: Described } }>(receive);
  return {
    sendingAnchorClientSecret: seed,
    sendingClientName: 'sendingClient',
    receivingClientName: 'receivingClient',
    transactionFields: fieldsOf(asset?.fields?.transaction ?? {}),
  };
}

async function transfersOf(runtime: Runtime): Promise<unknown> {
  const { deposit, withdraw } = await info(runtime, '/sep6/info');
  const paidIn = first<{ fields?: Described }>(deposit);
  const types = first<{ types?: Record<string, { fields?: Described }> }>(withdraw)?.types ?? {};
  return {
    deposit: { transactionFields: fieldsOf(paidIn?.fields ?? {}) },
    withdraw: {
      types: Object.fromEntries(
        Object.entries(types).map(([type, { fields }]) => [
          type,
          { transactionFields: fieldsOf(fields ?? {}) },
        ]),
      ),
    },
  };
}
