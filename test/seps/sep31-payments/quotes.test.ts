import { describe, expect, it } from 'vitest';
import { QUOTES_PRESET } from '../../../src/config/project.ts';
import { ALICE, BOB, ISSUER, SHARED, type TestAnchor, useTestAnchor } from '../../support/anchor.ts';
import { countTransactions } from '../sep24/client.ts';
import { BRL, integrations, post as postQuote, QUOTES, USD } from '../sep38/client.ts';
import { senderOf } from './client.ts';

const usdc = { sep31_enabled: 1 as const, sep38_enabled: 1 as const, code: 'USDC', anchored_asset: USD };
const sell = `stellar:USDC:${ISSUER}`;
const seps = [1, 10, 31, 38] as const;
const methods = {
  senders: [],
  fundingMethods: ['PIX', 'ACH'],
  quotesRequired: false,
  acceptUnverified: false,
};
const project = { seps, quotes: { ...QUOTES_PRESET, ...QUOTES }, sep31: methods };
const good = { amount: 100, asset_code: 'USDC', funding_method: 'PIX', destination_asset: BRL };

async function quote(anchor: TestAnchor, subject = ALICE, more: object = {}): Promise<string> {
  const body = {
    sell_asset: sell,
    buy_asset: BRL,
    sell_amount: '100',
    buy_delivery_method: 'PIX',
    context: 'sep31',
    ...more,
  };
  const answer = await postQuote(anchor, body, anchor.token(subject));
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body.id as string;
}

describe('SEP-31 with SEP-38', () => {
  const anchor = useTestAnchor({ assets: [usdc], integrations, project });
  const sender = (subject?: string) => senderOf(anchor, subject);

  it('says so in /info (S31-04)', async () => {
    const { body } = await sender().ask('/info');
    expect((body['receive'] as Record<string, object>)['USDC']).toMatchObject({
      quotes_supported: true,
      quotes_required: false,
      funding_methods: ['PIX', 'ACH'],
    });
  });

  it('promises what the quote does (S31-P06, S31-19, S31-20, S31-F07, S31-F08)', async () => {
    const id = await quote(anchor);
    const payment = await sender().begin({ ...good, quote_id: id });
    const found = await sender().find(payment);
    expect(found).toMatchObject({
      quote_id: id,
      amount_in: '100',
      amount_in_asset: sell,
      amount_out: '495',
      amount_out_asset: BRL,
      amount_fee: '1',
      amount_fee_asset: sell,
      fee_details: { total: '1', asset: sell, details: [{ name: 'Service fee', amount: '1' }] },
    });
    const row = await anchor.row(payment);
    expect(row.expires_at).toBe('2026-01-31T12:10:00.000Z');
  });

  it('uses a quote once, also when two want it at once (S31-P06, S38-35)', async () => {
    const id = await quote(anchor);
    const answers = await Promise.all([1, 2, 3].map(() => sender().post({ ...good, quote_id: id })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400]);
  });

  it("takes the account's quote for its users, and nobody else's (S31-P06, SC-21)", async () => {
    const own = await quote(anchor, SHARED);
    expect((await sender(`${SHARED}:1`).post({ ...good, quote_id: own })).status).toBe(201);
    const foreign = await sender(BOB).post({ ...good, quote_id: await quote(anchor) });
    const absent = await sender(BOB).post({ ...good, quote_id: '6f3c9b1e-9c3f-4c62-8a0b-0d6a1f0c7a11' });
    expect([foreign.status, foreign.text]).toEqual([400, absent.text]);
  });

  it.each([
    ['amount', { amount: 99 }],
    ['destination_asset', { destination_asset: USD }],
    ['funding_method', { funding_method: 'ACH' }],
    ['asset', { asset_code: 'OTHER' }],
  ])(
    'refuses a quote that does not agree with the %s, and leaves it unused (S31-P05, S31-P06)',
    async (_, change) => {
      const id = await quote(anchor);
      const before = await countTransactions(anchor);
      expect((await sender().post({ ...good, ...change, quote_id: id })).status).toBe(400);
      expect(await countTransactions(anchor)).toBe(before);
      expect((await sender().post({ ...good, quote_id: id })).status).toBe(201);
    },
  );

  it('refuses a quote of another context and an asset that is not exchanged (S31-P05, S31-P06)', async () => {
    expect(
      (await sender().post({ ...good, quote_id: await quote(anchor, ALICE, { context: 'sep24' }) })).status,
    ).toBe(400);
    expect((await sender().post({ ...good, destination_asset: 'iso4217:CHF' })).status).toBe(400);
  });

  it('tells amount_out of an exchange without a quote only when the money is there (S31-19, S31-P05)', async () => {
    const found = await sender().find(await sender().begin(good));
    expect(found).toMatchObject({ amount_in: '100', amount_in_asset: sell, amount_out_asset: BRL });
    expect(found).not.toHaveProperty('amount_out');
    const one = await sender().find(await sender().begin({ ...good, destination_asset: USD }));
    expect(one).toMatchObject({ amount_in: '100', amount_out: '98.9', amount_out_asset: USD });
  });

  it('refuses an expired quote (S31-16)', async () => {
    const id = await quote(anchor);
    anchor.clock.advance(3_600_000);
    expect((await sender().post({ ...good, quote_id: id })).status).toBe(400);
  });
});

describe('SEP-31 that demands quotes', () => {
  const anchor = useTestAnchor({
    assets: [usdc],
    integrations,
    project: { ...project, sep31: { ...methods, quotesRequired: true } },
  });

  it('takes no payment without one (S31-10, S31-P06)', async () => {
    const sender = senderOf(anchor);
    expect((await sender.post(good)).status).toBe(400);
    expect((await sender.post({ ...good, quote_id: await quote(anchor) })).status).toBe(201);
    const { body } = await sender.ask('/info');
    expect((body['receive'] as Record<string, object>)['USDC']).toMatchObject({ quotes_required: true });
  });
});
