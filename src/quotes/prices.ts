import { formatPrice, type Price } from '../kernel/prices.ts';
import type { Principal } from '../kernel/principal.ts';
import {
  checkDelivery,
  type Delivery,
  type ExchangeAsset,
  exchangeAssets,
  isPair,
  type Pair,
} from './assets.ts';
import type { QuotesContext } from './context.ts';
import { assetNotOffered, countryInvalid, isRefusal, methodInvalid } from './errors.ts';
import { askPrice, checkGiven, type ExchangeRequest, hookRequest } from './price.ts';

export interface PricesRequest extends Delivery {
  /** SEP-38 id of the one asset that is given */
  asset: string;
  given: { sell: bigint } | { buy: bigint };
}

/** What one unit of the asset costs, or is sold for: units of the sell asset for one of the buy asset (S38-15). */
export interface ListedPrice {
  asset: ExchangeAsset;
  price: string;
}

/**
 * Prices of all that can be bought for an asset, or sold for it (S38-10 to S38-16). A pair whose price is not to be had is left out, as
 * long as there is another.
 *
 * @throws QUOTE_ASSET_UNSUPPORTED, DELIVERY_METHOD_INVALID, COUNTRY_CODE_INVALID, AMOUNT_TOO_PRECISE (400); PRICE_UNAVAILABLE (503)
 */
export async function listPrices(
  ctx: QuotesContext,
  principal: Principal | null,
  request: PricesRequest,
): Promise<ListedPrice[]> {
  const assets = await exchangeAssets(ctx);
  const selling = 'sell' in request.given;
  const known = assets.find(({ id }) => id === request.asset);
  if (known === undefined) throw assetNotOffered(selling ? 'sell_asset' : 'buy_asset');
  const all = assets
    .map((other): Pair => (selling ? { sell: known, buy: other } : { sell: other, buy: known }))
    .filter(({ sell, buy }) => isPair(sell, buy));
  const pairs = all.filter((pair) => delivers(pair, request));
  if (pairs.length === 0) throw all.length === 0 ? assetNotOffered('asset') : deliveryFault(all, request);
  for (const pair of pairs.slice(0, 1)) checkGiven(pair, request.given);
  const found = await Promise.all(pairs.map((pair) => priceOf(ctx, principal, pair, request)));
  const fault = found.find((one) => one instanceof Error);
  const prices = found.flatMap((one) => (one === null || one instanceof Error ? [] : [one]));
  if (prices.length === 0 && fault instanceof Error) throw fault;
  return prices.map(({ pair, price }) => ({
    asset: selling ? pair.buy : pair.sell,
    price: formatPrice(price),
  }));
}

function delivers(pair: Pair, delivery: Delivery): boolean {
  try {
    checkDelivery(pair, delivery, false);
    return true;
  } catch {
    return false;
  }
}

function deliveryFault(pairs: readonly Pair[], delivery: Delivery): Error {
  const country = { ...delivery, countryCode: null };
  return pairs.some((pair) => delivers(pair, country))
    ? countryInvalid()
    : methodInvalid('The delivery method is not one that /sep38/info lists for these assets.');
}

async function priceOf(
  ctx: QuotesContext,
  principal: Principal | null,
  pair: Pair,
  { given, asset: _, ...delivery }: PricesRequest,
): Promise<{ pair: Pair; price: Price } | Error | null> {
  const request: ExchangeRequest = {
    ...delivery,
    sellAsset: pair.sell.id,
    buyAsset: pair.buy.id,
    given,
    context: null,
  };
  try {
    const offer = await askPrice(ctx, pair, hookRequest('indicative', request, principal));
    return offer === null ? null : { pair, price: offer.price };
  } catch (error) {
    if (isRefusal(error)) return null;
    return error as Error;
  }
}
