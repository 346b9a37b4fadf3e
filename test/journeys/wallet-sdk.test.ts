import { randomUUID } from 'node:crypto';
import { Horizon, Keypair, Networks } from '@stellar/stellar-sdk';
import {
  ApplicationConfiguration,
  IssuedAssetId,
  SigningKeypair,
  StellarConfiguration,
  type Types,
  Wallet,
} from '@stellar/typescript-wallet-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { createBrowser } from '../../src/wallet/browser.ts';
import { fillForms } from '../../src/wallet/interactive.ts';
import { createTestProject, type TestProject, until } from '../support/project.ts';

// The official wallet SDK against `anchor serve` and `anchor run all --loop` as separate processes. It allows plain http on the
// testnet's passphrase only, so the sandbox takes that one.

let project: TestProject;
type AuthToken = Awaited<
  ReturnType<Awaited<ReturnType<ReturnType<Wallet['anchor']>['sep10']>>['authenticate']>
>;

let wallet: Wallet;
const account = SigningKeypair.fromSecret(Keypair.random().secret());

beforeAll(async () => {
  project = await createTestProject({ env: { STELLAR_NETWORK_PASSPHRASE: Networks.TESTNET } });
  await project.serve();
  project.start(['run', 'all', '--loop', '--interval', '1']);
  const stellarConfiguration = new StellarConfiguration({
    network: Networks.TESTNET,
    horizonUrl: 'https://localhost',
    baseFee: 1000,
    defaultTimeout: 60,
  });
  // The SDK builds its Horizon client for https only; the sandbox speaks plain http on loopback.
  stellarConfiguration.horizonUrl = project.horizonUrl;
  stellarConfiguration.server = new Horizon.Server(project.horizonUrl, {
    allowHttp: true,
  }) as unknown as typeof stellarConfiguration.server;
  wallet = new Wallet({ stellarConfiguration, applicationConfiguration: new ApplicationConfiguration() });
}, 120_000);
afterAll(async () => {
  await project?.remove();
});

const fill = (url: string, amount: string) =>
  fillForms(
    {
      homeUrl: project.homeUrl,
      horizonUrl: project.horizonUrl,
      seed: '',
      fetch: (input, init) => fetch(input, init),
      clock: systemClock,
    },
    url,
    amount,
    () => {},
  );

