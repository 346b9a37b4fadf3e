import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PriceAnswer } from '../../../src/config/integrations.ts';
import { ALICE, BOB, createTestAnchor, ISSUER, type TestAnchor } from '../../support/anchor.ts';
import { visitorOf } from '../../web/browser.ts';
import { BRL, DEPOSIT, post, prices, QUOTES, SRT, USD, WITHDRAWAL } from '../sep38/client.ts';
import { countTransactions, type Json, walletOf } from './client.ts';

let anchor: TestAnchor;
let price: (sellAsset: string) => PriceAnswer | null;

beforeAll(async () => {
  anchor = await createTestAnchor({
    integrations: { quotes: { price: (request) => price(request.sellAsset) ?? prices(request) } },
    project: { seps: [1, 10, 24, 38], quotes: QUOTES },
    assets: [{ code: 'PLAIN', sep38_enabled: 0, anchored_asset: USD }],
    network: { account: async () => ({ missing: true }) as never },
  });
  await anchor.ctx.db.read
    .updateTable('assets')
    .set({ sep38_enabled: 1 })
    .where('code', '=', 'SRT')
    .execute();
});
afterAll(() => anchor.close());
beforeEach(() => {
  price = () => null;
});

const quote = async (request: Json, subject: string = ALICE): Promise<string> => {
  const { status, body } = await post(anchor, request, anchor.token(subject));
  expect(status).toBe(201);
  return body.id as string;
};

describe('a firm quote in SEP-24', () => {
  it('begins with what the quote says, and is printed with its assets (S24-28, S24-F12, S24-F13, S24-F14, S24-F17)', async () => {
    const wallet = walletOf(anchor);
    const quote_id = await quote(WITHDRAWAL);
    const { id } = await wallet.begin('withdraw', { quote_id });
    await anchor.submit(id, 1_000_000_000n);
    const found = await wallet.find(id);
    expect(found).toMatchObject({
      quote_id,
      status: 'pending_user_transfer_start',
      amount_in: '100',
      amount_in_asset: SRT,
      amount_out: '495',
      amount_out_asset: BRL,
      amount_fee: '1',
      amount_fee_asset: SRT,
      fee_details: { total: '1', asset: SRT, breakdown: [{ name: 'Service fee', amount: '1' }] },
    });
    // no longer than the quote holds (S24-27)
    const { body } = await post(anchor, WITHDRAWAL, anchor.token(ALICE));
    expect(found['user_action_required_by']).toBe(body.expires_at);
  });

  it('takes what agrees with it, by value and not by spelling (S24-24, S24-P01, S24-P03, S24-P05, S24-P18)', async () => {
    const wallet = walletOf(anchor);
    const answer = await wallet.post('deposit', {
      asset_code: 'SRT',
      asset_issuer: ISSUER,
      source_asset: BRL,
      amount: '501.00',
      quote_id: await quote(DEPOSIT),
    });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['id', 'type', 'url']);
    expect(await anchor.row(answer.body['id'] as string)).toMatchObject({
      amount_expected_units: 5_010_000_000n,
      amount_in_asset: BRL,
      amount_out_asset: SRT,
      offchain_asset: BRL,
    });
  });

  it('means what is sold on a withdrawal: its code, its issuer (S24-20, S24-P15, S24-P18)', async () => {
    const wallet = walletOf(anchor);
    const quote_id = await quote(WITHDRAWAL);
    for (const more of [{ asset_issuer: BOB }, { asset_code: 'BRL' }, { asset_code: 'native' }]) {
      expect((await wallet.post('withdraw', { asset_code: 'SRT', quote_id, ...more })).status).toBe(400);
    }
    const { id } = await wallet.begin('withdraw', { asset_issuer: ISSUER, quote_id });
    expect(await anchor.row(id)).toMatchObject({ amount_in_asset: SRT, amount_out_asset: BRL });
  });

  it.each([
    ['another asset', 'withdraw', { asset_code: 'PLAIN' }],
    ['another currency', 'withdraw', { destination_asset: USD }],
    ['another amount', 'withdraw', { amount: '100.01' }],
    ['the other direction', 'deposit', {}],
  ] as const)('refuses %s (S24-24, S24-P05)', async (_, kind, more) => {
    const before = await countTransactions(anchor);
    const quote_id = await quote(WITHDRAWAL);
    const answer = await walletOf(anchor).post(kind, { asset_code: 'SRT', quote_id, ...more });
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body)).toEqual(['error']);
    expect(await countTransactions(anchor)).toBe(before);
    // and leaves the quote as it was
    expect((await walletOf(anchor).post('withdraw', { asset_code: 'SRT', quote_id })).status).toBe(200);
  });

  it('refuses one that is unknown, foreign, used, expired or for another SEP, in the same words (S24-25)', async () => {
    const wallet = walletOf(anchor);
    const used = await quote(WITHDRAWAL);
    await wallet.begin('withdraw', { quote_id: used });
    const old = await quote(WITHDRAWAL);
    anchor.clock.advance(600_000);
    const answers = [];
    for (const quote_id of [
      '00000000-0000-4000-8000-000000000000',
      'nonsense',
      "' OR 1=1",
      await quote(WITHDRAWAL, BOB),
      await quote({ ...WITHDRAWAL, context: 'sep31' }),
      used,
      old,
    ]) {
      const answer = await wallet.post('withdraw', { asset_code: 'SRT', quote_id });
      expect(answer.status).toBe(400);
      answers.push(answer.text);
    }
    expect(new Set(answers).size).toBe(1);
  });

  it('is used by one of two at the same time (S38-35, needs.md #1934)', async () => {
    const quote_id = await quote(WITHDRAWAL);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => walletOf(anchor).post('withdraw', { asset_code: 'SRT', quote_id })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(400)]);
  });

  it('made by an account is used by its users (interop 8), not the reverse', async () => {
    const account = await quote(WITHDRAWAL);
    const user = walletOf(anchor, `${ALICE}:1`);
    expect((await user.post('withdraw', { asset_code: 'SRT', quote_id: account })).status).toBe(200);
    const own = await quote(WITHDRAWAL, `${ALICE}:1`);
    for (const other of [ALICE, `${ALICE}:2`, BOB]) {
      const answer = await walletOf(anchor, other).post('withdraw', { asset_code: 'SRT', quote_id: own });
      expect(answer.status).toBe(400);
    }
  });
});

