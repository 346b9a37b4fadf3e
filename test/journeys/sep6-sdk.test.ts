import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Horizon, Keypair, Networks } from '@stellar/stellar-sdk';
import {
  ApplicationConfiguration,
  IssuedAssetId,
  SigningKeypair,
  StellarConfiguration,
  type Types,
  Wallet,
} from '@stellar/typescript-wallet-sdk';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadProject } from '../../src/config/index.ts';
import { runAllLoop } from '../../src/jobs/index.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { encodeStrKey } from '../../src/kernel/strkey.ts';
import { issueAsset } from '../../src/payments/provision/index.ts';
import { createSandbox } from '../../src/sandbox/index.ts';
import { createApp } from '../../src/server/app.ts';
import { createContext } from '../../src/server/context.ts';
import { listen } from '../../src/server/listen.ts';
import { createDatabase, DATABASES } from '../support/databases.ts';
import { until } from '../support/project.ts';

// The official wallet SDK's Sep6 and Sep12 clients against an anchor without any page, on each database. The SDK allows plain http on the
// testnet's passphrase only, so the sandbox takes that one.

const TOML = `seps = [1, 6, 10, 12, 38]

[organization]
name = "Sample"

[network]
name = "sandbox"

[[quotes.assets]]
asset = "iso4217:BRL"
`;

const CODE = `export default {
  sep6: {
    instructions: (transaction) => ({
      'organization.bank_account_number': { value: '12345678', description: 'Our account' },
      'organization.external_transfer_memo': { value: transaction.reference, description: 'Reference' },
    }),
  },
};
`;

const freePort = (): Promise<number> =>
  new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });

interface World {
  home: string;
  horizonUrl: string;
  close(): Promise<void>;
}

async function open(kind: 'sqlite' | 'postgres'): Promise<World> {
  const database = await createDatabase(kind);
  const [port, horizonPort] = [await freePort(), await freePort()];
  const horizonUrl = `http://localhost:${horizonPort}`;
  mkdirSync(join(database.root, 'data'), { recursive: true });
  writeFileSync(join(database.root, 'anchor.toml'), TOML);
  writeFileSync(join(database.root, 'integrations.mjs'), CODE);
  const project = await loadProject({
    dir: database.root,
    env: {
      STELLAR_NETWORK_PASSPHRASE: Networks.TESTNET,
      PORT: `${port}`,
      HOST_URL: `http://localhost:${port}`,
      HORIZON_URI: horizonUrl,
      FRIENDBOT_URI: `${horizonUrl}/friendbot`,
      LOCAL_MODE: 'true',
      DATABASE_URL: kind === 'sqlite' ? `sqlite:${join(database.root, 'journey.db')}` : database.url,
      SIGNING_SEED: encodeStrKey('seed', systemIds.bytes(32)),
      SERVER_JWT_KEY: randomBytes(32).toString('base64url'),
      ENCRYPTION_KEY: `k1:${randomBytes(32).toString('base64')}`,
    },
  });
  const sandbox = createSandbox({ passphrase: Networks.TESTNET, close: 0.3, state: 'memory' });
  sandbox.start();
  const horizon = new Hono();
  horizon.all('*', (c) => sandbox.fetch(c.req.raw.url, c.req.raw));
  const horizonServer = await listen(horizon, { port: horizonPort });
  const ctx = await createContext(project, { log: silentLog });
  if (kind === 'sqlite') {
    const { migrate } = await import('../../src/database/index.ts');
    await migrate(ctx.db);
  }
  let issuer: string | null = null;
  const seeds = {
    distribution: async () => null,
    distributionStored: async () => {},
    issuer: async () => issuer,
    keepIssuer: async (seed: string) => {
      issuer = seed;
    },
  };
  await issueAsset(ctx, { code: 'SRT', supply: null, clawback: false }, seeds, () => {});
  await ctx.db.read.updateTable('assets').set({ anchored_asset: 'iso4217:USD' }).execute();
  const server = await listen(createApp(ctx), { port });
  const stopping = new AbortController();
  const jobs = runAllLoop(ctx, { signal: stopping.signal, intervalSeconds: 0.2 });
  return {
    home: `localhost:${port}`,
    horizonUrl,
    async close() {
      stopping.abort();
      await jobs;
      await server.close();
      await horizonServer.close();
      await sandbox.close();
      await ctx.close();
      await database.drop();
    },
  };
}

type Row = Record<string, unknown> & { instructions?: Record<string, { value: string }> };

