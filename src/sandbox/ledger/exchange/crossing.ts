import type { xdr } from '@stellar/stellar-sdk';
import { assert } from '../../../kernel/errors.ts';
import type { AssetString, OfferEntry } from '../types.ts';
import { adjustedAmount, exchange, min, type Rounding } from './arithmetic.ts';
import { addBalance, canBuyAtMost, canSellAtMost, holdingOf } from './holdings.ts';
import { acquireLiabilities, priceOf, releaseLiabilities } from './offers.ts';
import type { ExchangeState } from './ports.ts';
import { claimAtom } from './results.ts';

/** Offers that one operation may cross (core: MAX_OFFERS_TO_CROSS). */
export const MAX_OFFERS_TO_CROSS = 1000;

export type Stop = 'bad_price' | 'cross_self';

/** Gives up `sheep` for `wheat` through the offers that sell wheat for sheep. */
export interface Conversion {
  sheep: AssetString;
  wheat: AssetString;
  maxSheepSend: bigint;
  maxWheatReceive: bigint;
  rounding: Rounding;
  maxOffers: number;
  /** asked before an offer is taken: a reason to stop there */
  stopAt: (offer: OfferEntry) => Stop | undefined;
}

export interface Converted {
  /** `done`: a limit was reached. `partial`: the book is empty. `too_many`: too many offers would be crossed. */
  end: 'done' | 'partial' | 'too_many' | Stop;
  sheepSent: bigint;
  wheatReceived: bigint;
  claims: xdr.ClaimAtom[];
}

interface Crossed {
  sheepSent: bigint;
  wheatReceived: bigint;
  wheatStays: boolean;
}

/** What the seller can give and take now, as far as this offer goes. */
function limitsOf(state: ExchangeState, offer: OfferEntry) {
  const wheat = holdingOf(state, offer.seller, offer.selling);
  const sheep = holdingOf(state, offer.seller, offer.buying);
  return {
    maxWheatSend: min(offer.amount, canSellAtMost(wheat, state.baseReserve)),
    maxSheepReceive: canBuyAtMost(sheep),
  };
}

function adjusted(state: ExchangeState, offer: OfferEntry): OfferEntry {
  const { maxWheatSend, maxSheepReceive } = limitsOf(state, offer);
  return { ...offer, amount: adjustedAmount(priceOf(offer), maxWheatSend, maxSheepReceive) };
}

/** Takes from one offer what the limits allow; the seller's balances, the offer and its liabilities follow. */
function crossOffer(
  state: ExchangeState,
  found: OfferEntry,
  limits: { maxSheepSend: bigint; maxWheatReceive: bigint; rounding: Rounding },
): Crossed {
  releaseLiabilities(state, found);
  const offer = adjusted(state, found);
  const crossed = exchange(priceOf(offer), { ...limits, ...limitsOf(state, offer) }, limits.rounding);
  const { wheatReceived, sheepSent, wheatStays } = crossed;
  assert(
    addBalance(state, offer.seller, offer.buying, sheepSent),
    'an offer takes more than its seller can hold',
  );
  assert(
    addBalance(state, offer.seller, offer.selling, -wheatReceived),
    'an offer gives more than its seller has',
  );
  const left = wheatStays
    ? adjusted(state, { ...offer, amount: offer.amount - wheatReceived })
    : { ...offer, amount: 0n };
  if (left.amount === 0n) {
    state.releaseEntry(found);
    state.remove(found);
  } else {
    state.put(left);
    acquireLiabilities(state, left);
  }
  return crossed;
}

/** Crosses offers, the best first, until a limit, the end of the book, or a reason to stop (core: convertWithOffers). */
export function convert(state: ExchangeState, conversion: Conversion): Converted {
  const { sheep, wheat, rounding } = conversion;
  let { maxSheepSend, maxWheatReceive } = conversion;
  const claims: xdr.ClaimAtom[] = [];
  const ended = (end: Converted['end']): Converted => ({
    end,
    sheepSent: conversion.maxSheepSend - maxSheepSend,
    wheatReceived: conversion.maxWheatReceive - maxWheatReceive,
    claims,
  });
  if (maxSheepSend <= 0n || maxWheatReceive <= 0n) return ended('done');
  if (conversion.maxOffers === 0) return ended('too_many');
  for (;;) {
    const offer = state.bestOffer(wheat, sheep);
    if (!offer) return ended('partial');
    const stop = conversion.stopAt(offer);
    if (stop) return ended(stop);
    if (claims.length >= conversion.maxOffers) return ended('too_many');
    const crossed = crossOffer(state, offer, { maxSheepSend, maxWheatReceive, rounding });
    claims.push(claimAtom(offer, crossed.wheatReceived, crossed.sheepSent));
    maxSheepSend -= crossed.sheepSent;
    maxWheatReceive -= crossed.wheatReceived;
    if (crossed.wheatStays || maxSheepSend <= 0n || maxWheatReceive <= 0n) return ended('done');
  }
}
