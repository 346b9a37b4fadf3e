import type { AssetString, OfferEntry } from '../types.ts';
import { liabilitiesOfSelling, type Price, price } from './arithmetic.ts';
import { addLiabilities } from './holdings.ts';
import type { ExchangeState } from './ports.ts';

/** An offer that does not cross another at the same price. */
export const PASSIVE = 1;

export function priceOf(offer: Pick<OfferEntry, 'priceN' | 'priceD'>): Price {
  return price(offer.priceN, offer.priceD);
}

/**
 * The order of the book: the lower price first, then the older offer. The core compares prices as IEEE doubles, so two
 * fractions that differ only beyond 53 bits count as equal.
 */
export function compareOffers(a: OfferEntry, b: OfferEntry): number {
  const difference = a.priceN / a.priceD - b.priceN / b.priceD;
  if (difference !== 0) return difference;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function changeLiabilities(state: ExchangeState, offer: OfferEntry, sign: 1n | -1n): void {
  const { buying, selling } = liabilitiesOfSelling(priceOf(offer), offer.amount);
  addLiabilities(state, offer.seller, offer.buying, { buying: sign * buying });
  addLiabilities(state, offer.seller, offer.selling, { selling: sign * selling });
}

/** Binds what an offer in the book promises. */
export function acquireLiabilities(state: ExchangeState, offer: OfferEntry): void {
  changeLiabilities(state, offer, 1n);
}

export function releaseLiabilities(state: ExchangeState, offer: OfferEntry): void {
  changeLiabilities(state, offer, -1n);
}

/**
 * Pulls every offer of an account that buys or sells an asset: its authorization goes. The trustline must still have
 * its old flags.
 */
export function removeOffersOf(state: ExchangeState, account: string, asset: AssetString): void {
  for (const offer of state.offersOf(account)) {
    if (offer.buying !== asset && offer.selling !== asset) continue;
    releaseLiabilities(state, offer);
    state.releaseEntry(offer);
    state.remove(offer);
  }
}