describe('an exchange without a quote in SEP-24', () => {
  it('is one for one with what the asset is anchored to, and needs SEP-38 for all else (S24-P03, S24-P16)', async () => {
    const wallet = walletOf(anchor);
    const plain = (source_asset: string) => wallet.post('deposit', { asset_code: 'PLAIN', source_asset });
    expect((await plain(USD)).status).toBe(200);
    expect((await plain(BRL)).status).toBe(400);
    expect((await wallet.post('deposit', { asset_code: 'SRT', source_asset: 'iso4217:CHF' })).status).toBe(
      400,
    );
    expect((await wallet.post('deposit', { asset_code: 'SRT', source_asset: SRT })).status).toBe(400);
  });

  it('checks the amount by the limits of the asset at the price of now (S24-P04)', async () => {
    const wallet = walletOf(anchor);
    const ask = (amount: string) => wallet.post('deposit', { asset_code: 'SRT', source_asset: BRL, amount });
    expect((await ask('5.99')).status).toBe(400); // 0.99 SRT
    expect((await ask('6')).status).toBe(200);
    expect((await ask('50001')).status).toBe(200);
    expect((await ask('50006')).status).toBe(400); // 10001 SRT
    expect((await ask('6.001')).status).toBe(400);
    price = () => {
      throw new Error('closed');
    };
    expect((await ask('6')).status).toBe(503);
  });
});

describe('pages of an exchange', () => {
  async function visit(kind: 'deposit' | 'withdraw', request: Json, lang = 'en') {
    const { id, url } = await walletOf(anchor).begin(kind, { ...request, lang });
    const browser = visitorOf(anchor);
    await browser.get(url);
    return { id, browser, base: `/interactive/${id}` };
  }

  it('show both assets and the promised rate, and keep the amount (S24-29, S24-24)', async () => {
    const { id, browser, base } = await visit('withdraw', { quote_id: await quote(WITHDRAWAL) });
    const page = await browser.get(`${base}/amount`);
    expect(page.text).toContain('1 SRT = 5 BRL');
    expect(page.text).toMatch(/readonly/);
    expect(page.text).toContain('495 BRL');
    expect(page.text).toContain('This rate is yours until');
    const wrong = await browser.post(`${base}/amount`, { amount: '99', action: 'continue' });
    expect(wrong.status).toBe(422);
    price = () => ({ price: '1000' });
    const sent = await browser.post(`${base}/amount`, { amount: '100', action: 'continue' });
    expect(sent.status).toBe(303);
    expect(await anchor.row(id)).toMatchObject({
      status: 'pending_user_transfer_start',
      amount_out_units: 4_950_000_000n,
    });
    const status = await browser.get(`${base}/status`);
    expect(status.text).toContain('1 SRT = 5 BRL');
    expect(status.text).toContain('100 SRT');
  });

  it.each([
    ['en', 'estimate'],
    ['es', 'estimación'],
    ['pt', 'estimativa'],
    ['fr', 'estimation'],
    ['id', 'perkiraan'],
  ])('label a rate that is not promised as an estimate, in %s (S24-29, SC-26)', async (lang, word) => {
    const { browser, base } = await visit('deposit', { source_asset: BRL }, lang);
    const page = await browser.get(`${base}/amount`);
    expect(page.text).toContain(word);
    const told = JSON.parse((await browser.get(`${base}/fee?amount=501`)).text);
    expect(told).toMatchObject({ send: '501 BRL', fee: '1 BRL', receive: '100 SRT', rate: '1 SRT = 5 BRL' });
    await browser.post(`${base}/amount`, { amount: '501', action: 'continue' });
    expect((await browser.get(`${base}/status`)).text).toContain(word);
  });

  it('tell when there is no price, and go on when there is one', async () => {
    const { id, browser, base } = await visit('deposit', { source_asset: BRL });
    await browser.get(`${base}/amount`);
    price = () => {
      throw new Error('closed');
    };
    const page = await browser.post(`${base}/amount`, { amount: '501', action: 'continue' });
    expect(page.status).toBe(422);
    expect(page.text).toContain('no exchange rate');
    price = () => null;
    expect((await browser.post(`${base}/amount`, { amount: '501', action: 'continue' })).status).toBe(303);
    expect((await anchor.row(id)).status).toBe('pending_user_transfer_start');
  });

  it('end with a quote that expires while the form is open (S24-27)', async () => {
    const { id, browser, base } = await visit('withdraw', { quote_id: await quote(WITHDRAWAL) });
    await browser.get(`${base}/amount`);
    anchor.clock.advance(600_000);
    const sent = await browser.post(`${base}/amount`, { amount: '100', action: 'continue' });
    expect(sent.status).toBe(303);
    expect(await anchor.row(id)).toMatchObject({ status: 'expired', anchor_account: null });
    expect((await browser.get(`${base}/status`)).text).toContain('Expired');
  });
});
