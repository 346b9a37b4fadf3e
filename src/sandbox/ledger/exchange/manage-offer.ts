import type { xdr } from '@stellar/stellar-sdk';
import { isAssetValid } from '../checks.ts';
import { assetOf } from '../keys.ts';
import type { OfferEntry } from '../types.ts';
import {
  adjustedAmount,
  comparePrices,
  inverse,
  liabilitiesOfBuying,
  liabilitiesOfSelling,
  min,
  type Price,
} from './arithmetic.ts';
import { type Converted, convert, MAX_OFFERS_TO_CROSS } from './crossing.ts';
import {
  addBalance,
  availableBalance,
  availableRoom,
  balanceOf,
  canBuyAtMost,
  canSellAtMost,
  holdingOf,
  isAuthorized,
} from './holdings.ts';
import { acquireLiabilities, PASSIVE, priceOf, releaseLiabilities } from './offers.ts';
import type { ExchangeState } from './ports.ts';
import type { OfferFailure, OfferSuccess, OperationFailure } from './results.ts';

/**
 * An offer as its owner wants it, whichever operation asked: it sells sheep for wheat. `price` is wheat per sheep.
 */
export interface WantedOffer {
  source: string;
  selling: xdr.Asset;
  buying: xdr.Asset;
  /** of what is sold (`selling`) or of what is bought (`buying`); 0 removes the offer */
  amount: bigint;
  amountOf: 'selling' | 'buying';
  price: Price;
  /** 0 for a new one */
  id: bigint;
  passive: boolean;
}

export type OfferOutcome = OfferSuccess | OfferFailure | OperationFailure;

/** The checks that need no ledger (core: ManageOfferOpFrameBase::doCheckValid). */
export function checkOffer(wanted: Omit<WantedOffer, 'source'>): 'malformed' | undefined {
  const { selling, buying } = wanted;
  if (!isAssetValid(selling) || !isAssetValid(buying)) return 'malformed';
  if (assetOf(selling) === assetOf(buying)) return 'malformed';
  if (wanted.amount < 0n || wanted.price.n <= 0n || wanted.price.d <= 0n) return 'malformed';
  if (wanted.id < 0n || (wanted.id === 0n && wanted.amount === 0n)) return 'malformed';
  return undefined;
}

function refusalOfLines(state: ExchangeState, wanted: WantedOffer): OfferFailure | undefined {
  const sheep = holdingOf(state, wanted.source, assetOf(wanted.selling));
  if (!sheep) return 'sellNoTrust';
  if (sheep.kind !== 'native' && balanceOf(sheep) === 0n) return 'underfunded';
  if (!isAuthorized(sheep)) return 'sellNotAuthorized';
  const wheat = holdingOf(state, wanted.source, assetOf(wanted.buying));
  if (!wheat) return 'buyNoTrust';
  return isAuthorized(wheat) ? undefined : 'buyNotAuthorized';
}

interface Limits {
  maxSheepSend: bigint;
  maxWheatReceive: bigint;
}

/** What the owner can still give and take, and what the operation still asks for after `done` of it. */
function limitsOf(
  state: ExchangeState,
  wanted: WantedOffer,
  done: { sheepSent: bigint; wheatReceived: bigint },
): Limits {
  const sheep = holdingOf(state, wanted.source, assetOf(wanted.selling));
  const wheat = holdingOf(state, wanted.source, assetOf(wanted.buying));
  const maxSheepSend = canSellAtMost(sheep, state.baseReserve);
  const maxWheatReceive = canBuyAtMost(wheat);
  return wanted.amountOf === 'selling'
    ? { maxSheepSend: min(wanted.amount - done.sheepSent, maxSheepSend), maxWheatReceive }
    : { maxSheepSend, maxWheatReceive: min(wanted.amount - done.wheatReceived, maxWheatReceive) };
}

/** Whether what the whole offer would bind fits; as if nothing crossed. */
function refusalOfLiabilities(state: ExchangeState, wanted: WantedOffer): OfferFailure | undefined {
  const bound =
    wanted.amountOf === 'selling'
      ? liabilitiesOfSelling(wanted.price, wanted.amount)
      : liabilitiesOfBuying(wanted.price, wanted.amount);
  const wheat = holdingOf(state, wanted.source, assetOf(wanted.buying));
  if (!wheat || availableRoom(wheat) < bound.buying) return 'lineFull';
  const sheep = holdingOf(state, wanted.source, assetOf(wanted.selling));
  if (!sheep || availableBalance(sheep, state.baseReserve) < bound.selling) return 'underfunded';
  return undefined;
}

