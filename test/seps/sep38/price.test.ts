import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PriceAnswer, PriceRequest } from '../../../src/config/integrations.ts';
import { parseAmount } from '../../../src/kernel/amounts.ts';
import { ALICE, createTestAnchor, ISSUER, type TestAnchor } from '../../support/anchor.ts';
import { BRL, get, JPY, post, prices, QUOTES, SRT, USD, WITHDRAWAL } from './client.ts';

let anchor: TestAnchor;
let token: string;
let answer: (request: PriceRequest) => PriceAnswer | Promise<PriceAnswer>;
let asked: PriceRequest[];

beforeAll(async () => {
  anchor = await createTestAnchor({
    integrations: {
      quotes: {
        price: (request) => {
          asked.push(request);
          return answer(request);
        },
      },
    },
    project: { seps: [1, 10, 24, 38], quotes: QUOTES },
  });
  await anchor.ctx.db.read.updateTable('assets').set({ sep38_enabled: 1 }).execute();
  token = anchor.token(`${ALICE}:7`);
});
afterAll(() => anchor.close());
beforeEach(() => {
  answer = prices;
  asked = [];
});

const SALE = { sell_asset: SRT, buy_asset: BRL, sell_amount: '100', context: 'sep31' };

describe('GET /sep38/price', () => {
  it('answers exactly the five keys, texts but for the fee (S38-18, S38-20, S38-21, S38-F02, S38-F05)', async () => {
    const { status, body } = await get(anchor, 'price', SALE);
    expect(status).toBe(200);
    expect(body).toEqual({
      total_price: '0.202020202',
      price: '0.2',
      sell_amount: '100',
      buy_amount: '495',
      fee: { total: '1', asset: SRT, details: [{ name: 'Service fee', amount: '1' }] },
    });
  });

  it('counts from what is bought as well, and keeps it (S38-23, S38-25, S38-31, S38-32, S38-F04)', async () => {
    const { sell_amount: _, ...sale } = SALE;
    const { body } = await get(anchor, 'price', { ...sale, buy_amount: '495' });
    expect(body).toMatchObject({ sell_amount: '100', buy_amount: '495', price: '0.2' });
    const deposit = { sell_asset: BRL, buy_asset: SRT, sell_amount: '501', context: 'sep6' };
    expect((await get(anchor, 'price', deposit)).body).toEqual({
      total_price: '5.01',
      price: '5',
      sell_amount: '501',
      buy_amount: '100',
      fee: { total: '1', asset: BRL, details: [{ name: 'Service fee', amount: '1' }] },
    });
  });

  it.each([
    [SRT, BRL, '33.33'],
    [SRT, JPY, '77.77'],
    [BRL, SRT, '123.45'],
    [JPY, SRT, '100001'],
    [USD, SRT, '9.99'],
  ])('holds the identities after rounding: %s for %s (S38-23, S38-24, S38-39)', async (sell, buy, amount) => {
    const query = { sell_asset: sell, buy_asset: buy, sell_amount: amount, context: 'sep24' };
    const { body, status } = await get(anchor, 'price', query);
    expect(status).toBe(200);
    const [sold, bought, fee] = [body.sell_amount, body.buy_amount, body.fee.total].map(Number) as [
      number,
      number,
      number,
    ];
    // as the official test suite counts: in doubles, rounded to the decimals of the side outside of Stellar
    const places = sell === JPY || buy === JPY ? 0 : 2;
    expect((Number(body.total_price) * bought).toFixed(places)).toBe(sold.toFixed(places));
    expect((Number(body.price) * bought).toFixed(places)).toBe((sold - fee).toFixed(places));
    expect(body.fee.asset).toBe(sell);
    const sum = body.fee.details.reduce(
      (all: bigint, item: { amount: string }) => all + parseAmount(item.amount),
      0n,
    );
    expect(sum).toBe(parseAmount(body.fee.total));
  });

  it.each(['sep6', 'sep24', 'sep31'])('takes the context %s (S38-19, S38-P08)', async (context) => {
    expect((await get(anchor, 'price', { ...SALE, context })).status).toBe(200);
    expect(asked).toMatchObject([{ kind: 'indicative', context, sellAmount: '100', buyAmount: null }]);
  });

  it('needs no delivery method, and hands on what is said (S38-26, S38-03, S38-P05, S38-P06, S38-P07)', async () => {
    await get(anchor, 'price', { ...SALE, buy_delivery_method: 'ACH', country_code: 'BR' }, token);
    expect(asked).toMatchObject([
      { buyDeliveryMethod: 'ACH', sellDeliveryMethod: null, countryCode: 'BR', account: ALICE, memo: '7' },
    ]);
  });

  const without = (name: string) => Object.fromEntries(Object.entries(SALE).filter(([key]) => key !== name));
  it.each([
    ['no sell_asset', without('sell_asset')],
    ['no buy_asset', without('buy_asset')],
    ['no amount', without('sell_amount')],
    ['no context', without('context')],
    ['both amounts', { ...SALE, buy_amount: '1' }],
    ['another context', { ...SALE, context: 'sep12' }],
    ['an empty context', { ...SALE, context: '' }],
    ['the same asset twice', { ...SALE, buy_asset: SRT }],
    ['two currencies', { ...SALE, sell_asset: USD }],
    ['an asset without its scheme', { ...SALE, sell_asset: `SRT:${ISSUER}` }],
    ['an asset of another issuer', { ...SALE, sell_asset: `stellar:SRT:${ALICE}` }],
    ['a lower-case currency', { ...SALE, buy_asset: 'iso4217:brl' }],
    ['an unknown currency', { ...SALE, buy_asset: 'iso4217:CHF' }],
    ['an unknown method', { ...SALE, buy_delivery_method: 'pigeon' }],
    ['methods of both sides', { ...SALE, buy_delivery_method: 'PIX', sell_delivery_method: 'PIX' }],
    ['an unknown country', { ...SALE, country_code: 'FR' }],
    ['less than the asset allows', { ...SALE, sell_amount: '0.99' }],
    ['more than the asset allows', { ...SALE, sell_amount: '10000.01' }],
    ['what the fee eats up', { ...SALE, sell_amount: '1' }],
    ['more decimals than it has', { ...SALE, sell_amount: '1.001' }],
  ])('refuses %s with 400 (S38-02, S38-04, S38-18, S38-P01, S38-P02)', async (_, query) => {
    const { status, body } = await get(anchor, 'price', query as Record<string, string>);
    expect(status).toBe(400);
    expect(Object.keys(body)).toEqual(['error']);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('the market is closed'))],
    ['answers nonsense', () => 'five' as unknown as PriceAnswer],
    ['answers a number', () => ({ price: 5 }) as unknown as PriceAnswer],
    ['answers a negative price', () => ({ price: '-5' })],
    ['answers zero', () => ({ rate: '0' })],
    ['answers NaN', () => ({ price: 'NaN' })],
    ['answers an exponent', () => ({ price: '1.0E+500000000' })],
    [
      'answers a fee whose parts do not add up',
      () => ({ price: '5', fee: { total: '2', details: [{ name: 'x', amount: '1' }] } }),
    ],
    ['answers a percentage above 100', () => ({ price: '5', fee: { percent: '101' } })],
    ['answers both ways at once', () => ({ price: '5', rate: '5' }) as unknown as PriceAnswer],
  ])(
    'answers 503 and no price where the integration %s (reliability 6: nonsense => 503)',
    async (_, wrong) => {
      answer = wrong as () => PriceAnswer;
      const one = await get(anchor, 'price', SALE);
      expect(one.status).toBe(503);
      expect(one.body.error).not.toMatch(/market|five|integrations/);
      const { status } = await post(anchor, { ...WITHDRAWAL }, token);
      expect(status).toBe(503);
      const { count } = await anchor.ctx.db.read
        .selectFrom('quotes')
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow();
      expect(Number(count)).toBe(0);
    },
  );

  it('tells what the integration refuses with, and a pair it does not offer is none (S38-02, S38-16)', async () => {
    answer = () => ({ refused: 'Not on Sundays.' });
    expect(await get(anchor, 'price', SALE)).toMatchObject({
      status: 400,
      body: { error: 'Not on Sundays.' },
    });
    answer = () => null;
    expect((await get(anchor, 'price', SALE)).status).toBe(400);
    expect((await get(anchor, 'prices', { sell_asset: SRT, sell_amount: '1' })).body).toEqual({
      buy_assets: [],
    });
  });

  it('takes the fee of the asset where the integration names none, converted where another asset is sold (S38-21)', async () => {
    // 1 + 0.1 % in SRT; for a deposit that is 5 BRL + 0.1 %
    answer = ({ sellAsset }) => (sellAsset === SRT ? { rate: '5' } : { price: '5' });
    expect((await get(anchor, 'price', SALE)).body).toMatchObject({
      fee: { total: '1.1', asset: SRT },
      buy_amount: '494.5',
    });
    const deposit = { sell_asset: BRL, buy_asset: SRT, sell_amount: '1000', context: 'sep6' };
    expect((await get(anchor, 'price', deposit)).body).toMatchObject({
      fee: { total: '6', asset: BRL },
      buy_amount: '198.8',
    });
  });
});

