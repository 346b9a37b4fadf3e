import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { buildTransaction, type Operation } from '../../src/stellar/build.ts';
import { createHorizon, type Horizon } from '../../src/stellar/horizon.ts';
import { type KeyPair, keyPairFromSeed, randomKeyPair } from '../../src/stellar/keys.ts';
import { createTestProject, type TestProject } from '../support/project.ts';

// Money that fits nothing, and what an operator does about it, with the commands as real processes.

const XLM = 10_000_000n;
const WHY = ['--reason', 'a test', '--by', 'ann'];

let project: TestProject;
let network: Horizon;
let issuer: KeyPair;
let wallet: KeyPair;
let asset: { code: string; issuer: string };
let distribution: string;

beforeAll(async () => {
  project = await createTestProject();
  await project.serve();
  const url = project.horizonUrl;
  const fetching = (input: string, init?: RequestInit) => fetch(input, init);
  const passphrase = await createHorizon({
    url,
    passphrase: '',
    fetch: fetching,
    clock: systemClock,
  }).serverPassphrase();
  network = createHorizon({
    url,
    passphrase,
    friendbotUrl: `${url}/friendbot`,
    fetch: fetching,
    clock: systemClock,
  });
  const { ISSUER_SEED = '' } = parse(readFileSync(join(project.dir, '.env')));
  issuer = keyPairFromSeed(ISSUER_SEED);
  asset = { code: 'SRT', issuer: issuer.publicKey };
  wallet = randomKeyPair(systemIds);
  await network.fund(wallet.publicKey);
  await apply(wallet, [{ type: 'changeTrust', asset }]);
  await apply(issuer, [{ type: 'payment', destination: wallet.publicKey, asset, amount: 100n * XLM }]);
  distribution = (await json(['assets'])).assets[0].distribution;
}, 120_000);
afterAll(() => project?.remove());

async function apply(source: KeyPair, operations: Operation[]): Promise<string> {
  const account = await network.account(source.publicKey);
  if ('missing' in account) throw new Error(`${source.publicKey} does not exist`);
  const signed = await buildTransaction({
    passphrase: network.passphrase,
    source: source.publicKey,
    sequence: account.sequence + 1n,
    feePerOperation: 1_000n,
    operations,
    maxTime: 0,
    signers: [source],
  });
  const answer = await network.submit(signed.xdr);
  expect(answer).toMatchObject({ status: 'applied', successful: true });
  return signed.hash;
}

async function json(args: string[], code = 0) {
  const ended = await project.anchor([...args, '--json']);
  expect(ended.code, ended.stdout + ended.stderr).toBe(code);
  return JSON.parse(ended.stdout);
}

const watch = () => json(['run', 'watch-payments']);
const pay = (units: bigint) =>
  apply(wallet, [{ type: 'payment', destination: distribution, asset, amount: units }]);
const balance = async (): Promise<bigint> => {
  const account = await network.account(wallet.publicKey);
  if ('missing' in account) return 0n;
  return account.balances.find((one) => one.asset === `SRT:${issuer.publicKey}`)?.balance ?? 0n;
};

it('lists, shows and sends back what came without a memo', async () => {
  expect(await json(['suspense', 'list'])).toEqual({ suspense: [], next: null });
  const hash = await pay(7n * XLM);
  await watch();
  const { suspense } = await json(['suspense', 'list', '--reason', 'no_memo']);
  expect(suspense).toMatchObject([
    {
      kind: 'payment',
      state: 'open',
      reason: 'no_memo',
      amount: '7',
      asset: `SRT:${issuer.publicKey}`,
      from: wallet.publicKey,
      stellar_transaction_id: hash,
      transaction_id: null,
      refund_due_at: null,
    },
  ]);
  const { id } = suspense[0];
  const decided = await json(['suspense', 'refund', id, ...WHY]);
  expect(decided).toMatchObject({
    id,
    state: 'refunding',
    obligations: [{ purpose: 'refund', state: 'owed' }],
  });
  expect(decided.history).toMatchObject([{ action: 'refund', by: 'operator:ann', reason: 'a test' }]);
  expect((await json(['suspense', 'refund', id, ...WHY], 1)).error.code).toBe('SUSPENSE_MOVED');
  await watch();
  expect(await json(['suspense', 'show', id])).toMatchObject({ state: 'refunded' });
  expect(await balance()).toBe(100n * XLM);
  expect((await json(['suspense', 'list'])).suspense).toEqual([]);
  expect((await json(['suspense', 'list', '--state', 'refunded'])).suspense).toHaveLength(1);
  const text = await project.anchor(['suspense', 'show', id]);
  expect(text.stdout).toContain('refunded');
  expect((await json(['suspense', 'show', 'nothing'], 1)).error.code).toBe('SUSPENSE_NOT_FOUND');
}, 60_000);

