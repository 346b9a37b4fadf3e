import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, createTestAnchor, ISSUER, type TestAnchor } from '../../support/anchor.ts';
import { BRL, get, integrations, JPY, method, QUOTES, SRT, USD, XLM } from './client.ts';

let anchor: TestAnchor;
let token: string;

beforeAll(async () => {
  anchor = await createTestAnchor({
    integrations,
    project: { seps: [1, 10, 24, 38], quotes: QUOTES },
    assets: [
      { code: 'CLOSED', issuer: ISSUER, deposit_enabled: 0, withdrawal_enabled: 0, sep38_enabled: 1 },
      { code: 'PRIVATE', issuer: ISSUER, sep38_enabled: 0 },
    ],
  });
  await anchor.ctx.db.read
    .updateTable('assets')
    .set({ sep38_enabled: 1 })
    .where('code', '=', 'SRT')
    .execute();
  token = anchor.token(ALICE);
});
afterAll(() => anchor.close());

describe('GET /sep38/info', () => {
  it('lists what is exchanged: countries and methods of fiat only (S38-05, S38-06, S38-07, S38-08, S38-09)', async () => {
    const { status, body, headers } = await get(anchor, 'info');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/json');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(body).toEqual({
      assets: [
        { asset: SRT },
        {
          asset: BRL,
          country_codes: ['BR', 'US-FL'],
          sell_delivery_methods: [method('PIX'), method('cash')],
          buy_delivery_methods: [method('PIX'), method('ACH')],
        },
        { asset: USD, sell_delivery_methods: [method('SEPA')], buy_delivery_methods: [method('SEPA')] },
        { asset: JPY },
      ],
    });
  });

  it.each(['info', 'prices?sell_asset=iso4217:BRL&sell_amount=10', 'price'])(
    '%s: a token that is not good is refused, none is not (S38-01, S38-03)',
    async (path) => {
      const ask = (authorization?: string) =>
        anchor.request(`/sep38/${path}`, { headers: authorization ? { authorization } : {} });
      expect((await ask()).status).not.toBe(403);
      expect((await ask(`Bearer ${token}`)).status).not.toBe(403);
      for (const bad of ['Bearer x', 'Basic abc', `Bearer ${token}x`, 'Bearer', ' ']) {
        if (bad.trim() === '') continue;
        const answer = await ask(bad);
        expect(answer.status).toBe(403);
        expect(await answer.json()).toMatchObject({ error: expect.any(String) });
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      }
    },
  );

  it('answers preflight without a token, and other methods with 405 (SC-04, SC-05)', async () => {
    for (const path of ['info', 'prices', 'price', 'quote', 'quote/x']) {
      const answer = await anchor.request(`/sep38/${path}`, { method: 'OPTIONS' });
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-headers')).toContain('Authorization');
      expect((await anchor.request(`/sep38/${path}`, { method: 'DELETE' })).status).toBe(405);
    }
    expect((await anchor.request('/sep38/other')).status).toBe(404);
  });
});

