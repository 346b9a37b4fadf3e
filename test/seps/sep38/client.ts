import type { Integrations, PriceAnswer, PriceRequest } from '../../../src/config/integrations.ts';
import type { OffchainAsset, QuotesSettings } from '../../../src/config/project.ts';
import { QUOTES_PRESET } from '../../../src/config/project.ts';
import { ISSUER, type TestAnchor } from '../../support/anchor.ts';

export const SRT = `stellar:SRT:${ISSUER}`;
export const XLM = 'stellar:native';
export const BRL = 'iso4217:BRL';
export const USD = 'iso4217:USD';
export const JPY = 'iso4217:JPY';

export const method = (name: string) => ({ name, description: `by ${name}` });

const offchain = (asset: string, more: Partial<OffchainAsset> = {}): OffchainAsset => ({
  asset,
  decimals: 2,
  countryCodes: [],
  sellDeliveryMethods: [],
  buyDeliveryMethods: [],
  ...more,
});

/** BRL with two methods each way and two countries, USD with one method, JPY without cents and without methods. */
export const QUOTES: QuotesSettings = {
  ...QUOTES_PRESET,
  assets: [
    offchain(BRL, {
      countryCodes: ['BR', 'US-FL'],
      sellDeliveryMethods: [method('PIX'), method('cash')],
      buyDeliveryMethods: [method('PIX'), method('ACH')],
    }),
    offchain(USD, { sellDeliveryMethods: [method('SEPA')], buyDeliveryMethods: [method('SEPA')] }),
    offchain(JPY, { decimals: 0 }),
  ],
};

const PER_SRT: Record<string, string> = { [BRL]: '5', [USD]: '1', [JPY]: '150' };

/** 5 BRL, 1 USD or 150 JPY for one SRT, and a fee of 1 of what is sold. */
export function prices({ sellAsset, buyAsset }: PriceRequest): PriceAnswer {
  const fee = { total: '1', details: [{ name: 'Service fee', amount: '1' }] };
  const [sold, bought] = [PER_SRT[sellAsset], PER_SRT[buyAsset]];
  if (sold !== undefined) return { price: sold, fee };
  return bought === undefined ? null : { rate: bought, fee };
}

export const integrations: Integrations = { quotes: { price: prices } };

export const headers = (token?: string) => ({
  'content-type': 'application/json',
  ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
});

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape
  body: any;
  headers: Headers;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
}

export const get = async (
  anchor: TestAnchor,
  path: string,
  query: Record<string, string> = {},
  token?: string,
): Promise<Answer> =>
  answerOf(await anchor.request(`/sep38/${path}?${new URLSearchParams(query)}`, { headers: headers(token) }));

export const post = async (anchor: TestAnchor, body: unknown, token?: string): Promise<Answer> =>
  answerOf(
    await anchor.request('/sep38/quote', {
      method: 'POST',
      headers: headers(token),
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );

/** A firm quote: 100 SRT for BRL by PIX. */
export const WITHDRAWAL = {
  sell_asset: SRT,
  buy_asset: BRL,
  sell_amount: '100',
  buy_delivery_method: 'PIX',
  context: 'sep24',
};
/** A firm quote: 501 BRL by PIX for SRT. */
export const DEPOSIT = {
  sell_asset: BRL,
  buy_asset: SRT,
  sell_amount: '501',
  sell_delivery_method: 'PIX',
  context: 'sep24',
};
