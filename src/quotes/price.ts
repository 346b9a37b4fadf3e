import * as v from 'valibot';
import { callHook } from '../config/call-hook.ts';
import type { PriceFee, PriceRequest } from '../config/integrations.ts';
import { fitsDecimals, formatAmount, parseAmount, roundUp } from '../kernel/amounts.ts';
import { AnchorError, badInput } from '../kernel/errors.ts';
import {
  type Exchange,
  type ExchangeFee,
  exchange,
  formatRatio,
  type Price,
  parsePrice,
  parseRate,
  sellFor,
} from '../kernel/prices.ts';
import type { Principal } from '../kernel/principal.ts';
import { checkDelivery, type Delivery, exchangeAssets, NO_DELIVERY, type Pair, pairOf } from './assets.ts';
import type { AssetRow, QuoteContextName, QuotesContext } from './context.ts';
import { pairNotOffered, priceUnavailable, quoteRefused } from './errors.ts';

/** What somebody wants a price for, read and not yet compared with what the anchor offers. */
export interface ExchangeRequest extends Delivery {
  /** SEP-38 ids */
  sellAsset: string;
  buyAsset: string;
  /** stroops (1e-7) of the one asset */
  given: { sell: bigint } | { buy: bigint };
  context: QuoteContextName | null;
}

/** Amounts of an exchange with the prices that print them (S38-23): `sell = total_price × buy`, `sell − fee = price × buy`. */
export interface Priced extends Exchange {
  price: string;
  totalPrice: string;
}

const text = v.pipe(v.string(), v.maxLength(200));
const item = v.object({ name: text, description: v.optional(text), amount: text });
const fee = v.optional(
  v.union([
    v.strictObject({ total: text, details: v.optional(v.pipe(v.array(item), v.maxLength(20))) }),
    v.strictObject({ fixed: v.optional(text), percent: v.optional(text), minimum: v.optional(text) }),
  ]),
);
const expiresAt = v.optional(text);
const answerSchema = v.nullable(
  v.union([
    v.strictObject({ refused: v.pipe(v.string(), v.maxLength(500)) }),
    v.strictObject({ price: text, fee, expiresAt }),
    v.strictObject({ rate: text, fee, expiresAt }),
  ]),
);

/** The anchor's own word: a price with its fee in the sell asset, and until when it is willing to keep it. */
export interface Offer {
  price: Price;
  fee: ExchangeFee;
  /** milliseconds since 1970 */
  expiresMs: number | null;
}

/** Asks the `quotes` integration. Never in a database transaction. Null: the pair is not offered. @throws PRICE_UNAVAILABLE, QUOTE_REFUSED */
export async function askPrice(ctx: QuotesContext, pair: Pair, request: PriceRequest): Promise<Offer | null> {
  const { quotes } = ctx.project.integrations;
  if (quotes === undefined) throw priceUnavailable();
  try {
    const asked = Object.freeze({ ...request });
    const answer = await callHook(ctx, 'quotes.price', (hook) => quotes.price(asked, hook), answerSchema);
    if (answer === null) return null;
    if ('refused' in answer) throw quoteRefused(answer.refused);
    const price = 'price' in answer ? parsePrice(answer.price) : parseRate(answer.rate);
    const expiresMs = answer.expiresAt === undefined ? null : Date.parse(answer.expiresAt);
    if (Number.isNaN(expiresMs)) throw badInput('PRICE_INVALID', 'expiresAt is no time.');
    return { price, fee: readFee(answer.fee as PriceFee | undefined, pair, price), expiresMs };
  } catch (error) {
    if (AnchorError.is(error) && error.code === 'QUOTE_REFUSED') throw error;
    ctx.log.error('price_failed', { sell: request.sellAsset, buy: request.buyAsset, error });
    throw priceUnavailable(error);
  }
}

/** @throws AMOUNT_*, PRICE_INVALID an answer that makes no sense */
function readFee(given: PriceFee | undefined, pair: Pair, price: Price): ExchangeFee {
  if (given === undefined) return assetFee(pair, price);
  if ('total' in given) {
    const total = parseAmount(given.total);
    const details = given.details ?? [];
    const sum = details.reduce((all, { amount }) => all + parseAmount(amount), 0n);
    if (details.length > 0 && sum !== total) {
      throw badInput('PRICE_INVALID', 'The details of the fee do not add up to its total.');
    }
    return { total, details };
  }
  const percent = parseAmount(given.percent ?? '0');
  if (percent > 1_000_000_000n) throw badInput('PRICE_INVALID', 'A fee is at most 100 percent.');
  return {
    fixed: parseAmount(given.fixed ?? '0'),
    percent,
    minimum: given.minimum === undefined ? null : parseAmount(given.minimum),
  };
}

/** The fee of the pair's Stellar asset. It is told in that asset: where another one is sold, its fixed parts are converted. */
function assetFee({ sell, buy }: Pair, price: Price): ExchangeFee {
  if (sell.row !== null) {
    const { row } = sell;
    return {
      fixed: row.withdrawal_fee_fixed_units,
      percent: row.withdrawal_fee_percent_units,
      minimum: row.withdrawal_fee_minimum_units,
    };
  }
  const row = buy.row as AssetRow;
  const converted = (units: bigint): bigint => roundUp(sellFor(price, units), sell.decimals);
  const minimum = row.deposit_fee_minimum_units;
  return {
    fixed: converted(row.deposit_fee_fixed_units),
    percent: row.deposit_fee_percent_units,
    minimum: minimum === null ? null : converted(minimum),
  };
}

