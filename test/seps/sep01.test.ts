import { createRequire } from 'node:module';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Integrations, TomlAdditions } from '../../src/config/integrations.ts';
import type { Organization, Project } from '../../src/config/project.ts';
import { insertAsset, type NewAsset } from '../../src/database/repositories/assets.ts';
import { isoTime } from '../../src/kernel/clock.ts';
import { encodeStrKey } from '../../src/kernel/strkey.ts';
import { createSep1 } from '../../src/seps/sep01-toml/index.ts';
import { writeToml } from '../../src/seps/sep01-toml/write.ts';
import { sep10 } from '../../src/seps/sep10-auth/index.ts';
import type { SepModule } from '../../src/seps/shared/module.ts';
import { activeSeps } from '../../src/server/seps.ts';
import { type TestAnchor, testAnchor } from './anchor.ts';
import { testKey } from './wallet.ts';

/** The parser that the SDK and the official test suite read stellar.toml with: the grammar of TOML 0.4 (S1-05). */
const fromSdk = createRequire(createRequire(import.meta.url).resolve('@stellar/stellar-sdk'));
const oldParser = fromSdk('toml') as { parse(text: string): unknown };

const PATH = '/.well-known/stellar.toml';
const issuer = testKey().publicKey;
const distribution = testKey().publicKey;
let anchor: TestAnchor;

const transfer: SepModule = {
  id: 24,
  title: 'x',
  toml: (ctx) => ({ TRANSFER_SERVER_SEP0024: `${ctx.project.hostUrl}/sep24/` }),
  routes: () => expect.unreachable(),
  jobs: [],
  needs: [],
  endpoints: [],
};

const asset = (over: Partial<NewAsset>): NewAsset => ({
  id: over.code ?? 'SRT',
  code: 'SRT',
  issuer,
  distribution_account: distribution,
  created_at: isoTime(0),
  ...over,
});

beforeAll(async () => {
  anchor = await testAnchor();
  const { read } = anchor.ctx.db;
  await insertAsset(read, asset({ anchored_asset: 'iso4217:USD', significant_decimals: 2 }));
  await insertAsset(
    read,
    asset({ code: 'TWELVELETTER', anchored_asset: null, description: 'A "quoted"\nthing' }),
  );
  await insertAsset(read, asset({ code: 'native', issuer: '', distribution_account: testKey().publicKey }));
});
afterAll(() => anchor.close());

function routesWith(project: Partial<Project> = {}) {
  return createSep1([sep10, transfer]).routes({
    ...anchor.ctx,
    project: { ...anchor.ctx.project, ...project },
  });
}

type Toml = Record<string, never> & {
  DOCUMENTATION: Record<string, string>;
  CURRENCIES: Record<string, unknown>[];
};

