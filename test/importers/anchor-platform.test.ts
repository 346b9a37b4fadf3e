import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readClients } from '../../src/config/clients.ts';
import { Faults } from '../../src/config/faults.ts';
import { offchainAssets } from '../../src/config/offchain.ts';
import { QUOTES_PRESET } from '../../src/config/project.ts';
import { createSecretBox } from '../../src/database/secret-box.ts';
import { importAnchorPlatform } from '../../src/importers/anchor-platform/index.ts';
import type { ImportContext } from '../../src/importers/context.ts';
import { isIncomplete } from '../../src/importers/report.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { keyPairFromSeed, randomKeyPair, randomSeed } from '../../src/stellar/keys.ts';
import { openDistributionSeed } from '../../src/transfers/index.ts';
import { createDatabase, DATABASES, type TestDatabase } from '../support/databases.ts';

const seed = randomSeed(systemIds);
const distribution = keyPairFromSeed(seed).publicKey;
const issuer = randomKeyPair(systemIds).publicKey;
const key = randomKeyPair(systemIds).publicKey;

const ASSETS = `# what we offer
items:
  - id: stellar:USDC:${issuer}
    distribution_account: ${distribution}
    significant_decimals: 2
    sep6:
      enabled: true
      deposit: { enabled: true, min_amount: 5, max_amount: 500, methods: [SEPA, SWIFT] }
      withdraw:
        enabled: true
        min_amount: 0
        max_amount: 400
        methods:
          - bank_account
    sep24:
      enabled: true
      deposit:
        enabled: true
        min_amount: 1 # smaller ones cost more than they bring
        max_amount: 1000
      withdraw:
        enabled: false
    sep31:
      enabled: true
      quotes_required: true
      receive:
        min_amount: 2
        max_amount: 999999999999999
        fee_fixed: 0
        methods: ["SEPA", 'SWIFT']
    sep38:
      enabled: true
      exchangeable_assets:
        - iso4217:USD
  - id: "stellar:native"
    distribution_account: ${distribution}
    sep24:
      enabled: true
      deposit:
        enabled: true
  - id: iso4217:USD
    significant_decimals: 2
    sep38:
      enabled: true
      country_codes: [US]
      sell_delivery_methods:
        - name: WIRE
          description: "Send USD to our \\"bank\\" account."
      buy_delivery_methods: []
`;

const CLIENTS = `items:
- name: custody
  type: custodial
  signing_keys:
  - ${key}
  allow_any_destination: true
- name: wallet
  type: noncustodial
  domains: [wallet.example.com]
  callback_urls:
    sep24: https://wallet.example.com/sep24
    sep31:
- name: old
  type: noncustodial
  domains: [old.example.com]
  callback_urls:
    sep6: http://old.example.com/sep6
- name: double
  type: noncustodial
  domains: [wallet.example.com]
- name: nobody
  type: custodial
`;