describe('GET /sep38/prices', () => {
  it('lists what can be bought, off-chain units for one (S38-10, S38-14, S38-15, S38-F01)', async () => {
    const { status, body } = await get(anchor, 'prices', { sell_asset: SRT, sell_amount: '100' });
    expect(status).toBe(200);
    expect(body).toEqual({
      buy_assets: [
        { asset: BRL, price: '0.2', decimals: 2 },
        { asset: USD, price: '1', decimals: 2 },
        { asset: JPY, price: '0.006666666666666667', decimals: 0 },
      ],
    });
  });

  it('lists what something can be bought for (S38-10, S38-14, S38-15)', async () => {
    const { status, body } = await get(anchor, 'prices', { buy_asset: SRT, buy_amount: '100' });
    expect(status).toBe(200);
    expect(body.sell_assets).toEqual([
      { asset: BRL, price: '5', decimals: 2 },
      { asset: USD, price: '1', decimals: 2 },
      { asset: JPY, price: '150', decimals: 0 },
    ]);
    expect(Object.keys(body)).toEqual(['sell_assets']);
  });

  it('leaves out what is not delivered like that, and demands no method (S38-12, S38-P05, S38-P06)', async () => {
    const pix = await get(anchor, 'prices', {
      sell_asset: SRT,
      sell_amount: '1',
      buy_delivery_method: 'PIX',
    });
    expect(pix.body.buy_assets).toEqual([{ asset: BRL, price: '0.2', decimals: 2 }]);
    const sold = await get(anchor, 'prices', {
      sell_asset: BRL,
      sell_amount: '10',
      sell_delivery_method: 'cash',
    });
    expect(sold.body.buy_assets).toEqual([{ asset: SRT, price: '5', decimals: 2 }]);
  });

  it('takes a country that is listed, and answers without one (S38-13, S38-P07)', async () => {
    const query = { sell_asset: BRL, sell_amount: '10', country_code: 'BR' };
    expect((await get(anchor, 'prices', query)).status).toBe(200);
    expect((await get(anchor, 'prices', { ...query, country_code: 'US-FL' })).status).toBe(200);
  });

  it.each([
    ['both assets', { sell_asset: SRT, buy_asset: BRL, sell_amount: '1' }],
    ['no asset', { sell_amount: '1' }],
    ['an amount of the other side', { sell_asset: SRT, buy_amount: '1' }],
    ['both amounts', { sell_asset: SRT, sell_amount: '1', buy_amount: '1' }],
    ['no amount', { sell_asset: SRT }],
    ['a sale with the amount of a purchase', { buy_asset: SRT, sell_amount: '1' }],
    ['an unknown method', { sell_asset: SRT, sell_amount: '1', buy_delivery_method: 'pigeon' }],
    ['a method of the side on Stellar', { sell_asset: SRT, sell_amount: '1', sell_delivery_method: 'PIX' }],
    ['an unknown country', { sell_asset: BRL, sell_amount: '1', country_code: 'FR' }],
    ['an asset that is not exchanged', { sell_asset: `stellar:PRIVATE:${ISSUER}`, sell_amount: '1' }],
    ['an asset that is switched off', { sell_asset: `stellar:CLOSED:${ISSUER}`, sell_amount: '1' }],
    ['an unknown currency', { sell_asset: 'iso4217:CHF', sell_amount: '1' }],
    ['more decimals than it has', { sell_asset: JPY, sell_amount: '1.5' }],
  ])('refuses %s (S38-10, S38-11, S38-12, S38-13, S38-16)', async (_, query) => {
    const { status, body } = await get(anchor, 'prices', query as Record<string, string>);
    expect(status).toBe(400);
    expect(Object.keys(body)).toEqual(['error']);
  });

  it('offers no Stellar asset for another (S38-17)', async () => {
    const { body } = await get(anchor, 'prices', { sell_asset: SRT, sell_amount: '1' });
    for (const { asset } of body.buy_assets) expect(asset).not.toContain('stellar:');
    expect((await get(anchor, 'prices', { sell_asset: XLM, sell_amount: '1' })).status).toBe(400);
  });
});

describe('quotes.auth_required', () => {
  it('demands a token everywhere (S38-01, S38-03)', async () => {
    const closed = await createTestAnchor({
      integrations,
      project: { seps: [1, 10, 38], quotes: { ...QUOTES, authRequired: true } },
    });
    try {
      await closed.ctx.db.read.updateTable('assets').set({ sep38_enabled: 1 }).execute();
      for (const path of ['info', 'prices', 'price']) {
        expect((await get(closed, path)).status).toBe(403);
        expect((await get(closed, path, {}, closed.token(ALICE))).status).not.toBe(403);
      }
    } finally {
      await closed.close();
    }
  });
});
