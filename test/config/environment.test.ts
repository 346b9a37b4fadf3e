import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PASSPHRASES } from '../../src/config/index.ts';
import { encodeStrKey } from '../../src/kernel/strkey.ts';
import { faultList, faultsOf, load } from './project-folder.ts';

const SEED = 'SAV76USXIJOBMEQXPANUOQM6F5LIOTLPDIDVRJBFFE2MDJXG24TAPUU7';
const OTHER_SEED = encodeStrKey('seed', randomBytes(32));
const KEY = `k1:${randomBytes(32).toString('base64')}`;

describe('environment', () => {
  it('has defaults for the sandbox', async () => {
    const project = await load();
    expect(project).toMatchObject({
      port: 8000,
      sandboxPort: 8001,
      hostUrl: 'http://localhost:8000',
      homeDomain: 'localhost:8000',
      homeDomains: ['localhost:8000'],
      localMode: true,
      databaseUrl: `sqlite:${join(project.root, 'data/anchor-sandbox.db')}`,
      network: {
        name: 'sandbox',
        passphrase: 'Create Anchor Sandbox ; 2026',
        horizonUrl: 'http://localhost:8001',
        friendbotUrl: 'http://localhost:8001/friendbot',
      },
    });
  });

  it('follows PORT and SANDBOX_PORT', async () => {
    expect(await load({}, { PORT: '9100' })).toMatchObject({
      port: 9100,
      hostUrl: 'http://localhost:9100',
      network: { horizonUrl: 'http://localhost:9101' },
    });
    expect(await load({}, { SANDBOX_PORT: '7000' })).toMatchObject({
      port: 8000,
      network: { friendbotUrl: 'http://localhost:7000/friendbot' },
    });
    expect((await load({}, { HORIZON_URI: 'http://127.0.0.1:5/' })).network).toMatchObject({
      horizonUrl: 'http://127.0.0.1:5',
      friendbotUrl: 'http://127.0.0.1:5/friendbot',
    });
  });

  it('knows the networks', async () => {
    const rails = 'export default { rails: { pollDeposits() {}, payout() {} } }';
    const at = (STELLAR_NETWORK: string) =>
      load({ 'integrations.ts': rails }, { STELLAR_NETWORK, HOST_URL: 'https://anchor.example/' });
    const testnet = await at('testnet');
    expect(testnet).toMatchObject({
      hostUrl: 'https://anchor.example',
      homeDomain: 'anchor.example',
      localMode: false,
    });
    expect(testnet.network).toEqual({
      name: 'testnet',
      passphrase: 'Test SDF Network ; September 2015',
      horizonUrl: 'https://horizon-testnet.stellar.org',
      friendbotUrl: 'https://friendbot.stellar.org',
    });
    const live = await at('public');
    expect(live.databaseUrl).toBe(`sqlite:${join(live.root, 'data/anchor-public.db')}`);
    expect(live.network).toEqual({
      name: 'public',
      passphrase: PASSPHRASES.public,
      horizonUrl: 'https://horizon.stellar.org',
      friendbotUrl: undefined,
    });
  });

  it('takes several Horizon servers, each of them a safe address (F7)', async () => {
    const rails = 'export default { rails: { pollDeposits() {}, payout() {} } }';
    const at = (HORIZON_URI: string) =>
      load(
        { 'integrations.ts': rails },
        { STELLAR_NETWORK: 'public', HOST_URL: 'https://anchor.example/', HORIZON_URI },
      );
    expect((await at('https://a.example/, https://b.example')).network).toMatchObject({
      horizonUrl: 'https://a.example',
      otherHorizonUrls: ['https://b.example'],
    });
    for (const bad of [
      'https://a.example,',
      'https://a.example,http://b.example',
      'https://a.example,https://a.example',
    ]) {
      await expect(at(bad)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
  });

  it('is read from .env however that is written', async () => {
    const files = [
      `PORT=9000\nSIGNING_SEED=${SEED}\n`,
      `PORT = 9000\r\nSIGNING_SEED = ${SEED}\r\n`,
      `\uFEFFPORT="9000"\nSIGNING_SEED='${SEED}'`,
      `export PORT=9000 # the port\nexport SIGNING_SEED="${SEED}"`,
      `# a comment\n\n  PORT   =   '9000'  \n\tSIGNING_SEED=\t"${SEED}"  `,
    ];
    for (const file of files) {
      for (const content of [file, Buffer.from(`\uFEFF${file.replace(/^\uFEFF/, '')}`, 'utf16le')]) {
        const project = await load({ '.env': content });
        expect(project.port).toBe(9000);
        expect(project.secrets.signingSeed).toBe(SEED);
      }
    }
  });

  it('of the process beats .env, which beats anchor.toml; empty means unset', async () => {
    const files = {
      'anchor.toml': '[network]\nname = "testnet"',
      '.env': 'STELLAR_NETWORK=sandbox\nPORT=9000\nHOST_URL=\n',
    };
    const project = await load(files, { PORT: '9001', SANDBOX_PORT: '' });
    expect(project).toMatchObject({ port: 9001, sandboxPort: 9002, hostUrl: 'http://localhost:9001' });
    expect(project.network.name).toBe('sandbox');
    expect((await load(files, { PORT: ' ' })).port).toBe(9000);
  });

  it('takes secrets from the files that NAME_FILE names', async () => {
    const files = { 'secrets/seed': `${SEED}\n`, '.env': 'SIGNING_SEED_FILE=secrets/seed' };
    expect((await load(files)).secrets.signingSeed).toBe(SEED);
    expect((await load(files, { SIGNING_SEED: OTHER_SEED })).secrets.signingSeed).toBe(OTHER_SEED);
    expect(await faultList({ '.env': 'SIGNING_SEED_FILE=absent' })).toEqual([
      'ENV_UNREADABLE .env: SIGNING_SEED_FILE',
    ]);
  });

  it('reports every fault at once, where it was found', async () => {
    const env = {
      PORT: '80000',
      STELLAR_NETWORK: 'mainnet',
      HOST_URL: 'localhost',
      HORIZON_URI: 'ftp://h',
      LOCAL_MODE: 'maybe',
    };
    const files = {
      '.env': 'SANDBOX_PORT=http\nFRIENDBOT_URI=//f\nSIGNING_SEED=GABC\nDATABASE_URL=mysql://h/d',
    };
    expect(await faultList(files, env)).toEqual([
      'VALUE_INVALID environment: STELLAR_NETWORK',
      'VALUE_INVALID environment: PORT',
      'VALUE_INVALID .env: SANDBOX_PORT',
      'VALUE_INVALID environment: LOCAL_MODE',
      'VALUE_INVALID environment: HOST_URL',
      'VALUE_INVALID environment: HORIZON_URI',
      'VALUE_INVALID .env: FRIENDBOT_URI',
      'VALUE_INVALID .env: DATABASE_URL',
      'VALUE_INVALID .env: SIGNING_SEED',
    ]);
  });

  it('refuses ports that are none', async () => {
    for (const PORT of ['0', '-1', '8e3', '0x50', '65536', '80.5', '８０００', 'eighty', '1,000']) {
      expect(await faultList({}, { PORT })).toEqual(['VALUE_INVALID environment: PORT']);
    }
    expect(await faultList({}, { PORT: '65535' })).toEqual(['VALUE_MISSING SANDBOX_PORT']);
    expect(await faultList({}, { PORT: '9000', SANDBOX_PORT: '9000' })).toEqual([
      'VALUES_CONFLICT environment: SANDBOX_PORT',
    ]);
  });

  it('refuses addresses that wallets cannot use', async () => {
    const bad = [
      'anchor.example',
      'https://',
      'https://u:p@anchor.example',
      'https://anchor.example/path',
      'https://anchor.example?x',
      'https://anchor.example/#',
      'https://anchor example',
      'javascript:alert(1)',
      'http://anchor.example',
      'http://10.0.0.1:8000',
      'http://localhost.evil.example',
    ];
    for (const HOST_URL of bad) {
      expect(await faultList({}, { HOST_URL })).toEqual(['VALUE_INVALID environment: HOST_URL']);
    }
    for (const HOST_URL of [
      'http://127.0.0.1:9',
      'http://[::1]:9',
      'http://a.localhost:9',
      'https://anchor.example:8443',
    ]) {
      expect((await load({}, { HOST_URL })).homeDomain).toBe(HOST_URL.replace(/^https?:\/\//, ''));
    }
  });

  it('demands https on testnet and public, or LOCAL_MODE on localhost', async () => {
    for (const STELLAR_NETWORK of ['testnet', 'public']) {
      const env = { STELLAR_NETWORK, HOST_URL: 'http://localhost:8000' };
      const files = { 'integrations.ts': 'export default { rails: { pollDeposits() {}, payout() {} } }' };
      expect(await faultList(files, env)).toEqual(['VALUE_INVALID environment: HOST_URL']);
      expect(await faultList(files, { STELLAR_NETWORK })).toEqual(['VALUE_MISSING HOST_URL']);
      expect(await faultList(files, { ...env, LOCAL_MODE: 'true' })).toEqual([]);
      expect(await faultList(files, { ...env, LOCAL_MODE: '1', HOST_URL: 'http://a.example' })).toEqual([
        'VALUE_INVALID environment: HOST_URL',
      ]);
    }
    expect(await faultList({}, { LOCAL_MODE: 'false' })).toEqual(['VALUE_MISSING HOST_URL']);
  });

  it('refuses the passphrase of real money elsewhere, and plain http to the public network', async () => {
    const passphrase = { STELLAR_NETWORK_PASSPHRASE: PASSPHRASES.public };
    expect(await faultList({}, passphrase)).toEqual([
      'VALUES_CONFLICT environment: STELLAR_NETWORK_PASSPHRASE',
    ]);
    expect((await load({}, { STELLAR_NETWORK_PASSPHRASE: PASSPHRASES.testnet })).network.passphrase).toBe(
      PASSPHRASES.testnet,
    );
    const files = { 'integrations.ts': 'export default { rails: { pollDeposits() {}, payout() {} } }' };
    const live = { STELLAR_NETWORK: 'public', HOST_URL: 'https://a.example' };
    expect(await faultList(files, { ...live, HORIZON_URI: 'http://horizon.example' })).toEqual([
      'VALUE_INVALID environment: HORIZON_URI',
    ]);
    expect(await faultList(files, { ...live, HORIZON_URI: 'http://localhost:8000' })).toEqual([]);
    expect(await faultList(files, { ...live, ISSUER_SEED: SEED })).toEqual([
      'SECRET_MISPLACED environment: ISSUER_SEED',
    ]);
    expect(await faultList(files, { ...live, DISTRIBUTION_SEED: SEED })).toEqual([]);
  });

  it('checks the form of secrets and never repeats them', async () => {
    const wrong = SEED.slice(0, -1);
    const env = {
      SIGNING_SEED: wrong,
      DISTRIBUTION_SEED: SEED.toLowerCase(),
      ISSUER_SEED: `${SEED} `.repeat(2),
      SERVER_JWT_KEY: 'short-secret',
      ENCRYPTION_KEY: `k1:${'A'.repeat(20)}`,
      DATABASE_URL: 'oracle://u:hidden-password@h/d',
      HORIZON_URI: 'https://u:hidden-password@h.example',
    };
    const { faults, text } = await faultsOf({}, env);
    expect(faults.map(({ where }) => where.split(' ')[1]).sort()).toEqual(Object.keys(env).sort());
    const secrets = [wrong, SEED, SEED.toLowerCase(), 'short-secret', 'AAAAAA', 'hidden-password'];
    for (const secret of secrets) expect(text).not.toContain(secret);
    const good = {
      SIGNING_SEED: SEED,
      SERVER_JWT_KEY: 'x'.repeat(32),
      ENCRYPTION_KEY: `${KEY},k0:${KEY.slice(3)}`,
    };
    expect(await faultList({}, good)).toEqual([]);
    expect(await faultList({}, { ENCRYPTION_KEY: `${KEY},${KEY}` })).toHaveLength(1);
  });

  it('notices names in .env that are nearly ours, and leaves others to the anchor', async () => {
    const { faults } = await faultsOf({
      '.env':
        'HORIZON_URL=https://h.example\nENCRIPTION_KEY=x\nBANK_API_KEY=y\nREPORT=z\nPOST_URL=z\nPORTAL=z',
    });
    expect(faults).toEqual([
      expect.objectContaining({
        code: 'UNKNOWN_KEY',
        where: '.env: HORIZON_URL',
        fix: expect.stringContaining('HORIZON_URI'),
      }),
      expect.objectContaining({
        where: '.env: ENCRIPTION_KEY',
        fix: expect.stringContaining('ENCRYPTION_KEY'),
      }),
    ]);
  });

  it("gives the anchor's own variables to its code, and none of our secrets", async () => {
    const files = {
      '.env': `BANK_KEY_OF_TEST=from-file\nSIGNING_SEED=${SEED}`,
      'integrations.ts':
        'export default { toml: () => ({ KEY: process.env.BANK_KEY_OF_TEST, SEED: process.env.SIGNING_SEED ?? "none" }) }',
    };
    const toml = async () => (await load(files)).integrations.toml?.({} as never);
    expect(await toml()).toEqual({ KEY: 'from-file', SEED: 'none' });
    files['.env'] = 'BANK_KEY_OF_TEST=changed';
    expect(await toml()).toEqual({ KEY: 'changed', SEED: 'none' });
    process.env['BANK_KEY_OF_TEST'] = 'from-process';
    expect(await toml()).toEqual({ KEY: 'from-process', SEED: 'none' });
    delete process.env['BANK_KEY_OF_TEST'];
  });

  it('keeps the database where it is told', async () => {
    const urls: [string, string | null][] = [
      ['sqlite:other.db', 'sqlite:ROOT/other.db'],
      ['sqlite:/var/a.db', 'sqlite:/var/a.db'],
      ['postgres://u:p@h/d', 'postgres://u:p@h/d'],
      ['postgresql://h/d', 'postgresql://h/d'],
      ['sqlite::memory:', null],
      ['sqlite:', null],
      ['other.db', null],
    ];
    for (const [DATABASE_URL, expected] of urls) {
      if (expected === null) {
        expect(await faultList({}, { DATABASE_URL })).toEqual(['VALUE_INVALID environment: DATABASE_URL']);
      } else {
        const project = await load({}, { DATABASE_URL });
        expect(project.databaseUrl).toBe(expected.replace('ROOT', project.root));
      }
    }
  });
});
