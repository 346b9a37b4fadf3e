import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemIds } from '../../src/kernel/ids.ts';
import { addSignatures, buildTransaction, type Operation } from '../../src/stellar/build.ts';
import { type KeyPair, keyPairFromSeed, randomKeyPair } from '../../src/stellar/keys.ts';
import { createTestProject, freePorts, type Running, type TestProject, until } from '../support/project.ts';

// Co-signers and the external signer as real processes.

const SECRET = 'a-secret-of-the-signer-and-the-anchor';
const PASSPHRASE = 'Create Anchor Sandbox ; 2026';

let project: TestProject;
let server: Running;
let distribution: KeyPair & { seed: string };
const ada = randomKeyPair(systemIds);
const vault = randomKeyPair(systemIds);
const ports = { signer: 0 };

beforeAll(async () => {
  ports.signer = await freePorts();
  project = await createTestProject({
    setup: false,
    env: { SIGNER_URL: `http://127.0.0.1:${ports.signer}/`, SIGNER_SECRET: SECRET },
  });
  const seed = parse(readFileSync(join(project.dir, '.env'))).DISTRIBUTION_SEED ?? '';
  distribution = { ...keyPairFromSeed(seed), seed };
  const setup = await project.anchor(['setup']);
  expect(setup.code, setup.stderr).toBe(0);
  server = project.start(['serve', '--with-jobs']);
  await until(
    async () => (await fetch(`${project.homeUrl}/health`).catch(() => null))?.ok === true,
    'it serves',
  );
}, 120_000);
afterAll(async () => {
  await server?.kill('SIGTERM');
  await project?.remove();
});

async function json(args: string[], options: Parameters<TestProject['anchor']>[1] = {}, code = 0) {
  const ended = await project.anchor([...args, '--json'], options);
  expect(ended.code, ended.stdout + ended.stderr).toBe(code);
  return JSON.parse(ended.stdout);
}

/** By a transaction of a new account: one of the distribution account itself would be a stranger's to the anchor. */
async function apply(operations: Operation[], signers: KeyPair[]): Promise<void> {
  const via = randomKeyPair(systemIds);
  await fetch(`${project.horizonUrl}/friendbot?addr=${via.publicKey}`);
  const account = (await (await fetch(`${project.horizonUrl}/accounts/${via.publicKey}`)).json()) as {
    sequence: string;
  };
  const signed = await buildTransaction({
    passphrase: PASSPHRASE,
    source: via.publicKey,
    sequence: BigInt(account.sequence) + 1n,
    feePerOperation: 1_000n,
    operations,
    maxTime: 0,
    signers: [via, ...signers],
  });
  const body = new URLSearchParams({ tx: signed.xdr });
  const answer = await fetch(`${project.horizonUrl}/transactions`, { method: 'POST', body });
  expect(answer.status, await answer.text()).toBe(200);
}

const listed = async (): Promise<
  { hash: string; transaction: string; payments: { transaction_id: string }[] }[]
> => (await json(['tx', 'sign'])).envelopes;

describe('anchor tx sign', () => {
  it('lists what waits, prints the transaction, takes it signed from standard input, and the deposit completes', async () => {
    const source = distribution.publicKey;
    const options = { signer: { key: ada.publicKey, weight: 1 }, mediumThreshold: 2, highThreshold: 2 };
    await apply([{ type: 'setOptions', source, options }], [distribution]);
    const deposit = project.start(['wallet', 'deposit', '20', 'SRT', '--timeout', '90', '--json']);
    await until(async () => (await listed()).length === 1, 'an envelope waits for signatures');
    const [waiting] = await listed();
    const id = waiting?.payments[0]?.transaction_id ?? '';
    const shown = await json(['tx', 'show', id]);
    expect(shown.waiting_for).toMatchObject({ code: 'signatures' });
    expect(shown.waiting_for.text).toContain(`anchor tx sign ${waiting?.hash}`);

    const printed = await project.anchor(['tx', 'sign', id]);
    expect(printed.code).toBe(0);
    expect(printed.stdout.trim()).toBe(waiting?.transaction);
    expect(printed.stderr).toContain('weight 1 of 2');

    const stranger = randomKeyPair(systemIds);
    const wrong = await addSignatures(waiting?.transaction ?? '', PASSPHRASE, [stranger]);
    expect((await json(['tx', 'sign', id], { input: wrong.xdr }, 1)).error.code).toBe('SIGNATURE_UNKNOWN');
    expect((await json(['tx', 'sign', id], { input: 'nonsense' }, 2)).error.code).toBe('ENVELOPE_UNREADABLE');
    expect((await json(['tx', 'sign', id, '--stdin'], {}, 2)).error.code).toBe('NOTHING_GIVEN');
    const argument = await project.anchor(['tx', 'sign', id, ada.seed, '--json']);
    expect(argument.code).toBe(2);
    expect(argument.stdout + argument.stderr).not.toContain(ada.seed);

    const right = await addSignatures(waiting?.transaction ?? '', PASSPHRASE, [ada]);
    const done = await json(['tx', 'sign', id], { input: right.xdr });
    expect(done).toMatchObject({ added: [ada.publicKey], weight: 2, needed: 2, complete: true });
    const ended = await deposit.ended;
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ id, status: 'completed' });
    expect((await json(['tx', 'sign', id], {}, 1)).error.code).toBe('NOTHING_TO_SIGN');
    expect((await json(['tx', 'sign', 'nobody'], {}, 1)).error.code).toBe('ENVELOPE_NOT_FOUND');
  }, 120_000);

  it('signs with a seed of the environment, which nothing repeats', async () => {
    const deposit = project.start(['wallet', 'deposit', '5', 'SRT', '--timeout', '90', '--json']);
    await until(async () => (await listed()).length === 1, 'an envelope waits for signatures');
    const [waiting] = await listed();
    const ended = await project.anchor(['tx', 'sign', waiting?.hash ?? ''], {
      env: { COSIGNER_SEED: ada.seed },
    });
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout + ended.stderr).not.toContain(ada.seed);
    expect((await deposit.ended).code).toBe(0);
  }, 120_000);
});

