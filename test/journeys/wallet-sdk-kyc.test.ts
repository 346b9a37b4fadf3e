import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Horizon, Keypair, Networks } from '@stellar/stellar-sdk';
import {
  ApplicationConfiguration,
  SigningKeypair,
  StellarConfiguration,
  Wallet,
} from '@stellar/typescript-wallet-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERSON, png } from '../seps/sep12-kyc/kyc.ts';
import { createTestProject, type TestProject } from '../support/project.ts';

// SEP-12 with the official wallet SDK as the client, and the operator at the command line, against `anchor serve` as a process of its own.

let project: TestProject;
let wallet: Wallet;
const home = () => ({ homeDomain: `localhost:${project.port}`, allowHttp: true });

beforeAll(async () => {
  project = await createTestProject({
    flags: ['--seps', '1,10,12,24'],
    env: { STELLAR_NETWORK_PASSPHRASE: Networks.TESTNET },
  });
  const toml = join(project.dir, 'anchor.toml');
  writeFileSync(
    toml,
    readFileSync(toml, 'utf8').replace('"email_address"', '"email_address", "photo_id_front?"'),
  );
  await project.serve();
  const stellarConfiguration = new StellarConfiguration({
    network: Networks.TESTNET,
    horizonUrl: 'https://localhost',
    baseFee: 1000,
    defaultTimeout: 60,
  });
  stellarConfiguration.horizonUrl = project.horizonUrl;
  stellarConfiguration.server = new Horizon.Server(project.horizonUrl, {
    allowHttp: true,
  }) as unknown as typeof stellarConfiguration.server;
  wallet = new Wallet({ stellarConfiguration, applicationConfiguration: new ApplicationConfiguration() });
}, 120_000);
afterAll(async () => {
  await project?.remove();
});

const login = async (memoId?: string) => {
  const accountKp = SigningKeypair.fromSecret(Keypair.random().secret());
  const auth = await wallet.anchor(home()).sep10();
  return auth.authenticate({ accountKp, ...(memoId === undefined ? {} : { memoId }) });
};
const anchorJson = async (...args: string[]) => {
  const { code, stdout, stderr } = await project.anchor([...args, '--json']);
  return { code, out: JSON.parse(stdout || '{}') as Record<string, unknown>, stderr };
};

describe('the official wallet SDK, SEP-12', () => {
  it('adds, reads, updates and deletes a customer (S12-12, S12-23, S12-26, S12-34)', async () => {
    const authToken = await login();
    const sep12 = await wallet.anchor(home()).sep12(authToken);
    await expect(sep12.getCustomer({ type: 'sep6' })).rejects.toThrow();
    const { id } = await sep12.add({ sep9Info: { first_name: 'Ada', last_name: 'Lovelace' }, type: 'sep6' });
    expect(await sep12.getCustomer({ id, type: 'sep6' })).toMatchObject({
      id,
      status: 'NEEDS_INFO',
      fields: { email_address: { type: 'string' } },
    });
    expect(
      await sep12.update({ id, sep9Info: { email_address: PERSON.email_address }, type: 'sep6' }),
    ).toEqual({ id });
    expect(
      (await sep12.getCustomer({ id, type: 'sep6', lang: 'es' })).provided_fields?.['first_name'],
    ).toMatchObject({
      description: 'Nombre',
      status: 'ACCEPTED',
    });
    await sep12.delete();
    await expect(sep12.getCustomer({ id })).rejects.toThrow();
  });

  it('keeps memos apart, and takes a file (S12-10, S12-30)', async () => {
    const sep12 = await wallet.anchor(home()).sep12(await login());
    const one = await sep12.add({ sep9Info: PERSON, memo: '1' });
    const two = await sep12.add({ sep9Info: PERSON, memo: '2', sep9BinaryInfo: { photo_id_front: png() } });
    expect(one.id).not.toBe(two.id);
    expect((await sep12.getCustomer({ memo: '1' })).id).toBe(one.id);
    const shown = await anchorJson('customers', 'show', two.id);
    expect(shown).toMatchObject({ code: 0, out: { id: two.id, memo: '2' } });
    const path = join(project.dir, 'front.png');
    const file = await anchorJson('customers', 'file', two.id, 'photo_id_front', '--output', path);
    expect(file).toMatchObject({ code: 0, out: { content_type: 'image/png', path } });
    expect(readFileSync(path)).toEqual(png());
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await anchorJson('customers', 'file', two.id, 'photo_id_front', '--output', path)).code).toBe(1);
  });

  it('the operator lists, asks for more, and rejects, and the wallet sees it (S12-16, S12-17, S12-43)', async () => {
    const sep12 = await wallet.anchor(home()).sep12(await login('7'));
    const { id } = await sep12.add({ sep9Info: PERSON, type: 'sep6' });
    const { out } = await anchorJson('customers', 'list', '--status', 'ACCEPTED');
    expect((out['customers'] as { id: string }[]).map((one) => one.id)).toContain(id);
    const how = ['--reason', 'checked', '--by', 'grace'];
    const asked = await anchorJson(
      'customers',
      'ask',
      id,
      'last_name',
      '--message',
      'Spelled wrong.',
      ...how,
    );
    expect(asked.code).toBe(0);
    expect(await sep12.getCustomer({ id })).toMatchObject({
      status: 'NEEDS_INFO',
      provided_fields: { last_name: { status: 'REJECTED', error: 'Spelled wrong.' } },
    });
    expect((await anchorJson('customers', 'accept', id, ...how)).code).toBe(2);
    expect((await anchorJson('customers', 'reject', id, '--message', 'Sorry.', ...how)).code).toBe(0);
    expect(await sep12.getCustomer({ id })).toMatchObject({ status: 'REJECTED', message: 'Sorry.' });
    expect((await anchorJson('customers', 'reopen', id, ...how)).code).toBe(0);
    expect((await anchorJson('customers', 'erase', id, ...how)).code).toBe(0);
    expect((await anchorJson('customers', 'show', id)).code).toBe(1);
    expect((await anchorJson('customers', 'accept', id)).code).toBe(2);
  });

  it('anchor doctor looks at it as a wallet does', async () => {
    const { out } = await anchorJson('doctor', project.homeUrl);
    const checks = out['checks'] as { id: string; status: string }[];
    const found = Object.fromEntries(
      checks.filter(({ id }) => id.startsWith('sep12')).map(({ id, status }) => [id, status]),
    );
    expect(found).toEqual({ sep12: 'ok', sep12_cors: 'ok' });
  });
});