it('follows the policy of the asset, and an operator that holds back', async () => {
  const set = await json(['assets', 'set', 'SRT', '--refund-after', '0', '--tolerance', '5']);
  expect(set.money).toEqual({
    tolerance_percent: '5',
    wrong_amount: 'wait',
    accept_late: false,
    refund_after_hours: 0,
    refund_min: '0',
  });
  await json(['assets', 'set', 'SRT', '--refund-after', 'hold']);
  await pay(3n * XLM);
  await watch();
  const [held] = (await json(['suspense', 'list'])).suspense;
  expect(await json(['suspense', 'hold', held.id, ...WHY])).toMatchObject({ state: 'held' });
  await json(['assets', 'set', 'SRT', '--refund-after', '0']);
  await pay(2n * XLM);
  await watch();
  expect(await balance()).toBe(97n * XLM);
  await json(['suspense', 'release', held.id, ...WHY]);
  await watch();
  expect(await balance()).toBe(100n * XLM);
  expect((await json(['suspense', 'show', held.id])).history).toMatchObject([
    { action: 'hold' },
    { action: 'release' },
    { action: 'refund', by: 'job:watch-payments' },
  ]);
  await json(['assets', 'set', 'SRT', '--refund-after', 'hold']);
}, 90_000);

it('holds a withdrawal, refunds it, and shows it all; keeps what an operator takes for the anchor itself', async () => {
  const deposit = project.start(['run', 'poll-deposits', '--loop', '--interval', '0.5']);
  await json(['wallet', 'deposit', '50', 'SRT']);
  await deposit.kill('SIGTERM');
  const withdrawal = project.start(['wallet', 'withdraw', '20', 'SRT', '--json', '--timeout', '5']);
  expect((await withdrawal.ended).code).toBe(1);
  await watch();
  const { transactions } = await json(['tx', 'list', '--kind', 'withdrawal']);
  const { id } = transactions[0];
  expect(transactions[0].status).toBe('pending_anchor');
  expect(await json(['tx', 'hold', id, ...WHY])).toMatchObject({ status: 'on_hold' });
  await json(['run', 'execute-payouts']);
  const refunding = await json(['tx', 'refund', id, ...WHY]);
  expect(refunding).toMatchObject({ status: 'pending_anchor', amount_in: '20', amount_fee: '0' });
  await json(['run', 'submit-payments']);
  const done = await json(['tx', 'show', id]);
  expect(done).toMatchObject({ status: 'refunded', waiting_for: null, suspense: [] });
  expect(
    done.obligations.map((one: { purpose: string; state: string }) => `${one.purpose} ${one.state}`),
  ).toEqual(expect.arrayContaining(['deliver cancelled', 'refund paid']));
  expect(done.history.map((one: { by: string }) => one.by)).toContain('operator:ann');
  expect((await json(['tx', 'refund', id, ...WHY], 1)).error.code).toBe('REFUND_TOO_LATE');
  expect((await json(['tx', 'release', id, ...WHY], 1)).error.code).toBe('RELEASE_NOTHING');
  await pay(XLM);
  await watch();
  const [ours] = (await json(['suspense', 'list'])).suspense;
  expect((await json(['tx', 'match', id, ours.id, ...WHY], 1)).error.code).toBe('MATCH_REFUSED');
  expect(await json(['suspense', 'keep', ours.id, ...WHY])).toMatchObject({ state: 'internal' });
  const { checks } = await json(['doctor']);
  expect(checks).toEqual(
    expect.arrayContaining([
      { id: 'payments', status: 'ok', hint: null },
      { id: 'suspense', status: 'ok', hint: null },
    ]),
  );
  expect(await json(['reconcile'])).toEqual({ ok: true, differences: [] });
}, 120_000);
