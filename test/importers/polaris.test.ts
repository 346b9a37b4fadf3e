import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QUOTES_PRESET } from '../../src/config/project.ts';
import { createSecretBox } from '../../src/database/secret-box.ts';
import type { ImportContext } from '../../src/importers/context.ts';
import { importPolaris, type Keys, openPolaris } from '../../src/importers/polaris/index.ts';
import { isIncomplete } from '../../src/importers/report.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { parseSubject } from '../../src/kernel/principal.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import { keyPairFromSeed, randomKeyPair, randomSeed } from '../../src/stellar/keys.ts';
import { openDistributionSeed } from '../../src/transfers/index.ts';
import { findOwned } from '../../src/transfers/owned.ts';
import { createDatabase, DATABASES, type TestDatabase } from '../support/databases.ts';
import {
  asset,
  type Cells,
  encryptedSeed,
  type PolarisDatabase,
  polarisDatabase,
  transaction,
} from './polaris-database.ts';

const SECRET = 'django-insecure-of-a-test';
const seed = randomSeed(systemIds);
const distribution = keyPairFromSeed(seed).publicKey;
const issuer = randomKeyPair(systemIds).publicKey;
const user = randomKeyPair(systemIds).publicKey;
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const USDC = `stellar:SRT:${issuer}`;
const keys = (over: Partial<Keys> = {}): Keys => ({
  secretKey: SECRET,
  seed: null,
  distribution: null,
  ...over,
});

