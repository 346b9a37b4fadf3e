/**
 * The arithmetic of two crossing offers, as the core has done it since protocol 10 (stellar-core, OfferExchange.cpp).
 *
 * Words: *wheat* is what the offer in the book sells, *sheep* what it buys; a price is sheep per wheat, n/d. Two promises
 * hold: the smaller of the two offers leaves the book, and rounding favours the one that stays, by at most 1% (a path
 * payment may favour the book without bound, its sender has a limit of its own).
 */

import { assert } from '../../../kernel/errors.ts';

export const INT64_MAX = 2n ** 63n - 1n;

/** A price as a fraction of positive 32-bit integers, sheep per wheat. */
export interface Price {
  n: bigint;
  d: bigint;
}

export type Rounding = 'normal' | 'strict_send' | 'strict_receive';

export interface ExchangeLimits {
  /** what the book's offer can sell and take, what the other side can take and send; stroops, >= 0 */
  maxWheatSend: bigint;
  maxWheatReceive: bigint;
  maxSheepSend: bigint;
  maxSheepReceive: bigint;
}

export interface Exchanged {
  wheatReceived: bigint;
  sheepSent: bigint;
  /** the book's offer is the larger one and stays */
  wheatStays: boolean;
}

export const NO_LIMITS: ExchangeLimits = {
  maxWheatSend: INT64_MAX,
  maxWheatReceive: INT64_MAX,
  maxSheepSend: INT64_MAX,
  maxSheepReceive: INT64_MAX,
};

export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

export function price(n: number, d: number): Price {
  return { n: BigInt(n), d: BigInt(d) };
}

export function inverse(p: Price): Price {
  return { n: p.d, d: p.n };
}

/** a < b: -1, equal: 0, a > b: 1; exact. */
export function comparePrices(a: Price, b: Price): -1 | 0 | 1 {
  const left = a.n * b.d;
  const right = b.n * a.d;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function divideUp(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

/** What is exchanged within the limits, before the error of the rounding is looked at. */
export function exchangeWithoutErrorBounds(p: Price, limits: ExchangeLimits, rounding: Rounding): Exchanged {
  const wheatValue = min(limits.maxWheatSend * p.n, limits.maxSheepReceive * p.d);
  const sheepValue = min(limits.maxSheepSend * p.d, limits.maxWheatReceive * p.n);
  const wheatStays = wheatValue > sheepValue;
  const value = wheatStays ? sheepValue : wheatValue;
  const byWheat = value / p.n;
  const bySheep = value / p.d;
  if (wheatStays && rounding === 'strict_send') {
    return {
      wheatReceived: byWheat,
      sheepSent: min(limits.maxSheepSend, limits.maxSheepReceive),
      wheatStays,
    };
  }
  // The more valuable side is the one that is rounded first: its rounding would cost more.
  if (wheatStays) {
    return p.n > p.d || rounding === 'strict_receive'
      ? { wheatReceived: byWheat, sheepSent: divideUp(byWheat * p.n, p.d), wheatStays }
      : { wheatReceived: (bySheep * p.d) / p.n, sheepSent: bySheep, wheatStays };
  }
  return p.n > p.d
    ? { wheatReceived: byWheat, sheepSent: (byWheat * p.n) / p.d, wheatStays }
    : { wheatReceived: divideUp(bySheep * p.d, p.n), sheepSent: bySheep, wheatStays };
}

/**
 * Whether the price really paid is within 1% of the price asked. With `canFavorWheat` only an error against the seller
 * of wheat counts.
 */
export function isPriceWithinBounds(
  p: Price,
  wheatReceived: bigint,
  sheepSent: bigint,
  canFavorWheat: boolean,
): boolean {
  const asked = 100n * p.n * wheatReceived;
  const paid = 100n * p.d * sheepSent;
  if (canFavorWheat && paid > asked) return true;
  const error = asked > paid ? asked - paid : paid - asked;
  return error <= p.n * wheatReceived;
}

/**
 * What two crossing offers exchange (core: exchangeV10). Where rounding would cost one side more than 1%, nothing is
 * exchanged, and the smaller offer leaves the book all the same.
 */
export function exchange(p: Price, limits: ExchangeLimits, rounding: Rounding): Exchanged {
  const exchanged = exchangeWithoutErrorBounds(p, limits, rounding);
  const { wheatReceived, sheepSent, wheatStays } = exchanged;
  if (wheatReceived > 0n && sheepSent > 0n) {
    if (isPriceWithinBounds(p, wheatReceived, sheepSent, rounding !== 'normal')) return exchanged;
    assert(rounding === 'normal', 'a path payment takes an offer at a price against its seller');
    return { wheatReceived: 0n, sheepSent: 0n, wheatStays };
  }
  // A strict send may give sheep for no wheat: its sender has a minimum of its own.
  return rounding === 'strict_send' ? exchanged : { wheatReceived: 0n, sheepSent: 0n, wheatStays };
}

/** The amount an offer may hold so that all of it can be taken; changes nothing when applied twice. */
export function adjustedAmount(p: Price, maxWheatSend: bigint, maxSheepReceive: bigint): bigint {
  return exchange(p, { ...NO_LIMITS, maxWheatSend, maxSheepReceive }, 'normal').wheatReceived;
}

/** What an offer to sell `amount` at a price binds: `selling` of what it sells, `buying` of what it buys. */
export function liabilitiesOfSelling(p: Price, amount: bigint): { buying: bigint; selling: bigint } {
  const taken = exchangeWithoutErrorBounds(p, { ...NO_LIMITS, maxWheatSend: amount }, 'normal');
  return { buying: taken.sheepSent, selling: taken.wheatReceived };
}

/** The same of an offer to buy `amount`; `p` is the price in wheat sold (the inverse of the operation's). */
export function liabilitiesOfBuying(p: Price, amount: bigint): { buying: bigint; selling: bigint } {
  const taken = exchangeWithoutErrorBounds(p, { ...NO_LIMITS, maxSheepReceive: amount }, 'normal');
  return { buying: taken.sheepSent, selling: taken.wheatReceived };
}