async function fileWith(project: Partial<Project> = {}): Promise<Toml> {
  const answer = await routesWith(project).request(PATH);
  const text = await answer.text();
  expect([answer.status, answer.status === 200 ? '' : text]).toEqual([200, '']);
  const file = parse(text);
  expect(plain(oldParser.parse(text))).toEqual(plain(file));
  return file as Toml;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const withToml = (toml: Integrations['toml']): Partial<Project> => ({ integrations: { toml } });
const adding = (additions: TomlAdditions): Partial<Project> => withToml(() => additions);

describe('GET /.well-known/stellar.toml', () => {
  it('answers text with CORS and a short life (S1-01, S1-02, S1-03, S1-32)', async () => {
    const answer = await routesWith().request(PATH);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const { network } = anchor.ctx.project;
    const live = await routesWith({ network: { ...network, name: 'public' } }).request(PATH);
    expect(live.headers.get('cache-control')).toBe('public, max-age=60');
    const preflight = await routesWith().request(PATH, { method: 'OPTIONS' });
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect((await routesWith().request(PATH, { method: 'HEAD' })).status).toBe(200);
    const post = await routesWith().request(PATH, { method: 'POST', body: 'x' });
    expect(post.status).toBe(405);
    expect(post.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('names version, network, signing key and accounts (S1-07, S1-08, S1-11, S1-15)', async () => {
    const file = await fileWith();
    expect(file['VERSION']).toBe('2.7.0');
    expect(file['NETWORK_PASSPHRASE']).toBe(anchor.ctx.project.network.passphrase);
    expect(file['SIGNING_KEY']).toBe(anchor.signing.publicKey);
    expect(file['ACCOUNTS']).toContain(distribution);
    expect(new Set(file['ACCOUNTS']).size).toBe(2);
    expect(file).not.toHaveProperty('AUTH_SERVER');
  });

  it('has endpoints without a slash at the end, on the https host (S1-09, S1-10, S1-18)', async () => {
    const project = {
      hostUrl: 'https://anchor.example',
      organization: { name: 'A', url: 'https://anchor.example/', logo: 'https://anchor.example/logo.png' },
    };
    const file = await fileWith(project);
    expect(file['WEB_AUTH_ENDPOINT']).toBe('https://anchor.example/auth');
    expect(file['TRANSFER_SERVER_SEP0024']).toBe('https://anchor.example/sep24');
    expect(file.DOCUMENTATION['ORG_URL']).toBe('https://anchor.example');
    expect(JSON.stringify(file)).not.toMatch(/\/"/);
  });

  it('names the servers of customers and quotes where payments or exchanges need them (S1-13, S1-14)', async () => {
    const project = {
      ...anchor.ctx.project,
      seps: [1, 10, 12, 31, 38] as const,
      hostUrl: 'https://anchor.example',
    };
    const active = activeSeps({ ...project, seps: [...project.seps] });
    const answer = await createSep1(active)
      .routes({ ...anchor.ctx, project: { ...project, seps: [...project.seps] } })
      .request(PATH);
    expect(parse(await answer.text())).toMatchObject({
      DIRECT_PAYMENT_SERVER: 'https://anchor.example/sep31',
      KYC_SERVER: 'https://anchor.example/kyc',
      ANCHOR_QUOTE_SERVER: 'https://anchor.example/sep38',
    });
    // without them SEP-31 does not start
    expect(active.find(({ id }) => id === 31)?.needs).toContain(12);
  });

  it('gives every currency the required keys (S1-20, S1-21, S1-22, S1-23, S1-28)', async () => {
    const [first, second, ...rest] = (await fileWith()).CURRENCIES;
    expect(rest).toEqual([]);
    expect(first).toEqual({
      code: 'SRT',
      issuer,
      status: 'test',
      display_decimals: 2,
      name: 'SRT',
      desc: expect.any(String),
      is_unlimited: true,
      is_asset_anchored: true,
      anchor_asset_type: 'fiat',
      anchor_asset: 'USD',
    });
    expect(second).toMatchObject({
      code: 'TWELVELETTER',
      is_asset_anchored: false,
      desc: 'A "quoted"\nthing',
    });
    const { network } = anchor.ctx.project;
    const live = await fileWith({ network: { ...network, name: 'public' } });
    expect(live.CURRENCIES[0]!['status']).toBe('live');
    expect(live).not.toHaveProperty('HORIZON_URL');
  });

  it('is the same whatever Host and X-Forwarded headers say', async () => {
    const text = await (await routesWith().request(PATH)).text();
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      origin: 'null',
    };
    expect(await (await routesWith().request(PATH, { headers })).text()).toBe(text);
    expect(await (await routesWith().request(`http://evil.example${PATH}?x=1`)).text()).toBe(text);
  });

  it('has all of the organization, whatever characters it holds (S1-05, S1-17)', async () => {
    const organization: Organization = {
      name: 'Ünï "Anchor" \\ \'Ltd\' 🚀 # [x] = 1',
      dba: 'tab\tnew\nline\r\u0000\u001f\u007f',
      description: '"""\n[[CURRENCIES]]\ncode = "EVIL"\n',
      physicalAddress: '\u2028\ufeff\ud800 alone',
      phoneNumber: '+14155550100',
      officialEmail: 'a@anchor.example',
      supportEmail: 's@anchor.example',
      licensingAuthority: "''' \\u0041",
      licenseType: '',
    };
    const file = await fileWith({ organization });
    expect(file.DOCUMENTATION['ORG_NAME']).toBe(organization.name);
    expect(file.DOCUMENTATION['ORG_DBA']).toBe(organization.dba);
    expect(file.DOCUMENTATION['ORG_DESCRIPTION']).toBe(organization.description);
    expect(file.DOCUMENTATION['ORG_PHYSICAL_ADDRESS']).toBe('\u2028\ufeff\ufffd alone');
    expect(file.DOCUMENTATION['ORG_LICENSING_AUTHORITY']).toBe(organization.licensingAuthority);
    expect(file.DOCUMENTATION).not.toHaveProperty('ORG_LICENSE_TYPE');
    expect(file.CURRENCIES.map((currency) => currency['code'])).not.toContain('EVIL');
  });
});

describe('the toml integration', () => {
  it('adds documentation, principals, validators and keys of its own (S1-16, S1-17, S1-19, S1-29)', async () => {
    const file = await fileWith(
      adding({
        DOCUMENTATION: { ORG_PHONE_NUMBER_ATTESTATION: 'https://anchor.example/phone', ORG_NAME: 'ignored' },
        PRINCIPALS: [{ name: 'Jane', email: 'jane@anchor.example' }, { name: 'Jo' }],
        VALIDATORS: [{ ALIAS: 'sdf-1', PUBLIC_KEY: issuer }],
        URI_REQUEST_SIGNING_KEY: issuer,
        SIGNING_KEY: issuer,
        NETWORK_PASSPHRASE: 'ignored',
      }),
    );
    expect(file.DOCUMENTATION).toMatchObject({
      ORG_NAME: 'Test Anchor',
      ORG_PHONE_NUMBER_ATTESTATION: 'https://anchor.example/phone',
    });
    expect(plain(file['PRINCIPALS'])).toEqual([
      { name: 'Jane', email: 'jane@anchor.example' },
      { name: 'Jo' },
    ]);
    expect(plain(file['VALIDATORS'])).toEqual([{ ALIAS: 'sdf-1', PUBLIC_KEY: issuer }]);
    expect(file['URI_REQUEST_SIGNING_KEY']).toBe(issuer);
    expect(file['SIGNING_KEY']).toBe(anchor.signing.publicKey);
    expect(file['NETWORK_PASSPHRASE']).toBe(anchor.ctx.project.network.passphrase);
  });

  it('adds to a currency, never changing which asset it is (S1-21, S1-24, S1-25, S1-26, S1-31)', async () => {
    const contract = encodeStrKey('contract', Buffer.alloc(32, 1));
    const more = {
      code: 'SRT',
      desc: 'Our own words',
      max_number: 1000,
      redemption_instructions: 'Bring it back',
      collateral_addresses: ['a', 'b'],
      regulated: true,
      approval_server: 'https://anchor.example/approve',
    };
    const file = await fileWith(
      adding({
        CURRENCIES: [
          more,
          { code: 'OTHER', contract, is_unlimited: true },
          { code: 'FIX', issuer, fixed_number: 5 },
        ],
      }),
    );
    const srt = file.CURRENCIES.find((currency) => currency['code'] === 'SRT')!;
    expect(plain(srt)).toMatchObject({ ...more, issuer, is_asset_anchored: true });
    expect(srt).not.toHaveProperty('is_unlimited');
    expect(file.CURRENCIES.map((currency) => currency['code'])).toEqual([
      'SRT',
      'TWELVELETTER',
      'OTHER',
      'FIX',
    ]);
  });

  const bad: [string, Integrations['toml']][] = [
    ['throws', () => Promise.reject(new Error('no connection to the CMS'))],
    ['answers nothing', () => undefined as never],
    ['answers text', () => 'x' as never],
    ['has a currency without code', () => ({ CURRENCIES: [{}] }) as never],
    ['has a currency without issuer (S1-20)', () => ({ CURRENCIES: [{ code: 'NEW', is_unlimited: true }] })],
    [
      'has a currency with issuer and contract (S1-20)',
      () => ({ CURRENCIES: [{ code: 'SRT', contract: 'C' }] }),
    ],
    [
      'has a code of 13 characters (S1-20)',
      () => ({ CURRENCIES: [{ code: 'ABCDEFGHIJKLM', issuer, is_unlimited: true }] }),
    ],
    ['has two supplies (S1-21)', () => ({ CURRENCIES: [{ code: 'SRT', fixed_number: 1, max_number: 2 }] })],
    ['has a name of 21 characters (S1-23)', () => ({ CURRENCIES: [{ code: 'SRT', name: 'x'.repeat(21) }] })],
    ['has 8 decimals (S1-23)', () => ({ CURRENCIES: [{ code: 'SRT', display_decimals: 8 }] })],
    ['has an unknown status (S1-23)', () => ({ CURRENCIES: [{ code: 'SRT', status: 'good' }] })],
    ['has an unknown type (S1-23)', () => ({ CURRENCIES: [{ code: 'SRT', anchor_asset_type: 'gold' }] })],
    ['has an array of two types (S1-05)', () => ({ THINGS: [1, 'a'] })],
    ['is larger than 100 KB (S1-04)', () => ({ DOCUMENTATION: { X: 'x'.repeat(100_000) } })],
  ];
  it.each(bad)('that %s is an error that one can read, never a broken file', async (_, toml) => {
    const answer = await routesWith(withToml(toml)).request(PATH);
    expect(answer.status).toBe(500);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const text = await answer.text();
    expect(text).not.toContain('NETWORK_PASSPHRASE');
    expect(text).toMatch(/toml/);
    const { network } = anchor.ctx.project;
    const live = routesWith({ ...withToml(toml), network: { ...network, name: 'public' } });
    expect(await (await live.request(PATH)).text()).not.toMatch(/CMS|currency|integration/);
  });
});

describe('writing TOML', () => {
  it('is read back by old and new parsers alike (S1-05)', () => {
    const value = {
      a: 'x',
      'odd key': 'y',
      'quo"ted': 1,
      int: -5,
      float: 1.5,
      yes: true,
      list: ['a', 'b'],
      numbers: [1, 2],
      none: [],
      table: { x: 'y', inner: { z: 'w' } },
      tables: [{ n: 1 }, { n: 2, inner: { z: 3 } }],
    };
    const text = writeToml({ ...value, left: null, out: undefined });
    expect(plain(parse(text))).toEqual(value);
    expect(plain(oldParser.parse(text))).toEqual(value);
  });
});