describe('the official wallet SDK', () => {
  it('finds the anchor, logs in, deposits and withdraws to completion on the sandbox (SEP-1, 10, 24; S24-77)', async () => {
    const anchor = wallet.anchor({ homeDomain: `localhost:${project.port}`, allowHttp: true });
    const info = await anchor.sep1();
    const currency = info.currencies?.find(({ code }) => code === 'SRT');
    expect(info.signingKey).toMatch(/^G/);
    const asset = new IssuedAssetId('SRT', currency?.issuer as string);

    await fetch(`${project.horizonUrl}/friendbot?addr=${account.publicKey}`);
    const stellar = wallet.stellar();
    const trust = await stellar.transaction({ sourceAddress: account });
    const trustline = trust.addAssetSupport(asset).build();
    trustline.sign(account.keypair);
    await stellar.submitTransaction(trustline);

    const authToken = await (await anchor.sep10()).authenticate({ accountKp: account });
    const sep24 = anchor.sep24();
    expect((await sep24.info()).deposit['SRT']?.enabled).toBe(true);

    const deposit = await sep24.deposit({ assetCode: 'SRT', authToken, extraFields: { amount: '100' } });
    expect(deposit.type).toBe('interactive_customer_info_needed');
    await fill(deposit.url ?? '', '100');
    const waiting = await sep24.getTransactionBy({ authToken, id: deposit.id });
    expect(waiting.status).toBe('pending_user_transfer_start');
    const paid = await fetch(`${project.homeUrl}/bank/pay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({
        transaction_id: deposit.id,
        amount: (waiting as Types.DepositTransaction).amount_in,
      }),
    });
    expect(paid.status).toBe(200);
    const done = await watched(deposit.id ?? '', authToken);
    expect(done.status).toBe('completed');
    expect(await balance(asset)).toBe(Number(done['amount_out']));

    const withdrawal = await sep24.withdraw({ assetCode: 'SRT', authToken, extraFields: { amount: '50' } });
    await fill(withdrawal.url ?? '', '50');
    const ready = (await sep24.getTransactionBy({
      authToken,
      id: withdrawal.id,
    })) as Types.WithdrawTransaction;
    const transfer = await stellar.transaction({ sourceAddress: account });
    const payment = transfer.transferWithdrawalTransaction(ready, asset).build();
    payment.sign(account.keypair);
    await stellar.submitTransaction(payment);
    const paidOut = await watched(withdrawal.id ?? '', authToken);
    expect(paidOut.status).toBe('completed');
    expect(await balance(asset)).toBe(Number(done['amount_out']) - 50);

    const list = await sep24.getTransactionsForAsset({ authToken, assetCode: 'SRT' });
    expect(list.map(({ id }) => id)).toEqual([withdrawal.id, deposit.id]);
  });

  it('sees no transaction of somebody else (S24-53)', async () => {
    const anchor = wallet.anchor({ homeDomain: `localhost:${project.port}`, allowHttp: true });
    const stranger = SigningKeypair.fromSecret(Keypair.random().secret());
    const authToken = await (await anchor.sep10()).authenticate({ accountKp: stranger });
    expect(await anchor.sep24().getTransactionsForAsset({ authToken, assetCode: 'SRT' })).toEqual([]);
    await expect(anchor.sep24().getTransactionBy({ authToken, id: randomUUID() })).rejects.toThrow();
  });

  it('shows the page behind more_info_url to a browser without a token (S24-42)', async () => {
    const anchor = wallet.anchor({ homeDomain: `localhost:${project.port}`, allowHttp: true });
    const authToken = await (await anchor.sep10()).authenticate({ accountKp: account });
    const [latest] = await anchor.sep24().getTransactionsForAsset({ authToken, assetCode: 'SRT', limit: 1 });
    const page = await createBrowser((input, init) => fetch(input, init)).open(
      latest?.more_info_url as string,
    );
    expect(page.status).toBe(200);
    expect(page.text).toContain('SRT');
  });

  /** The SDK's own watcher, until the transaction has ended. */
  async function watched(id: string, authToken: AuthToken): Promise<Record<string, unknown>> {
    let last: Record<string, unknown> = {};
    let failed: unknown;
    const watcher = wallet
      .anchor({ homeDomain: `localhost:${project.port}`, allowHttp: true })
      .sep24()
      .watcher();
    const { stop } = watcher.watchOneTransaction({
      authToken,
      assetCode: 'SRT',
      id,
      timeout: 1000,
      onMessage: (transaction) => {
        last = transaction as unknown as Record<string, unknown>;
      },
      onSuccess: (transaction) => {
        last = transaction as unknown as Record<string, unknown>;
      },
      onError: (error) => {
        failed = error;
      },
    });
    try {
      await until(
        () => failed !== undefined || last['status'] === 'completed',
        `transaction ${id} is completed`,
      );
    } finally {
      stop();
    }
    if (failed !== undefined) throw new Error(`the watcher gave up: ${JSON.stringify(failed)}`);
    return last;
  }

  async function balance(asset: IssuedAssetId): Promise<number> {
    const answer = (await (await fetch(`${project.horizonUrl}/accounts/${account.publicKey}`)).json()) as {
      balances: { asset_code?: string; asset_issuer?: string; balance: string }[];
    };
    const line = answer.balances.find(
      ({ asset_code, asset_issuer }) => asset_code === asset.code && asset_issuer === asset.issuer,
    );
    return Number(line?.balance ?? 0);
  }
});