/** Amounts of an exchange by an offer. @throws AMOUNT_BELOW_FEE, AMOUNT_TOO_LARGE (400) */
export function priceWith({ sell, buy }: Pair, offer: Offer, given: ExchangeRequest['given']): Priced {
  const terms = { ...offer, sellDecimals: sell.decimals, buyDecimals: buy.decimals };
  const counted = exchange(terms, given);
  return {
    ...counted,
    price: formatRatio(counted.sell - counted.fee, counted.buy),
    totalPrice: formatRatio(counted.sell, counted.buy),
  };
}

/** What the integration is asked. */
export const hookRequest = (
  kind: PriceRequest['kind'],
  request: ExchangeRequest,
  who: Pick<Principal, 'account' | 'memo'> | null,
): PriceRequest => ({
  kind,
  sellAsset: request.sellAsset,
  buyAsset: request.buyAsset,
  sellAmount: 'sell' in request.given ? formatAmount(request.given.sell) : null,
  buyAmount: 'buy' in request.given ? formatAmount(request.given.buy) : null,
  sellDeliveryMethod: request.sellDeliveryMethod,
  buyDeliveryMethod: request.buyDeliveryMethod,
  countryCode: request.countryCode,
  context: request.context,
  account: who?.account ?? null,
  memo: who?.memo ?? null,
});

/** @throws AMOUNT_TOO_PRECISE (400) */
export function checkGiven({ sell, buy }: Pair, given: ExchangeRequest['given']): void {
  const [units, { decimals }] = 'sell' in given ? [given.sell, sell] : [given.buy, buy];
  if (!fitsDecimals(units, decimals)) {
    throw badInput('AMOUNT_TOO_PRECISE', `This asset is counted in at most ${decimals} decimals.`);
  }
}

/** The limits of the Stellar asset, for its side of the exchange. @throws AMOUNT_TOO_SMALL, AMOUNT_TOO_BIG (400) */
export function checkBounds({ sell, buy }: Pair, counted: Pick<Exchange, 'sell' | 'buy'>): void {
  const [row, units] = sell.row !== null ? [sell.row, counted.sell] : [buy.row as AssetRow, counted.buy];
  const selling = sell.row !== null;
  const min = selling ? row.withdrawal_min_units : row.deposit_min_units;
  const max = selling ? row.withdrawal_max_units : row.deposit_max_units;
  const name = row.issuer === '' ? 'XLM' : row.code;
  if (min !== null && units < min) {
    throw badInput('AMOUNT_TOO_SMALL', `The smallest amount is ${formatAmount(min)} ${name}.`);
  }
  if (max !== null && units > max) {
    throw badInput('AMOUNT_TOO_BIG', `The largest amount is ${formatAmount(max)} ${name}.`);
  }
}

/**
 * The price of an exchange as it is now, without obligation (S38-18 to S38-26).
 *
 * @param principal who asks, where a token came along (S38-03)
 * @throws QUOTE_ASSET_UNSUPPORTED, QUOTE_PAIR_UNSUPPORTED, DELIVERY_METHOD_INVALID, COUNTRY_CODE_INVALID, AMOUNT_*, QUOTE_REFUSED (400)
 * @throws PRICE_UNAVAILABLE (503)
 */
export async function indicativePrice(
  ctx: QuotesContext,
  principal: Principal | null,
  request: ExchangeRequest,
): Promise<Priced> {
  const pair = pairOf(await exchangeAssets(ctx), request.sellAsset, request.buyAsset);
  checkDelivery(pair, request, false);
  checkGiven(pair, request.given);
  const offer = await askPrice(ctx, pair, hookRequest('indicative', request, principal));
  if (offer === null) throw pairNotOffered();
  const priced = priceWith(pair, offer, request.given);
  checkBounds(pair, priced);
  return priced;
}

/** Money that has come for a transaction that exchanges it. */
export interface ArrivedExchange {
  pair: Pair;
  /** stroops that came, of the sell asset */
  units: bigint;
  context: QuoteContextName;
  /** whose it is, as it is kept */
  account: string;
}

/**
 * What money that came is worth now: for exchanges without a firm quote, or whose quote does not bind any more. No limit of the asset
 * applies, because the money is here.
 *
 * @throws PRICE_UNAVAILABLE, QUOTE_REFUSED, AMOUNT_BELOW_FEE
 */
export async function exchangeArrived(ctx: QuotesContext, arrived: ArrivedExchange): Promise<Priced> {
  const { pair, units, context, account } = arrived;
  const request: ExchangeRequest = {
    ...NO_DELIVERY,
    sellAsset: pair.sell.id,
    buyAsset: pair.buy.id,
    given: { sell: units },
    context,
  };
  const [base = account, memo = null] = account.split(':');
  const asked = hookRequest('exchange', request, { account: base, memo });
  const offer = await askPrice(ctx, pair, asked);
  if (offer === null) throw priceUnavailable();
  return priceWith(pair, offer, request.given);
}