for (const { kind, available } of DATABASES) {
  describe.skipIf(!available)(`import polaris on ${kind}`, () => {
    let ours: TestDatabase;
    let theirs: TestDatabase;
    let polaris: PolarisDatabase;
    let ctx: ImportContext;
    let url: string;

    beforeEach(async () => {
      ours = await createDatabase(kind);
      theirs = await createDatabase(kind, { empty: true });
      url = kind === 'sqlite' ? join(theirs.root, 'polaris.sqlite3') : theirs.url;
      polaris = await polarisDatabase(kind, url);
      ctx = {
        db: ours.db,
        box: createSecretBox(`k1:${Buffer.alloc(32, 7).toString('base64')}`, systemIds),
        clock: systemClock,
        ids: systemIds,
        project: {
          seps: [1, 10, 24, 38],
          quotes: { ...QUOTES_PRESET },
        } as unknown as ImportContext['project'],
      };
    });
    afterEach(async () => {
      await polaris.close();
      await theirs.drop();
      await ours.drop();
    });

    const run = async (given: Keys = keys(), dryRun = false) => {
      const source = await openPolaris({ url, cwd: '/', root: ours.root });
      try {
        return await importPolaris(ctx, source, given, { dryRun });
      } finally {
        await source.close();
      }
    };
    const outcome = (report: Awaited<ReturnType<typeof run>>, name: string) =>
      report.rows.find((row) => row.id === name)?.outcome;
    const assetRow = () => ours.db.read.selectFrom('assets').selectAll().executeTakeFirst();
    const withAsset = (over: Parameters<typeof asset>[0] = {}) =>
      polaris.insert(
        'polaris_asset',
        asset({ issuer, distribution_seed: encryptedSeed(seed, SECRET), ...over }),
      );

    it('takes an asset over with its terms, and its seed sealed anew', async () => {
      await withAsset();
      const report = await run();
      expect(isIncomplete(report)).toBe(false);
      const row = await assetRow();
      expect(row).toMatchObject({
        code: 'SRT',
        issuer,
        distribution_account: distribution,
        significant_decimals: 2,
        sep24_enabled: 1,
        sep6_enabled: 0,
        sep38_enabled: 1,
        deposit_fee_fixed_units: 10_000_000n,
        deposit_fee_percent_units: 5_000_000n,
        deposit_min_units: null,
        deposit_max_units: null,
        withdrawal_fee_percent_units: 12_500_000n,
        withdrawal_min_units: 1_000_000n,
        withdrawal_max_units: 100_000_000_000n,
      });
      expect(row?.distribution_seed).not.toContain(seed);
      expect(openDistributionSeed(ctx.box, row!)).toBe(seed);
      expect(JSON.stringify(report)).not.toContain(seed);
      expect(JSON.stringify(report)).not.toContain(SECRET);
    });

    it('registers an asset whose seed does not open by the account that users paid, and adds the key later', async () => {
      await withAsset();
      await polaris.insert(
        'polaris_transaction',
        transaction({
          id: id(1),
          kind: 'withdrawal',
          stellar_account: user,
          receiving_anchor_account: distribution,
        }),
      );
      const first = await run(keys({ secretKey: 'another key' }));
      expect(first.rows[0]).toMatchObject({
        outcome: 'imported',
        why: expect.stringContaining(distribution),
      });
      expect(await assetRow()).toMatchObject({ distribution_account: distribution, distribution_seed: null });
      const second = await run(keys({ secretKey: null, seed }));
      expect(outcome(second, `SRT:${issuer}`)).toBe('completed');
      expect(openDistributionSeed(ctx.box, (await assetRow())!)).toBe(seed);
      expect(second.seedStored).toBe(true);
    });

    it('leaves an asset out whose account nobody can know, and takes the one that is named', async () => {
      await withAsset();
      await polaris.insert('polaris_transaction', transaction({ id: id(1), stellar_account: user }));
      const report = await run(keys({ secretKey: null }));
      expect(outcome(report, `SRT:${issuer}`)).toBe('left_out');
      expect(outcome(report, id(1))).toBe('left_out');
      expect(await assetRow()).toBeUndefined();
      const named = await run(keys({ secretKey: null, distribution }));
      expect(outcome(named, `SRT:${issuer}`)).toBe('imported');
      expect(outcome(named, id(1))).toBe('imported');
    });

    it('takes finished transactions as history of their owners, with exact amounts and no money in the book', async () => {
      await withAsset();
      await polaris.insert(
        'polaris_transaction',
        transaction({
          id: id(1),
          stellar_account: user,
          account_memo: 42,
          to_address: user,
          amount_in: '100.1234567',
          amount_out: '98.1',
          amount_fee: '2.0234567',
          memo: 'hello',
          stellar_transaction_id: 'ab'.repeat(32),
          completed_at: '2022-03-04 05:10:00',
        }),
      );
      await polaris.insert(
        'polaris_transaction',
        transaction({
          id: id(2),
          kind: 'withdrawal',
          stellar_account: user,
          muxed_account: joinMuxed(user, '42'),
          receiving_anchor_account: distribution,
          memo: Buffer.alloc(32, 1).toString('base64'),
          memo_type: 'hash',
          amount_in: '7',
          status: 'error',
          stellar_transaction_id: 'cd'.repeat(32),
        }),
      );
      const report = await run();
      expect(isIncomplete(report)).toBe(false);
      const principal = parseSubject(`${user}:42`)!;
      const deposit = await ours.db.read
        .selectFrom('transactions')
        .selectAll()
        .where('owner', '=', principal.owner)
        .where('id', '=', id(1))
        .executeTakeFirst();
      expect(deposit).toMatchObject({
        sep: '24',
        kind: 'deposit',
        status: 'completed',
        subject: `${user}:42`,
        account: user,
        amount_in_units: 1_001_234_567n,
        amount_out_units: 981_000_000n,
        amount_fee_units: 20_234_567n,
        memo: 'hello',
        received_units: 0n,
        paid_units: 0n,
        started_at: '2022-03-04T05:06:07.891Z',
        completed_at: '2022-03-04T05:10:00.000Z',
        expires_at: null,
      });
      const withdrawal = await ours.db.read
        .selectFrom('transactions')
        .selectAll()
        .where('id', '=', id(2))
        .executeTakeFirst();
      expect(withdrawal).toMatchObject({
        owner: principal.owner,
        subject: joinMuxed(user, '42'),
        status: 'error',
        anchor_account: distribution,
        memo: '01'.repeat(32),
        memo_type: 'hash',
      });
      // money came, nothing went out: somebody has to look at it
      expect(report.rows.find((row) => row.id === id(2))?.why).toMatch(/by hand/);
      const owed = await ours.db.read.selectFrom('obligations').select('id').execute();
      expect(owed).toEqual([]);
      const history = await ours.db.read
        .selectFrom('transaction_history')
        .selectAll()
        .orderBy('transaction_id')
        .execute();
      expect(history).toMatchObject([
        { transaction_id: id(1), from_status: null, to_status: 'completed', by_whom: 'job:import-polaris' },
        { transaction_id: id(2), to_status: 'error' },
      ]);
      expect(await findOwned(ours.db.read, id(1), principal)).toMatchObject({ id: id(1) });
    });

    it('never takes money in flight over: each open transaction stays, with what ends it', async () => {
      await withAsset();
      const open = [
        ['deposit', 'incomplete'],
        ['deposit', 'pending_user_transfer_start'],
        ['deposit', 'pending_external'],
        ['deposit', 'pending_anchor'],
        ['deposit', 'pending_trust'],
        ['deposit', 'pending_user'],
        ['deposit', 'pending_stellar'],
        ['withdrawal', 'pending_user_transfer_start'],
        ['withdrawal-exchange', 'pending_anchor'],
        ['withdrawal', 'pending_external'],
        ['send', 'pending_sender'],
        ['send', 'pending_receiver'],
        ['send', 'pending_transaction_info_update'],
        ['send', 'pending_customer_info_update'],
      ] as const;
      for (const [n, [way, status]] of open.entries()) {
        const envelope_xdr = status === 'pending_anchor' ? 'AAAA' : null;
        await polaris.insert(
          'polaris_transaction',
          transaction({ id: id(n), kind: way, status, stellar_account: user, envelope_xdr }),
        );
      }
      const report = await run();
      expect(isIncomplete(report)).toBe(true);
      const told = report.rows.filter(({ what }) => what === 'transaction');
      expect(told).toHaveLength(open.length);
      for (const row of told)
        expect(row).toMatchObject({ outcome: 'left_out', why: expect.stringMatching(/.{20}/) });
      expect(told[3]?.why).toContain('envelope_xdr');
      expect(await ours.db.read.selectFrom('transactions').select('id').execute()).toEqual([]);
      // ended in Polaris meanwhile: the next import brings it
      await polaris.run(
        `update polaris_transaction set status = 'completed' where kind = 'withdrawal-exchange'`,
      );
      expect(outcome(await run(), id(8))).toBe('imported');
    });

    it('begins to read payments where Polaris has stopped, whatever it has paid itself', async () => {
      await withAsset();
      const way = { kind: 'withdrawal', stellar_account: user, receiving_anchor_account: distribution };
      await polaris.insert(
        'polaris_transaction',
        transaction({ id: id(1), ...way, paging_token: '8589938688' }),
      );
      await polaris.insert(
        'polaris_transaction',
        transaction({ id: id(2), ...way, paging_token: '4294971392' }),
      );
      await polaris.insert(
        'polaris_transaction',
        transaction({ id: id(3), stellar_account: user, paging_token: '99999999999' }),
      );
      await run();
      const cursor = await ours.db.read
        .selectFrom('cursors')
        .select('cursor')
        .where('name', '=', `payments:${distribution}`)
        .executeTakeFirst();
      // the last operation that the transaction may have
      expect(cursor?.cursor).toBe(String(8589938688n + 4095n));
    });

    it('takes unused firm quotes that still hold, and no other', async () => {
      await withAsset({ sep6_enabled: true });
      await polaris.insert('polaris_deliverymethod', { type: 'buy', name: 'SEPA', description: 'Bank' });
      const quote = (n: number, over = {}) =>
        polaris.insert('polaris_quote', {
          id: id(n),
          stellar_account: user,
          type: 'firm',
          sell_asset: USDC,
          buy_asset: 'iso4217:USD',
          sell_amount: '100',
          buy_amount: '98.5',
          price: '1.0152284',
          expires_at: '2999-01-01 00:00:00',
          buy_delivery_method_id: 1,
          ...over,
        });
      await quote(1);
      await quote(2, { expires_at: '2020-01-01 00:00:00' });
      await quote(3, { type: 'indicative', expires_at: null });
      await quote(4);
      await quote(5, { buy_asset: 'iso4217:BRL' });
      await polaris.insert(
        'polaris_transaction',
        transaction({ id: id(9), kind: 'withdrawal-exchange', stellar_account: user, quote_id: id(4) }),
      );
      const report = await run();
      const rows = await ours.db.read.selectFrom('quotes').selectAll().execute();
      expect(rows).toMatchObject([
        {
          id: id(1),
          context: 'sep6',
          account: user,
          sell_units: 1_000_000_000n,
          buy_units: 985_000_000n,
          fee_units: 0n,
          price: '1.0152284',
          total_price: '1.0152284',
          buy_delivery_method: 'SEPA',
          transaction_id: null,
        },
      ]);
      expect(outcome(report, id(1))).toBe('imported');
      expect(report.rows.find(({ why }) => why?.includes('iso4217:BRL'))?.outcome).toBe('left_out');
      const exchanged = await ours.db.read.selectFrom('transactions').selectAll().executeTakeFirst();
      expect(exchanged).toMatchObject({
        amount_in_asset: USDC,
        amount_out_asset: 'iso4217:USD',
        exchange: 1,
      });
      expect(outcome(await run(), id(1))).toBe('there');
    });

    it('prints off-chain assets for anchor.toml', async () => {
      await polaris.insert('polaris_offchainasset', {
        scheme: 'iso4217',
        identifier: 'BRL',
        significant_decimals: 2,
        country_codes: 'BRA',
      });
      await polaris.insert('polaris_deliverymethod', {
        type: 'sell',
        name: 'PIX',
        description: 'Pay by "PIX"',
      });
      await polaris.insert('polaris_offchainasset_delivery_methods', {
        offchainasset_id: 1,
        deliverymethod_id: 1,
      });
      await polaris.insert('polaris_exchangepair', { sell_asset: 'iso4217:BRL', buy_asset: USDC });
      const report = await run();
      expect(report.anchorToml).toContain('asset = "iso4217:BRL"');
      expect(report.anchorToml).toContain('description = "Pay by \\"PIX\\""');
      expect(report.anchorToml).toContain('BRA');
      expect(report.notes.join()).toContain(USDC);
    });

    it('writes nothing in a dry run, and nothing twice', async () => {
      await withAsset();
      await polaris.insert('polaris_transaction', transaction({ id: id(1), stellar_account: user }));
      const dry = await run(keys(), true);
      expect(dry.rows.map((row) => row.outcome)).toEqual(['imported', 'imported']);
      expect(await assetRow()).toBeUndefined();
      await run();
      const again = await run();
      expect(again.rows.map((row) => row.outcome)).toEqual(['there', 'there']);
      expect(await ours.db.read.selectFrom('transactions').select('id').execute()).toHaveLength(1);
      expect(await ours.db.read.selectFrom('assets').select('id').execute()).toHaveLength(1);
    });

    it('takes all or nothing', async () => {
      await withAsset();
      await polaris.insert('polaris_transaction', transaction({ id: id(1), stellar_account: user }));
      await polaris.insert(
        'polaris_transaction',
        transaction({ id: id(2), stellar_account: user, status: 'error' }),
      );
      const failing: ImportContext = {
        ...ctx,
        db: {
          ...ours.db,
          write: (work) =>
            ours.db.write(async (trx) => {
              await work(trx);
              await trx
                .insertInto('facts')
                .values({ name: 'x', value: null as unknown as string, updated_at: '' })
                .execute();
              return undefined as never;
            }),
        },
      };
      const source = await openPolaris({ url, cwd: '/', root: ours.root });
      await expect(importPolaris(failing, source, keys(), { dryRun: false })).rejects.toThrow();
      await source.close();
      expect(await assetRow()).toBeUndefined();
      expect(await ours.db.read.selectFrom('transactions').select('id').execute()).toEqual([]);
    });

    it('leaves out what cannot be read, row by row', async () => {
      await withAsset();
      const rows: Cells[] = [
        { stellar_account: 'GABC' },
        { stellar_account: user, kind: 'loan' },
        { stellar_account: user, asset_id: 77 },
        { stellar_account: user, amount_in: '-1' },
      ];
      for (const [n, over] of rows.entries()) {
        await polaris.insert('polaris_transaction', transaction({ id: id(n), ...over }));
      }
      await polaris.insert('polaris_transaction', transaction({ id: id(50), stellar_account: user }));
      const report = await run();
      for (const n of rows.keys()) expect({ n, is: outcome(report, id(n)) }).toEqual({ n, is: 'left_out' });
      expect(outcome(report, id(50))).toBe('imported');
    });

    it('only reads the other database', async () => {
      await withAsset();
      const source = await openPolaris({ url, cwd: '/', root: ours.root });
      await polaris.run(`update polaris_asset set symbol = 'x'`).catch(() => {});
      expect((await source.rows('polaris_asset')).length).toBe(1);
      expect(await source.rows('auth_user')).toEqual([]);
      await source.close();
    });
  });
}

describe('the address of a Polaris database', () => {
  const open = (url: string) => openPolaris({ url, cwd: '/nowhere', root: process.cwd() });

  it.each([
    ['mysql://root@localhost/polaris', 'POLARIS_URL_INVALID', 2],
    ['', 'POLARIS_URL_INVALID', 2],
    ['sqlite:///absent.db', 'POLARIS_DATABASE_UNREADABLE', 1],
    ['sqlite:////absent/absent.db', 'POLARIS_DATABASE_UNREADABLE', 1],
    ['postgres://user:hunter2@127.0.0.1:1/x', 'POLARIS_DATABASE_UNREADABLE', 1],
  ])('refuses %s', async (url, code, exitStatus) => {
    const error = await open(url).catch((one) => one);
    expect(error).toMatchObject({ code, exitStatus });
    expect(`${error.message}${error.hint}`).not.toContain('hunter2');
  });
});
