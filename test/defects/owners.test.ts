import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/config/clients.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import { createTokens, tokensOf } from '../../src/seps/shared/tokens.ts';
import { createApp } from '../../src/server/app.ts';
import { walletOf } from '../seps/sep06-transfer/client.ts';
import { countTransactions, walletOf as interactiveWallet } from '../seps/sep24/client.ts';
import { senderOf } from '../seps/sep31-payments/client.ts';
import { ALICE, BOB, CONTRACT, existing, SHARED, useTestAnchor } from '../support/anchor.ts';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const OWNER = `${SHARED}:7`;
const STRANGERS = [SHARED, `${SHARED}:8`, joinMuxed(SHARED, '8'), ALICE, `${ALICE}:7`, CONTRACT];

const custodian: Client = {
  name: 'custodian',
  type: 'custodial',
  domains: [],
  accounts: [SHARED],
  callbackUrl: undefined,
  callbackUrls: {},
  allowAnyDestination: false,
  destinationAccounts: [BOB],
};

describe('defects in who owns what', () => {
  const anchor = useTestAnchor({
    assets: [{ code: 'USDC', sep31_enabled: 1 }],
    project: { seps: [1, 6, 10, 24, 31], clients: [custodian] },
    network: { account: async (id) => existing(id) },
  });
  const payment = { asset_code: 'USDC', funding_method: 'SEPA', amount: 100 };

  it('1554 SEP-31 GET/PATCH auth: without a token nothing, and of others’ payments nothing', async () => {
    const id = await senderOf(anchor, OWNER).begin(payment);
    const before = await anchor.row(id);
    const calls: [string, RequestInit][] = [
      [`/transactions/${id}`, {}],
      [`/transactions/${id}`, { method: 'PATCH', body: '{"fields":{"transaction":{"bank":"x"}}}' }],
      [`/transactions/${id}/callback`, { method: 'PUT', body: '{"url":"https://evil.example/"}' }],
    ];
    for (const [path, init] of calls) {
      const headers = { 'content-type': 'application/json' };
      const bare = await anchor.request(`/sep31${path}`, { ...init, headers });
      expect([path, bare.status]).toEqual([path, 403]);
      for (const stranger of STRANGERS) {
        const ask = (to: string) => senderOf(anchor, stranger).ask(to, { ...init, headers });
        const [foreign, absent] = [await ask(path), await ask(path.replace(id, NOBODY))];
        expect([stranger, foreign.status, foreign.text]).toEqual([stranger, 404, absent.text]);
      }
    }
    expect(await anchor.row(id)).toEqual(before);
    expect((await senderOf(anchor, OWNER).get(id)).status).toBe(200);
  });

  it('1156 SEP-24 GET memo: a transaction is there for the memo that began it, by none of its ids for another', async () => {
    const owner = interactiveWallet(anchor, OWNER);
    const { id } = await owner.begin('withdraw');
    const hash = 'ab'.repeat(32);
    await anchor.ctx.db.read
      .updateTable('transactions')
      .set({ stellar_transaction_id: hash, external_transaction_id: 'E-1' })
      .where('id', '=', id)
      .execute();
    for (const key of [`id=${id}`, `stellar_transaction_id=${hash}`, 'external_transaction_id=E-1']) {
      expect((await owner.ask(`/sep24/transaction?${key}`)).status).toBe(200);
      for (const stranger of STRANGERS) {
        const answer = await interactiveWallet(anchor, stranger).ask(`/sep24/transaction?${key}`);
        expect([stranger, key, answer.status]).toEqual([stranger, key, 404]);
      }
    }
    for (const stranger of STRANGERS) {
      expect(await interactiveWallet(anchor, stranger).list('asset_code=SRT')).toEqual([]);
    }
  });

  it('1202 muxed users collapse: two users of one account share nothing, and the memo and M form of one are one', async () => {
    const [one, two] = ['18446744073709551614', '18446744073709551615'] as const;
    const muxed = (id: string) => joinMuxed(BOB, id);
    const begun = await interactiveWallet(anchor, muxed(one)).begin('deposit');
    const sent = await senderOf(anchor, muxed(one)).begin(payment);
    const { body } = await walletOf(anchor, muxed(one)).deposit({ account: muxed(one), amount: '100' });
    const ids = { sep24: begun.id, sep31: sent, sep6: String(body['id']) };
    for (const [subject, status] of [
      [muxed(one), 200],
      [`${BOB}:${one}`, 200],
      [muxed(two), 404],
      [`${BOB}:${two}`, 404],
      [BOB, 404],
    ] as const) {
      const { ask } = interactiveWallet(anchor, subject);
      const statuses = [
        (await ask(`/sep24/transaction?id=${ids.sep24}`)).status,
        (await ask(`/sep31/transactions/${ids.sep31}`)).status,
        (await ask(`/sep6/transaction?id=${ids.sep6}`)).status,
      ];
      expect([subject, ...statuses]).toEqual([subject, status, status, status]);
      expect(await interactiveWallet(anchor, subject).list('asset_code=SRT')).toHaveLength(
        status === 200 ? 1 : 0,
      );
      expect(await walletOf(anchor, subject).list()).toHaveLength(status === 200 ? 1 : 0);
    }
  });

  it('1212 SEP-6 to_account not enforced: a custodian is paid on its own accounts only, and everybody where they said', async () => {
    const before = await countTransactions(anchor);
    for (const account of [ALICE, joinMuxed(ALICE, '7')]) {
      const answer = await walletOf(anchor, OWNER).deposit({ account, amount: '100' });
      expect([account, answer.status]).toEqual([account, 400]);
      const interactive = await interactiveWallet(anchor, OWNER).post('deposit', {
        asset_code: 'SRT',
        account,
      });
      expect([account, interactive.status]).toEqual([account, 400]);
    }
    expect(await countTransactions(anchor)).toBe(before);
    for (const [subject, account] of [
      [OWNER, SHARED],
      [OWNER, BOB],
      [ALICE, ALICE],
      [ALICE, BOB],
    ] as const) {
      const { status, body } = await walletOf(anchor, subject).deposit({ account, amount: '100' });
      expect([subject, account, status]).toEqual([subject, account, 200]);
      expect((await anchor.row(String(body['id']))).account).toBe(account);
    }
  });

  it('1224 JWT type/aud confusion -> admin: a token opens what it was made for, and nothing of the operator’s', async () => {
    const { ctx } = anchor;
    const begun = await interactiveWallet(anchor, OWNER).begin('deposit');
    const api = anchor.token(OWNER);
    const paths = [
      `/sep24/transaction?id=${begun.id}`,
      '/sep24/transactions?asset_code=SRT',
      '/sep6/transactions?asset_code=SRT',
      `/sep31/transactions/${NOBODY}`,
    ];
    const app = createApp({ ...ctx, project: { ...ctx.project, seps: [6, 24, 31] } });
    const status = async (path: string, token: string, method = 'GET') =>
      (
        await app.request(`http://localhost:8000${path}`, {
          method,
          headers: { authorization: `Bearer ${token}` },
        })
      ).status;
    const foreign = (more: object) =>
      createTokens({
        secret: ctx.project.secrets.jwtKey as string,
        issuer: ctx.project.hostUrl,
        network: ctx.project.network.passphrase,
        clock: ctx.clock,
        ...more,
      }).sign('api', { sub: OWNER, lifetimeSeconds: 600 });
    const [, payload] = api.split('.') as [string, string];
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const wrong = [
      ...(['interactive', 'more_info', 'web'] as const).map((purpose) =>
        tokensOf(ctx).sign(purpose, { sub: OWNER, lifetimeSeconds: 600 }),
      ),
      foreign({ issuer: 'https://other.example' }),
      foreign({ network: 'Other' }),
      foreign({ secret: 'another key of more than sixteen characters' }),
      `${none}.${payload}.x`,
    ];
    for (const path of paths) {
      expect([200, 404]).toContain(await status(path, api));
      for (const token of wrong) expect([401, 403]).toContain(await status(path, token));
    }
    // pages: the wallet's token is not the session's, and one transaction's is not another's
    const other = await interactiveWallet(anchor, OWNER).begin('deposit');
    const page = new URL(begun.url);
    const stolen = page.search;
    for (const path of [
      `/interactive/${begun.id}?token=${api}`,
      `/more-info/${begun.id}?token=${api}`,
      `/interactive/${other.id}${stolen}`,
      `/more-info/${other.id}${stolen}`,
      `/interactive/${begun.id}/amount`,
    ]) {
      const found = await status(path, api);
      expect([path.slice(0, 60), found >= 400 && found < 500]).toEqual([path.slice(0, 60), true]);
    }
    const { url } = await interactiveWallet(anchor, OWNER).begin('deposit');
    expect(await status(url.replace('http://localhost:8000', ''), '')).toBe(302);
    // what only an operator or the bank may do is not reached over HTTP with any user's token
    for (const path of ['/admin', '/admin/transactions', '/platform/transactions', '/rails/webhook']) {
      for (const method of ['GET', 'POST']) {
        const found = await status(path, api, method);
        expect([path, method, found >= 400 && found < 500]).toEqual([path, method, true]);
      }
    }
  });
});
