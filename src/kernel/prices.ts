import { formatAmount, MAX_STROOPS, roundUp, STELLAR_SCALE } from './amounts.ts';
import { type AnchorError, badInput } from './errors.ts';
import { computeFee, type Fee, type FeeItem, type FeeTerms } from './fees.ts';

/** What one asset costs in another: `sell` units of the one for `buy` units of the other, exactly. Both greater than zero. */
export interface Price {
  readonly sell: bigint;
  readonly buy: bigint;
}

const PRICE = /^(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?$/;
const PRICE_SCALE = 18;

/** @throws PRICE_INVALID (400) */
function decimal(text: unknown): bigint {
  if (typeof text === 'string' && PRICE.test(text)) {
    const [whole = '0', fraction = ''] = text.split('.');
    const units = BigInt(whole + fraction.padEnd(PRICE_SCALE, '0'));
    if (units > 0n) return units;
  }
  throw badInput('PRICE_INVALID', 'A price is a plain decimal number greater than zero, such as 5.42.');
}

/** Units of the sell asset for one unit of the buy asset: `5.42`, at most 18 decimals. @throws PRICE_INVALID (400) */
export const parsePrice = (text: unknown): Price => ({
  sell: decimal(text),
  buy: 10n ** BigInt(PRICE_SCALE),
});

/** The other way round: units of the buy asset for one unit of the sell asset. @throws PRICE_INVALID (400) */
export const parseRate = (text: unknown): Price => invert(parsePrice(text));

export const invert = ({ sell, buy }: Price): Price => ({ sell: buy, buy: sell });

const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** Units of the sell asset that are worth at least so many of the buy asset. */
export const sellFor = (price: Price, buyUnits: bigint): bigint => ceilDiv(buyUnits * price.sell, price.buy);

/** Units of the buy asset that so many of the sell asset are worth, at most. */
export const buyFor = (price: Price, sellUnits: bigint): bigint => (sellUnits * price.buy) / price.sell;

/**
 * `sell / buy` in decimals: the shortest form that multiplied by `buy` gives `sell` again, to the stroop (S38-24).
 *
 * @param sell stroops
 * @param buy stroops, greater than zero
 */
export function formatRatio(sell: bigint, buy: bigint): string {
  for (let decimals = 0; ; decimals++) {
    const scale = 10n ** BigInt(decimals);
    const scaled = (2n * sell * scale + buy) / (2n * buy);
    const back = (2n * scaled * buy + scale) / (2n * scale);
    if (back === sell) return fixed(scaled, decimals);
  }
}

/** Rounded against whoever asks, at the eighteenth decimal. */
export function formatPrice({ sell, buy }: Price): string {
  return fixed(ceilDiv(sell * 10n ** BigInt(PRICE_SCALE), buy), PRICE_SCALE);
}

function fixed(units: bigint, decimals: number): string {
  const digits = units.toString().padStart(decimals + 1, '0');
  const fraction = decimals === 0 ? '' : digits.slice(-decimals).replace(/0+$/, '');
  return `${decimals === 0 ? digits : digits.slice(0, -decimals)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** What the exchange costs, in the sell asset: terms that we compute, or a total that the anchor's own code says. */
export type ExchangeFee = Omit<FeeTerms, 'decimals'> | { total: bigint; details: readonly FeeItem[] };

/** Amounts of an exchange, in stroops each of its own asset; the fee is one of the sell asset and part of `sell`. */
export interface Exchange {
  sell: bigint;
  buy: bigint;
  fee: bigint;
  /** amounts add up to the fee */
  details: FeeItem[];
}

export interface ExchangeTerms {
  price: Price;
  fee: ExchangeFee;
  /** decimals that each asset is counted in, 0 to 7 */
  sellDecimals: number;
  buyDecimals: number;
}

/**
 * The amounts of an exchange from one of them (S38-23, S38-24, S38-31): what is given stays as it is, what follows from it is rounded
 * to its asset's decimals in favour of the anchor, by less than one smallest unit. The other way round gives the same: the least that
 * must be sold for what this buys never is more than this, and buys the same.
 *
 * @throws AMOUNT_BELOW_FEE nothing is left to exchange, or it buys nothing; AMOUNT_TOO_LARGE (400)
 */
export function exchange(terms: ExchangeTerms, given: { sell: bigint } | { buy: bigint }): Exchange {
  const sell = 'sell' in given ? given.sell : leastFor(terms, given.buy);
  const { fee, details } = feeOf(terms, sell);
  const rest = sell - fee;
  const most = rest <= 0n ? 0n : roundDown(buyFor(terms.price, rest), terms.buyDecimals);
  const buy = 'buy' in given ? given.buy : most;
  if (rest <= 0n || buy <= 0n) {
    throw badInput('AMOUNT_BELOW_FEE', 'The amount is too small: after the fee it buys nothing.');
  }
  if (sell > MAX_STROOPS || buy > MAX_STROOPS) throw tooLarge();
  return { sell, buy, fee, details };
}

const tooLarge = (): AnchorError =>
  badInput('AMOUNT_TOO_LARGE', 'The amount is larger than any asset can hold.');

function feeOf({ fee, sellDecimals }: ExchangeTerms, sell: bigint): Fee {
  if (!('total' in fee)) return computeFee({ ...fee, decimals: sellDecimals }, sell);
  const total = roundUp(fee.total, sellDecimals);
  const details = [...fee.details];
  const rounding = total - fee.total;
  if (details.length > 0 && rounding > 0n) details.push({ name: 'Rounding', amount: formatAmount(rounding) });
  return { fee: total, details };
}

function roundDown(units: bigint, decimals: number): bigint {
  const step = 10n ** BigInt(STELLAR_SCALE - decimals);
  return units - (units % step);
}

/** The least amount, in the sell asset's decimals, that after its fee is worth `buy`. */
function leastFor(terms: ExchangeTerms, buy: bigint): bigint {
  const step = 10n ** BigInt(STELLAR_SCALE - terms.sellDecimals);
  const needed = ceilDiv(sellFor(terms.price, buy), step) * step;
  const enough = (steps: bigint): boolean => steps * step - feeOf(terms, steps * step).fee >= needed;
  let low = 0n;
  let high = needed / step;
  // what the fee leaves never falls when the amount rises, so the least amount can be searched by halves
  while (!enough(high)) {
    if (high * step > MAX_STROOPS) throw tooLarge();
    low = high;
    high = high * 2n + 1n;
  }
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high * step;
}