/** Crosses what the book offers at this price or better; balances follow. */
function cross(state: ExchangeState, wanted: WantedOffer): Converted | OfferFailure | OperationFailure {
  const limits = limitsOf(state, wanted, { sheepSent: 0n, wheatReceived: 0n });
  if (limits.maxWheatReceive === 0n) return 'lineFull';
  const worst = inverse(wanted.price);
  const sheep = assetOf(wanted.selling);
  const wheat = assetOf(wanted.buying);
  const converted = convert(state, {
    sheep,
    wheat,
    ...limits,
    rounding: 'normal',
    maxOffers: MAX_OFFERS_TO_CROSS,
    stopAt: (offer) => {
      const order = comparePrices(priceOf(offer), worst);
      if (order > 0 || (order === 0 && wanted.passive)) return 'bad_price';
      return offer.seller === wanted.source ? 'cross_self' : undefined;
    },
  });
  if (converted.end === 'cross_self') return 'crossSelf';
  if (converted.end === 'too_many') return 'opExceededWorkLimit';
  // Nothing received means nothing is paid, as the core has it.
  if (converted.wheatReceived > 0n) {
    if (!addBalance(state, wanted.source, wheat, converted.wheatReceived)) return 'lineFull';
    if (!addBalance(state, wanted.source, sheep, -converted.sheepSent)) return 'underfunded';
  }
  return converted;
}

/** The entry that the operation starts from: the old one, taken out of the book, or a new one whose reserve is settled. */
function openEntry(state: ExchangeState, wanted: WantedOffer): OfferEntry | OfferFailure | OperationFailure {
  const entry: OfferEntry = {
    kind: 'offer',
    seller: wanted.source,
    id: wanted.id,
    selling: assetOf(wanted.selling),
    buying: assetOf(wanted.buying),
    amount: 0n,
    priceN: Number(wanted.price.n),
    priceD: Number(wanted.price.d),
    flags: wanted.passive ? PASSIVE : 0,
    lastModified: 0,
  };
  if (wanted.id === 0n) {
    const reserved = state.reserveEntry(wanted.source);
    if (reserved === 'low_reserve') return 'lowReserve';
    if (reserved === 'too_many_subentries') return 'opTooManySubentries';
    if (reserved === 'too_many_sponsoring') return 'opTooManySponsoring';
    return { ...entry, sponsor: reserved.sponsor };
  }
  const old = state.offer(wanted.source, wanted.id);
  if (!old) return 'notFound';
  releaseLiabilities(state, old);
  state.remove(old);
  return { ...entry, flags: old.flags, sponsor: old.sponsor };
}

/** Creates, changes or removes an offer (core: ManageOfferOpFrameBase::doApply). */
export function applyOffer(state: ExchangeState, wanted: WantedOffer): OfferOutcome {
  const deletes = wanted.amount === 0n;
  const refusal = deletes ? undefined : refusalOfLines(state, wanted);
  if (refusal) return refusal;
  const entry = openEntry(state, wanted);
  if (typeof entry === 'string') return entry;
  let claims: xdr.ClaimAtom[] = [];
  let amount = 0n;
  if (!deletes) {
    const tooMuch = refusalOfLiabilities(state, wanted);
    if (tooMuch) return tooMuch;
    // Whether an old offer is passive stays as it was.
    const converted = cross(state, { ...wanted, passive: (entry.flags & PASSIVE) !== 0 });
    if (typeof converted === 'string') return converted;
    claims = converted.claims;
    if (converted.end !== 'done') {
      const left = limitsOf(state, wanted, converted);
      amount = adjustedAmount(wanted.price, left.maxSheepSend, left.maxWheatReceive);
    }
  }
  if (amount === 0n) {
    state.releaseEntry(entry);
    return { claims, effect: 'deleted' };
  }
  const offer = { ...entry, amount, id: wanted.id === 0n ? state.nextOfferId() : wanted.id };
  state.put(offer);
  acquireLiabilities(state, offer);
  return { claims, effect: wanted.id === 0n ? 'created' : 'updated', offer };
}