for (const { kind, available } of DATABASES) {
  describe.skipIf(!available)(`import anchor-platform on ${kind}`, () => {
    let ours: TestDatabase;
    let ctx: ImportContext;

    beforeEach(async () => {
      ours = await createDatabase(kind);
      ctx = {
        db: ours.db,
        box: createSecretBox(`k1:${Buffer.alloc(32, 7).toString('base64')}`, systemIds),
        clock: systemClock,
        ids: systemIds,
        project: {
          seps: [1, 6, 10, 12, 24, 31, 38],
          quotes: { ...QUOTES_PRESET },
        } as unknown as ImportContext['project'],
      };
    });
    afterEach(() => ours.drop());

    const run = (assets: string | null, options = {}) =>
      importAnchorPlatform(ctx, { assets, clients: null }, [], { seed: null, dryRun: false, ...options });
    const rows = () => ours.db.read.selectFrom('assets').selectAll().orderBy('code').execute();

    it('makes assets with the SEPs and the narrowest limits that it finds', async () => {
      const report = await run(ASSETS);
      expect(isIncomplete(report)).toBe(false);
      expect(report.rows.map(({ outcome }) => outcome)).toEqual(['imported', 'imported', 'printed']);
      expect(await rows()).toMatchObject([
        {
          code: 'USDC',
          issuer,
          distribution_account: distribution,
          distribution_seed: null,
          significant_decimals: 2,
          sep6_enabled: 1,
          sep24_enabled: 1,
          sep31_enabled: 1,
          sep38_enabled: 1,
          deposit_enabled: 1,
          deposit_min_units: 50_000_000n,
          deposit_max_units: 5_000_000_000n,
          withdrawal_enabled: 1,
          withdrawal_min_units: 20_000_000n,
          withdrawal_max_units: 4_000_000_000n,
        },
        { code: 'native', issuer: '', sep24_enabled: 1, sep38_enabled: 0, withdrawal_enabled: 0 },
      ]);
      expect(report.rows[0]?.why).toMatch(/narrowest.*DISTRIBUTION_SEED|DISTRIBUTION_SEED.*narrowest/s);
      expect(report.notes.join()).toContain('bank_account');
    });

    it('prints what belongs into anchor.toml so that it can be read there', async () => {
      const { anchorToml } = await run(ASSETS);
      const toml = parse(anchorToml) as { sep31: unknown; quotes: { assets: unknown } };
      expect(toml.sep31).toEqual({ funding_methods: ['SEPA', 'SWIFT'], quotes_required: true });
      expect(offchainAssets.read(toml.quotes.assets)).toEqual([
        {
          asset: 'iso4217:USD',
          decimals: 2,
          countryCodes: ['US'],
          sellDeliveryMethods: [{ name: 'WIRE', description: 'Send USD to our "bank" account.' }],
          buyDeliveryMethods: [],
        },
      ]);
    });

    it('keeps the key that belongs to the account, also later, and changes nothing else twice', async () => {
      await run(ASSETS);
      const again = await run(ASSETS);
      expect(again.rows.map(({ outcome }) => outcome)).toEqual(['there', 'there', 'printed']);
      const keyed = await run(ASSETS, { seed });
      expect(keyed.rows.map(({ outcome }) => outcome)).toEqual(['completed', 'completed', 'printed']);
      expect(keyed.seedStored).toBe(true);
      for (const row of await rows()) expect(openDistributionSeed(ctx.box, row)).toBe(seed);
      expect(JSON.stringify(keyed)).not.toContain(seed);
    });

    it('writes nothing in a dry run', async () => {
      const report = await run(ASSETS, { dryRun: true });
      expect(report.rows[0]?.outcome).toBe('imported');
      expect(await rows()).toEqual([]);
    });

    it('leaves out what is wrong, item by item', async () => {
      const report = await run(`items:
  - id: stellar:USDC:${issuer}
    distribution_account: ${issuer}
  - id: stellar:EURC:GABC
    distribution_account: ${distribution}
  - id: stellar:ABC:${issuer}
  - id: stellar:XYZ:${issuer}
    distribution_account: ${distribution}
    sep24: {enabled: true, deposit: {enabled: true, min_amount: 1e3}}
  - id: iso4217:EURO
  - id: stellar:native
    distribution_account: ${distribution}
`);
      expect(report.rows.map(({ outcome }) => outcome)).toEqual([
        ...Array.from({ length: 5 }, () => 'left_out'),
        'imported',
      ]);
      expect(isIncomplete(report)).toBe(true);
      expect(await rows()).toHaveLength(1);
    });

    it('makes wallets that clients.toml takes, and says what it does not take', async () => {
      const report = await importAnchorPlatform(ctx, { assets: null, clients: CLIENTS }, [], {
        seed: null,
        dryRun: false,
      });
      const root = mkdtempSync(join(tmpdir(), 'clients-'));
      try {
        writeFileSync(join(root, 'clients.toml'), report.clientsToml);
        const faults = new Faults();
        const clients = readClients(root, faults);
        expect(faults.list).toEqual([]);
        expect(clients).toMatchObject([
          { name: 'custody', type: 'custodial', accounts: [key], allowAnyDestination: true },
          {
            name: 'wallet',
            type: 'noncustodial',
            domains: ['wallet.example.com'],
            callbackUrls: { sep24: 'https://wallet.example.com/sep24' },
          },
          { name: 'old', callbackUrls: {} },
        ]);
        const outcomes = report.rows.map(({ id, what, outcome }) => `${what} ${id} ${outcome}`);
        expect(outcomes).toEqual([
          'client custody imported',
          'client wallet imported',
          'client old imported',
          'setting old left_out',
          'client double left_out',
          'client nobody left_out',
        ]);
        const again = await importAnchorPlatform(ctx, { assets: null, clients: CLIENTS }, clients, {
          seed: null,
          dryRun: false,
        });
        expect(again.clientsToml).toBe('');
      } finally {
        rmSync(root, { recursive: true });
      }
    });

    it.each(['{"assets": []}', 'assets:\n  - code: USDC\n', '[1, 2', 'items: *all\n', ''])(
      'refuses %j',
      async (file) => {
        await expect(run(file)).rejects.toMatchObject({ code: 'IMPORT_FILE_UNREADABLE', exitStatus: 2 });
        expect(await rows()).toEqual([]);
      },
    );
  });
}
