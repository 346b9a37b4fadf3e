import { describe, expect, it } from 'vitest';
import { type Principal, parseSubject } from '../../src/kernel/principal.ts';
import { createApp } from '../../src/server/app.ts';
import { createTransaction } from '../../src/transfers/index.ts';
import { type TestAnchor as LoginAnchor, testAnchor } from '../seps/anchor.ts';
import { walletOf } from '../seps/sep06-transfer/client.ts';
import { countTransactions, walletOf as interactiveWallet } from '../seps/sep24/client.ts';
import { senderOf } from '../seps/sep31-payments/client.ts';
import { BRL, get, integrations, post, QUOTES, USD } from '../seps/sep38/client.ts';
import { challengeFor, send, signed, testKey } from '../seps/wallet.ts';
import { ALICE, BOB, existing, ISSUER, SHARED, useTestAnchor } from '../support/anchor.ts';

const USDC = `stellar:USDC:${ISSUER}`;
const LARGEST = '18446744073709551615';
const NO_IDS = ['18446744073709551616', '-1', '1e3', '1.0', '0x10', ' 1', '+1', '99999999999999999999999'];

describe('defects in what is read', () => {
  const anchor = useTestAnchor({
    integrations,
    assets: [{ code: 'USDC', sep31_enabled: 1, sep38_enabled: 1, anchored_asset: USD }],
    project: {
      seps: [1, 6, 10, 24, 31, 38],
      quotes: QUOTES,
      sep31: { senders: [], fundingMethods: ['PIX'], quotesRequired: false, acceptUnverified: false },
    },
    network: { account: async (id) => existing(id) },
  });
  const payment = { asset_code: 'USDC', funding_method: 'PIX', amount: 100 };

  it('1164 `1.0E+500000000` OOM: an amount with an exponent is refused wherever one is read', async () => {
    const wallet = walletOf(anchor);
    const pair = { sell_asset: USDC, buy_asset: BRL, buy_delivery_method: 'PIX', context: 'sep24' };
    const token = anchor.token(ALICE);
    const before = await countTransactions(anchor);
    for (const amount of [
      '1.0E+500000000',
      '1E500000000',
      '1e-500000000',
      '1.0E+2147483647',
      '1e2',
      `1${'0'.repeat(10_000)}`,
      `0.${'0'.repeat(10_000)}1`,
      'Infinity',
      'NaN',
      '0x7fffffff',
    ]) {
      const statuses = [
        (await wallet.deposit({ amount })).status,
        (await wallet.withdraw({ amount })).status,
        (
          await wallet.get('deposit-exchange', {
            destination_asset: 'USDC',
            source_asset: BRL,
            funding_method: 'PIX',
            account: ALICE,
            amount,
          })
        ).status,
        (await interactiveWallet(anchor).post('deposit', { asset_code: 'SRT', amount })).status,
        (await interactiveWallet(anchor).post('withdraw', { asset_code: 'SRT', amount })).status,
        (await senderOf(anchor).post({ ...payment, amount })).status,
        (await post(anchor, { ...pair, sell_amount: amount }, token)).status,
        (await post(anchor, { ...pair, buy_amount: amount }, token)).status,
        (await get(anchor, 'price', { ...pair, sell_amount: amount })).status,
        (await get(anchor, 'prices', { sell_asset: USDC, sell_amount: amount })).status,
      ];
      expect([amount.slice(0, 20), ...statuses]).toEqual([amount.slice(0, 20), ...statuses.map(() => 400)]);
    }
    // as JSON numbers, where a parser makes infinity of them
    for (const number of ['1.0E+500000000', '1e999999999', '-1e400', '1e21']) {
      const { status } = await senderOf(anchor).post(
        `{"asset_code":"USDC","funding_method":"PIX","amount":${number}}`,
      );
      expect([number, status]).toEqual([number, 400]);
      const interactive = await interactiveWallet(anchor).post(
        'deposit',
        `{"asset_code":"SRT","amount":${number}}`,
      );
      expect([number, interactive.status]).toEqual([number, 400]);
    }
    expect(await countTransactions(anchor)).toBe(before);
  });

  it('1169 unbounded list: a list ends at 200, whatever limit is asked for', async () => {
    const { owner, account } = parseSubject(BOB) as Principal;
    await anchor.ctx.db.write(async (trx) => {
      for (let i = 0; i < 410; i++) {
        await createTransaction(anchor.ctx, trx, {
          sep: i % 2 === 0 ? '24' : '6',
          kind: 'deposit',
          assetId: 'asset-SRT-',
          owner,
          subject: BOB,
          account,
        });
      }
    });
    const lists = [
      (limit: string) => interactiveWallet(anchor, BOB).list(`asset_code=SRT${limit}`),
      (limit: string) =>
        walletOf(anchor, BOB).list(limit === '' ? {} : { limit: limit.slice('&limit='.length) }),
    ];
    for (const list of lists) {
      for (const limit of ['201', '1000000', '999999999'])
        expect(await list(`&limit=${limit}`)).toHaveLength(200);
      expect((await list('')).length).toBeLessThanOrEqual(200);
      expect(await list('&limit=3')).toHaveLength(3);
    }
    for (const path of ['sep24', 'sep6']) {
      for (const limit of ['0', '-1', '1e9', '99999999999999999999', 'all']) {
        const { ask } = interactiveWallet(anchor, BOB);
        const answer = await ask(`/${path}/transactions?asset_code=SRT&limit=${encodeURIComponent(limit)}`);
        expect([path, limit, answer.status]).toEqual([path, limit, 400]);
      }
    }
  });

  it('1186 memo uint64: every number up to 2^64-1 is a memo id, to the digit, and none beyond', async () => {
    const wallet = walletOf(anchor, SHARED);
    const interactive = interactiveWallet(anchor, SHARED);
    for (const memo of ['0', '9223372036854775808', '9007199254740993', LARGEST]) {
      const deposit = await wallet.deposit({ account: SHARED, memo, memo_type: 'id', amount: '100' });
      expect([memo, deposit.status]).toEqual([memo, 200]);
      expect(await wallet.find(deposit.body['id'])).toMatchObject({
        deposit_memo: memo,
        deposit_memo_type: 'id',
      });
      const begun = await interactive.begin('deposit', { memo, memo_type: 'id' });
      expect(await anchor.row(begun.id)).toMatchObject({ memo, memo_type: 'id' });
      const sent = await senderOf(anchor).begin({ ...payment, refund_memo: memo, refund_memo_type: 'id' });
      expect((await anchor.row(sent)).refund_memo).toBe(memo);
      const user = interactiveWallet(anchor, `${SHARED}:${memo}`);
      expect((await user.post('deposit', { asset_code: 'SRT' })).status).toBe(200);
    }
    const before = await countTransactions(anchor);
    for (const memo of NO_IDS) {
      const statuses = [
        (await wallet.deposit({ account: SHARED, memo, memo_type: 'id', amount: '100' })).status,
        (await interactive.post('deposit', { asset_code: 'SRT', memo, memo_type: 'id' })).status,
        (await senderOf(anchor).post({ ...payment, refund_memo: memo, refund_memo_type: 'id' })).status,
        (await interactiveWallet(anchor, `${SHARED}:${memo}`).post('deposit', { asset_code: 'SRT' })).status,
      ];
      expect([memo, ...statuses]).toEqual([memo, 400, 400, 400, 403]);
    }
    expect(await countTransactions(anchor)).toBe(before);
  });
});

it('1186 memo uint64: logins have the same range', async () => {
  const anchor: LoginAnchor = await testAnchor();
  try {
    const app = createApp(anchor.ctx);
    const client = testKey();
    const account = client.publicKey;
    for (const memo of ['0', '9223372036854775808', LARGEST]) {
      const challenge = await challengeFor(app, { account, memo });
      const answer = await send(app, signed(challenge, anchor.sandbox.passphrase, client));
      const { token } = (await answer.json()) as { token: string };
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
      expect(claims).toMatchObject({ sub: `${account}:${memo}` });
    }
    for (const memo of NO_IDS) {
      const answer = await app.request(`/auth?${new URLSearchParams({ account, memo })}`);
      expect([memo, answer.status]).toEqual([memo, 400]);
    }
  } finally {
    await anchor.close();
  }
});
