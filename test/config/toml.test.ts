import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/config/environment.ts';
import { findProjectRoot, loadProject, nearest } from '../../src/config/index.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { faultList, faultsOf, load, projectFolder } from './project-folder.ts';

const SEED = 'SAV76USXIJOBMEQXPANUOQM6F5LIOTLPDIDVRJBFFE2MDJXG24TAPUU7';

const toml = (content: string) => ({ 'anchor.toml': content });

describe('anchor.toml', () => {
  it('may be empty', async () => {
    expect(await load()).toMatchObject({
      organization: { name: 'Anchor' },
      seps: [1, 10, 24],
      branding: { accent: '#3e1bdb', logo: undefined },
      sep10: { clientDomainRequired: false, clientDomains: [], tokenLifetimeSeconds: 86_400 },
      sep24: { claimableBalances: true, accountCreation: true },
      sep31: { senders: [], fundingMethods: ['SEPA'], quotesRequired: false, acceptUnverified: false },
      transfers: { expireHours: 72 },
      stellar: { startingBalance: 20_100_000n, maxFee: 100_000n },
      jobIntervalSeconds: 2,
    });
  });

  it('is found from folders below, and missed where there is none', async () => {
    const root = projectFolder();
    mkdirSync(join(root, 'a/b'), { recursive: true });
    expect(findProjectRoot(join(root, 'a/b'))).toBe(root);
    expect(findProjectRoot(join(root, 'anchor.toml'))).toBe(root);
    expect((await loadProject({ dir: join(root, 'a'), env: {} })).root).toBe(root);
    expect(() => findProjectRoot('/')).toThrow(expect.objectContaining({ code: 'PROJECT_NOT_FOUND' }));
    expect(() => findProjectRoot(join(root, '../absent'))).toThrow(
      expect.objectContaining({ code: 'PROJECT_NOT_FOUND' }),
    );
  });

  it('fills the project', async () => {
    const project = await load(
      toml(`\uFEFFseps = [24, 1, 10]
        [organization]
        name = "Ünï \\"quoted\\" & <b>"
        url = "https://example.com/"
        support_email = "help@example.com"
        [network]
        name = "sandbox"
        passphrase = "Mine"
        [setup]
        asset = "SRT"
        issuer = "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7"
        [branding]
        accent = "#00ff88"
        logo = "/logo.svg"
        [sep10]
        client_domain_required = true
        client_domains = ["wallet.example"]
        home_domains = ["other.example"]
        token_lifetime_seconds = 3600
        [sep24]
        claimable_balances = false
        [transfers]
        expire_hours = 0.5
        [stellar]
        starting_balance = "3"
        max_fee = 0.5
        [sandbox]
        close_ms = 200
        state = "memory"
        [jobs]
        interval_seconds = 0.25`),
    );
    expect(project).toMatchObject({
      seps: [1, 10, 24],
      organization: {
        name: 'Ünï "quoted" & <b>',
        url: 'https://example.com',
        supportEmail: 'help@example.com',
      },
      network: { passphrase: 'Mine' },
      setup: { asset: 'SRT' },
      branding: { accent: '#00ff88', logo: '/logo.svg' },
      homeDomains: ['localhost:8000', 'other.example'],
      sep10: { clientDomainRequired: true, clientDomains: ['wallet.example'], tokenLifetimeSeconds: 3600 },
      sep24: { claimableBalances: false, accountCreation: true },
      transfers: { expireHours: 0.5 },
      stellar: { startingBalance: 30_000_000n, maxFee: 5_000_000n },
      sandbox: { closeMs: 200, state: 'memory' },
      jobIntervalSeconds: 0.25,
    });
  });

  it('refuses unknown keys and names the one that was meant', async () => {
    const { faults } = await faultsOf(
      toml(`sep = [1]
        [organisation]
        name = "x"
        [sep10]
        clientDomains = []
        expire_hours = 3
        zzz = 1
        [jobs.inner]
        interval_seconds = 1`),
    );
    expect(faults.map(({ code, where, fix }) => `${code} ${where} ${fix}`)).toEqual([
      expect.stringMatching(/^UNKNOWN_KEY anchor.toml: sep .*\bseps\b/),
      expect.stringMatching(/^UNKNOWN_KEY anchor.toml: organisation .*\borganization\b/),
      expect.stringMatching(/^UNKNOWN_KEY anchor.toml: sep10.clientDomains .*\bclient_domains\b/),
      expect.stringMatching(/^UNKNOWN_KEY anchor.toml: sep10.expire_hours .*\btransfers.expire_hours\b/),
      expect.stringMatching(/^UNKNOWN_KEY anchor.toml: sep10.zzz .*\bclient_domains\b/),
      expect.stringMatching(/^UNKNOWN_KEY anchor.toml: jobs.inner /),
    ]);
  });

  it('refuses values of another kind or range', async () => {
    const bad: Record<string, string[]> = {
      seps: ['24', '["24"]', '[24.5]', '[2]', '[1, 1, 10]', '[{}]'],
      'organization.name': ['""', '" "', '7', '"a\\u0000b"', '"a\\nb"', '["x"]'],
      'organization.url': ['"example.com"', '"javascript:x"', '"https://u:p@example.com"'],
      'organization.support_email': ['"help"', '"a b@example.com"'],
      'network.name': ['"mainnet"', '1'],
      'setup.asset': ['"TOOLONGASSETCODE"', '"a-b"', '""'],
      'setup.issuer': ['"GABC"'],
      'branding.accent': ['"blue"', '"#12"', '"#12345g"', '"red;}"'],
      'branding.logo': ['"logo.svg"', '"//evil.example/x"', '"http://example.com/x"', '"/a b"'],
      'sep10.client_domain_required': ['"true"', '1'],
      'sep10.client_domains': ['"a.example"', '["https://a.example"]', '["a b"]', '[""]'],
      'sep10.token_lifetime_seconds': ['59', '604801', '3600.5', '"3600"', 'nan'],
      'transfers.expire_hours': ['0', '-1', 'inf', '"72"'],
      'stellar.starting_balance': ['"0.5"', '"-3"', '"1e3"', '"1001"', '"2.00000001"', 'true'],
      'stellar.max_fee': ['"0"', '"11"'],
      'sandbox.close_ms': ['0', '1.5'],
      'jobs.interval_seconds': ['0', '"5"', '3601'],
    };
    for (const [path, values] of Object.entries(bad)) {
      const [section, key] = path.includes('.') ? path.split('.') : [undefined, path];
      for (const value of values) {
        const found = await faultList(
          toml(`${section === undefined ? '' : `[${section}]\n`}${key} = ${value}`),
        );
        expect({ path, value, found }).toEqual({
          path,
          value,
          found: [`VALUE_INVALID anchor.toml: ${path}`],
        });
      }
    }
  });

  it('refuses SEPs without those that they need', async () => {
    expect(await faultList(toml('seps = [24]'))).toEqual(['VALUES_CONFLICT anchor.toml: seps']);
    expect(await faultList(toml('seps = [1]'))).toEqual([]);
  });

  it('refuses a section that is none', async () => {
    expect(await faultList(toml('network = "testnet"'))).toEqual(['VALUE_INVALID anchor.toml: network']);
    expect(await faultList(toml('[[network]]\nname = "testnet"'))).toEqual([
      'VALUE_INVALID anchor.toml: network',
    ]);
  });

  it('names line and column of what is no TOML', async () => {
    expect(await faultList(toml('seps = [1, 10\n[network]\nname = x'))).toEqual([
      expect.stringMatching(/^TOML_UNREADABLE anchor.toml:\d+:\d+$/),
    ]);
  });

  it('refuses a secret key and does not repeat it', async () => {
    for (const content of [
      `signing_seed = "${SEED}"`,
      `[organization]\nname = "${SEED}"`,
      `seed = "${SEED}`,
    ]) {
      const { faults, text } = await faultsOf(toml(content));
      expect(faults).toHaveLength(1);
      expect(text).not.toContain(SEED);
    }
    expect(await faultList(toml(`[setup]\nissuer = "${SEED}"`))).toEqual([
      'SECRET_MISPLACED anchor.toml: setup.issuer',
    ]);
  });

  it('suggests names that are near, and none that are not', () => {
    expect(nearest('clientdomain', ['client_domains', 'home_domains'])).toBe('client_domains');
    expect(nearest('nmae', ['name', 'url'])).toBe('name');
    expect(nearest('completely_else', ['name', 'url'])).toBeUndefined();
  });
});

describe('docs/reference/configuration.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference/configuration.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Za-z0-9_.]+)`(?: ¹)? \|/gm)].map(([, name]) => name);

  it('explains every key and variable once, and no other', () => {
    const known = [
      ...Object.keys(SETTINGS),
      ...Object.keys(VARIABLES),
      'anchor.toml',
      'TEST_POSTGRES_URL',
      'CI',
    ];
    expect(rows.filter((name) => name !== 'integrations.ts').sort()).toEqual(known.sort());
  });

  it('marks what can be read from a file', () => {
    for (const [name, { file }] of Object.entries(VARIABLES)) {
      expect({ name, marked: page.includes(`| \`${name}\` ¹ |`) }).toEqual({ name, marked: file });
    }
  });
});