describe.each(DATABASES.filter(({ available }) => available))(
  'SEP-6 by the wallet SDK on $kind',
  ({ kind }) => {
    let world: World;
    let wallet: Wallet;
    const account = SigningKeypair.fromSecret(Keypair.random().secret());

    beforeAll(async () => {
      world = await open(kind);
      const configuration = new StellarConfiguration({
        network: Networks.TESTNET,
        horizonUrl: 'https://localhost',
        baseFee: 1000,
        defaultTimeout: 60,
      });
      configuration.horizonUrl = world.horizonUrl;
      configuration.server = new Horizon.Server(world.horizonUrl, {
        allowHttp: true,
      }) as unknown as typeof configuration.server;
      wallet = new Wallet({
        stellarConfiguration: configuration,
        applicationConfiguration: new ApplicationConfiguration(),
      });
    }, 120_000);
    afterAll(() => world?.close());

    it('registers the customer, deposits, withdraws and exchanges to completion (S6-09, S6-17, S6-29, S6-31, S6-36)', {
      timeout: 120_000,
    }, async () => {
      const anchor = wallet.anchor({ homeDomain: world.home, allowHttp: true });
      const { currencies } = await anchor.sep1();
      const asset = new IssuedAssetId(
        'SRT',
        currencies?.find(({ code }) => code === 'SRT')?.issuer as string,
      );
      await fetch(`${world.horizonUrl}/friendbot?addr=${account.publicKey}`);
      const stellar = wallet.stellar();
      const trustline = (await stellar.transaction({ sourceAddress: account }))
        .addAssetSupport(asset)
        .build();
      trustline.sign(account.keypair);
      await stellar.submitTransaction(trustline);
      const authToken = await (await anchor.sep10()).authenticate({ accountKp: account });
      const sep6 = anchor.sep6();
      expect((await sep6.info()).deposit['SRT']?.enabled).toBe(true);
      const find = async (id: string) => (await sep6.getTransactionBy({ authToken, id })) as unknown as Row;
      const reach = async (id: string, status: string): Promise<Row> => {
        let last: Row = {};
        await until(async () => {
          last = await find(id);
          return last['status'] === status;
        }, `${id} is ${status}`);
        return last;
      };

      const payAtBank = async (transaction_id: string, amount: string) => {
        const paid = await fetch(`http://${world.home}/bank/pay`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ transaction_id, amount }),
        });
        expect(paid.status).toBe(200);
      };

      const asked = (await sep6.deposit({
        authToken,
        params: { asset_code: 'SRT', account: account.publicKey, amount: '100', type: 'bank_account' },
      })) as Types.Sep6DepositSuccess;
      const id = asked.id ?? '';
      expect((await find(id))['status']).toBe('pending_customer_info_update');
      const sep12 = await anchor.sep12(authToken);
      // the SDK takes an answer without an id, which is what a stranger gets, for none
      await expect(sep12.getCustomer({ type: 'sep6' })).rejects.toThrow('not found');
      await sep12.add({
        type: 'sep6',
        sep9Info: {
          first_name: 'Ada',
          last_name: 'Lovelace',
          email_address: 'ada@example.org',
          bank_account_number: '98765432',
          bank_number: '10000000',
        },
      });
      expect((await sep12.getCustomer({ type: 'sep6' })).status).toBe('ACCEPTED');
      const waiting = await reach(id, 'pending_user_transfer_start');
      const { instructions } = waiting;
      expect(instructions?.['organization.bank_account_number']?.value).toBe('12345678');
      await payAtBank(id, '100');
      const done = await reach(id, 'completed');
      expect(done).toMatchObject({ kind: 'deposit', amount_in: '100', to: account.publicKey });

      // no amount is announced: whatever comes within the limits is paid out
      const begun = (await sep6.withdraw({
        authToken,
        params: { asset_code: 'SRT', type: 'bank_account' },
      })) as Types.Sep6WithdrawSuccess;
      expect(begun.account_id).toMatch(/^G/);
      const ready = await find(begun.id ?? '');
      const transfer = await stellar.transaction({ sourceAddress: account });
      const payment = transfer
        .transferWithdrawalTransaction(
          { ...ready, amount_in: '40' } as unknown as Types.WithdrawTransaction,
          asset,
        )
        .build();
      payment.sign(account.keypair);
      await stellar.submitTransaction(payment);
      const paidOut = await reach(begun.id ?? '', 'completed');
      expect(paidOut).toMatchObject({ kind: 'withdrawal', amount_in: '40' });
      const { amount_in: came, amount_fee: fee, amount_out: went } = paidOut;
      expect(Number(came) - Number(fee)).toBeCloseTo(Number(went), 7);
      // 100 BRL at a promised rate
      // the SDK's type knows neither this context nor that one amount is enough
      const wish = {
        sell_asset: 'iso4217:BRL',
        buy_asset: `stellar:SRT:${asset.issuer}`,
        sell_amount: '100',
        context: 'sep6',
      };
      const quote = await anchor.sep38(authToken).requestQuote(wish as never);
      const exchange = (await sep6.depositExchange({
        authToken,
        params: {
          source_asset: 'iso4217:BRL',
          destination_asset: 'SRT',
          amount: '100',
          quote_id: quote.id,
          account: account.publicKey,
        },
      })) as Types.Sep6DepositSuccess;
      await payAtBank(exchange.id ?? '', '100');
      expect(await reach(exchange.id ?? '', 'completed')).toMatchObject({
        kind: 'deposit-exchange',
        quote_id: quote.id,
        amount_in: '100',
        amount_in_asset: 'iso4217:BRL',
        amount_out: quote.buy_amount,
        amount_fee: quote.fee.total,
      });

      const list = await sep6.getTransactionsForAsset({ authToken, assetCode: 'SRT' });
      expect(list.map((row) => row.id)).toEqual([exchange.id, begun.id, id]);
    });
  },
);