const AMOUNTS = [
  '',
  '0',
  '-0',
  '-1',
  '+1',
  '1e2',
  '1.0E+500000000',
  'NaN',
  'Infinity',
  '0x10',
  ' 1 ',
  '1,0',
  '１２',
  '1.',
  '.5',
  '01',
  '1.12345678',
  '922337203685.4775808',
  '9'.repeat(10_000),
  'null',
  '[]',
  '{}',
  "' OR 1=1",
  '\0',
];
const ASSETS = [
  '',
  'SRT',
  'native',
  'XLM',
  'stellar:',
  'stellar:XLM',
  `stellar:srt:${ISSUER}`,
  `stellar:ABCDEFGHIJKLM:${ISSUER}`,
  `stellar:SRT:${ISSUER.slice(0, -1)}A`,
  `stellar:SRT:${ISSUER}:x`,
  'iso4217:',
  'iso4217:XXX',
  'iso4217:brl',
  'iso4217:BRLL',
  'iso4217:BR',
  `${SRT} `,
  '__proto__',
  '\0',
  'x'.repeat(10_000),
  "' OR 1=1",
];
const OTHERS = ['\0', 'x'.repeat(10_000), '__proto__', "' OR 1=1", '../', 'PIX ', 'pix', '<b>'];

describe('bad input', () => {
  const cases = [
    ...['sell_amount', 'buy_amount'].flatMap((name) => AMOUNTS.map((value) => [name, value])),
    ...['sell_asset', 'buy_asset'].flatMap((name) => ASSETS.map((value) => [name, value])),
    ...['sell_delivery_method', 'buy_delivery_method', 'country_code', 'context'].flatMap((name) =>
      OTHERS.map((value) => [name, value]),
    ),
    ...[
      'soon',
      '2026',
      '2026-13-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
      '1769860800',
      '2026-01-31T11:59:59Z',
      '2026-02-01T12:00:01Z',
      '9999-12-31T23:59:59Z',
      '\0',
      '',
      '2026-01-31T12:05:00+99:00',
    ].map((value) => ['expire_after', value]),
  ] as [string, string][];

  it(`answers 400 and changes nothing: ${cases.length} bad values, in queries and bodies (S38-02, S38-P03, S38-P04, S38-P09, S38-29)`, async () => {
    for (const [name, value] of cases) {
      const base: Record<string, string> = { ...WITHDRAWAL };
      if (name === 'buy_amount') delete base['sell_amount'];
      const wrong = { ...base, [name]: value };
      if (name !== 'expire_after') {
        const { status, body } = await get(anchor, 'price', wrong, token);
        expect([name, value.slice(0, 50), status]).toEqual([name, value.slice(0, 50), 400]);
        expect(JSON.stringify(body)).not.toMatch(/node_modules|select |SQLITE/i);
      }
      const quote = await post(anchor, wrong, token);
      expect([name, value.slice(0, 50), quote.status]).toEqual([name, value.slice(0, 50), 400]);
    }
    const rows = await anchor.ctx.db.read.selectFrom('quotes').select('id').execute();
    expect(rows).toEqual([]);
    expect(asked.filter(({ kind }) => kind === 'firm')).toEqual([]);
  });

  it.each([
    ['no JSON', '{', 400],
    ['a list', '[]', 400],
    ['a key twice', '{"context":"sep6","context":"sep24"}', 400],
    ['an object for a text', JSON.stringify({ ...WITHDRAWAL, sell_asset: {} }), 400],
    ['a list for a text', JSON.stringify({ ...WITHDRAWAL, sell_amount: ['100'] }), 400],
    ['a number that has lost digits', '{"sell_amount":1e999}', 400],
    ['nothing', '', 400],
    ['too much', JSON.stringify({ ...WITHDRAWAL, note: 'x'.repeat(60_000) }), 413],
  ])('refuses a body that is %s (SC-08, SC-09, S38-02)', async (_, body, status) => {
    expect((await post(anchor, body, token)).status).toBe(status);
  });

  it('refuses a parameter that comes twice, and ignores those it does not know (SC-31)', async () => {
    const twice = await anchor.request(`/sep38/price?${new URLSearchParams(SALE)}&context=sep6`);
    expect(twice.status).toBe(400);
    expect((await get(anchor, 'price', { ...SALE, tip: '5' })).status).toBe(200);
  });
});
