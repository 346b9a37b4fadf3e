import { Horizon, Keypair, Networks } from '@stellar/stellar-sdk';
import {
  ApplicationConfiguration,
  IssuedAssetId,
  SigningKeypair,
  StellarConfiguration,
  Types,
  Wallet,
} from '@stellar/typescript-wallet-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { fillForms } from '../../src/wallet/interactive.ts';
import { createTestProject, type TestProject, until } from '../support/project.ts';

// The official wallet SDK's Sep38 client against a generated project with its own sample prices (1 token is 5.42 BRL, 1 % fee), and firm
// quotes used through SEP-24, as separate processes. The SDK allows plain http on the testnet's passphrase only.

let project: TestProject;
let wallet: Wallet;
const account = SigningKeypair.fromSecret(Keypair.random().secret());
const BRL = 'iso4217:BRL';

beforeAll(async () => {
  project = await createTestProject({
    flags: ['--seps', '1,10,24,38'],
    env: { STELLAR_NETWORK_PASSPHRASE: Networks.TESTNET },
  });
  await project.serve();
  project.start(['run', 'all', '--loop', '--interval', '1']);
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

describe('quotes by the official wallet SDK', () => {
  it('deposits BRL and withdraws to BRL by firm quotes (S38-27, S38-36, S24-26, S24-28)', async () => {
    const anchor = wallet.anchor({ homeDomain: `localhost:${project.port}`, allowHttp: true });
    const { currencies } = await anchor.sep1();
    const asset = new IssuedAssetId('SRT', currencies?.find(({ code }) => code === 'SRT')?.issuer as string);
    const token = `stellar:${asset.code}:${asset.issuer}`;
    const context = Types.Sep38PriceContext.SEP24;
    await trust(asset);
    const authToken = await (await anchor.sep10()).authenticate({ accountKp: account });

    const open = anchor.sep38();
    expect((await open.info()).assets.map((one) => one.asset)).toEqual([token, 'iso4217:USD', BRL]);
    const { buy_assets } = await open.prices({ sellAsset: BRL, sellAmount: '542' });
    expect(buy_assets).toMatchObject([{ asset: token, price: '5.42' }]);
    const sold = { sellAsset: BRL, buyAsset: token, sellAmount: '542', context };
    expect(await open.price(sold)).toMatchObject({ sell_amount: '542', buy_amount: '99', price: '5.42' });

    const sep38 = anchor.sep38(authToken);
    const quote = await sep38.requestQuote({
      sell_asset: BRL,
      buy_asset: token,
      sell_amount: '542',
      // the SDK's type wants both
      buy_amount: '',
      sell_delivery_method: 'SEPA',
      context,
    });
    expect(await sep38.getQuote(quote.id)).toEqual(quote);

    const sep24 = anchor.sep24();
    const begun = await sep24.deposit({ assetCode: 'SRT', authToken, extraFields: { quote_id: quote.id } });
    await fill(begun.url ?? '', '542');
    const paid = await fetch(`${project.homeUrl}/bank/pay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ transaction_id: begun.id, amount: '542' }),
    });
    expect(paid.status).toBe(200);
    const deposit = await completed(begun.id ?? '', authToken);
    expect(deposit).toMatchObject({
      quote_id: quote.id,
      amount_in: '542',
      amount_in_asset: BRL,
      amount_out: '99',
      amount_out_asset: token,
      fee_details: { total: quote.fee.total, asset: BRL },
    });
    expect(await balance(asset)).toBe(99);

    const bought = await sep38.requestQuote({
      sell_asset: token,
      buy_asset: BRL,
      sell_amount: '',
      buy_amount: '268.29',
      context,
    });
    expect(bought).toMatchObject({ sell_amount: '50', buy_amount: '268.29' });
    const extraFields = { quote_id: bought.id };
    const withdrawal = await sep24.withdraw({ assetCode: 'SRT', authToken, extraFields });
    await fill(withdrawal.url ?? '', '50');
    const ready = (await sep24.getTransactionBy({
      authToken,
      id: withdrawal.id,
    })) as Types.WithdrawTransaction;
    const transfer = await wallet.stellar().transaction({ sourceAddress: account });
    const payment = transfer.transferWithdrawalTransaction(ready, asset).build();
    payment.sign(account.keypair);
    await wallet.stellar().submitTransaction(payment);
    expect(await completed(withdrawal.id ?? '', authToken)).toMatchObject({
      amount_in: '50',
      amount_out: '268.29',
      amount_out_asset: BRL,
    });
    expect(await balance(asset)).toBe(49);
    await expect(
      sep24.withdraw({ assetCode: 'SRT', authToken, extraFields: { quote_id: bought.id } }),
    ).rejects.toThrow();
  });

  async function trust(asset: IssuedAssetId): Promise<void> {
    await fetch(`${project.horizonUrl}/friendbot?addr=${account.publicKey}`);
    const stellar = wallet.stellar();
    const trustline = (await stellar.transaction({ sourceAddress: account })).addAssetSupport(asset).build();
    trustline.sign(account.keypair);
    await stellar.submitTransaction(trustline);
  }

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

  async function completed(id: string, authToken: Types.AuthToken): Promise<Record<string, unknown>> {
    const sep24 = wallet.anchor({ homeDomain: `localhost:${project.port}`, allowHttp: true }).sep24();
    let last: Record<string, unknown> = {};
    await until(async () => {
      last = (await sep24.getTransactionBy({ authToken, id })) as unknown as Record<string, unknown>;
      return last['status'] === 'completed';
    }, `transaction ${id} is completed`);
    return last;
  }

  async function balance(asset: IssuedAssetId): Promise<number> {
    const answer = (await (await fetch(`${project.horizonUrl}/accounts/${account.publicKey}`)).json()) as {
      balances: { asset_code?: string; balance: string }[];
    };
    return Number(answer.balances.find(({ asset_code }) => asset_code === asset.code)?.balance ?? 0);
  }
});