describe('anchor signer', () => {
  it('signs for an asset whose key is nowhere else, and payments wait while it is away', async () => {
    await fetch(`${project.horizonUrl}/friendbot?addr=${vault.publicKey}`);
    const missing = ['add-asset', 'XLM', '--distribution', ada.publicKey];
    expect((await json(missing, {}, 1)).error.code).toBe('ACCOUNT_MISSING');
    const { issuer } = (await json(['assets'])).assets[0];
    const untrusted = ['add-asset', 'OTHER', '--issuer', issuer, '--distribution', vault.publicKey];
    expect((await json(untrusted, {}, 1)).error.code).toBe('TRUSTLINE_MISSING');
    expect(await json(['add-asset', 'XLM', '--distribution', vault.publicKey])).toMatchObject({
      distribution: vault.publicKey,
      created: true,
    });
    const deposit = project.start(['wallet', 'deposit', '10', 'XLM', '--timeout', '90', '--json']);
    const show = async () => (await json(['tx', 'list', '--asset', 'native'])).transactions[0];
    await until(async () => {
      const row = await show();
      const waiting = row === undefined ? null : (await json(['tx', 'show', row.id])).waiting_for;
      return waiting?.code === 'signatures' && waiting.text.includes('does not answer');
    }, 'it waits for the signer');
    expect(
      (await json(['signer', '--port', String(ports.signer)], { env: { SIGNER_SEEDS: 'S123' } }, 2)).error
        .code,
    ).toBe('SEED_INVALID');
    const signer = project.start(['signer', '--port', String(ports.signer), '--json'], {
      SIGNER_SEEDS: vault.seed,
    });
    await until(() => signer.output().includes(vault.publicKey), 'the signer listens');
    const ended = await deposit.ended;
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'completed' });
    expect((await fetch(`http://127.0.0.1:${ports.signer}/`, { method: 'POST', body: '{}' })).status).toBe(
      401,
    );
    expect((await fetch(`http://127.0.0.1:${ports.signer}/`)).status).toBe(404);
    expect(signer.output()).not.toContain(vault.seed);
    expect((await signer.kill('SIGTERM')).code).toBe(143);
  }, 150_000);
});

describe('anchor assets set', () => {
  it('takes rules for destinations and maximums, and refuses nonsense', async () => {
    const set = (...flags: string[]) => ['assets', 'set', 'SRT', ...flags];
    const rules = ['--missing-account', 'wait', '--starting-balance', '3', '--missing-trustline', 'wait'];
    const limits = ['--reclaim-days', '0', '--payment-max', '100', '--payment-day', '500.5'];
    expect((await json(set(...rules, ...limits))).payments).toEqual({
      missing_account: 'wait',
      starting_balance: '3',
      missing_trustline: 'wait',
      reclaim_days: 0,
      max: '100',
      day: '500.5',
    });
    const back = [
      '--missing-account',
      'default',
      '--starting-balance',
      'none',
      '--missing-trustline',
      'default',
    ];
    const none = ['--reclaim-days', '90', '--payment-max', 'none', '--payment-day', 'none'];
    expect((await json(set(...back, ...none))).payments).toMatchObject({ missing_account: null, max: null });
    for (const bad of [
      ['--missing-account', 'maybe'],
      ['--missing-trustline', 'create'],
      ['--reclaim-days', '-1'],
      ['--reclaim-days', '3651'],
      ['--payment-max', '0'],
      ['--payment-day', 'lots'],
      ['--starting-balance', '0'],
    ]) {
      expect((await json(set(...bad), {}, 2)).error.code).toMatch(/OPTION_INVALID/);
    }
  });
});
