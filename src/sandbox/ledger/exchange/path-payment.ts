import type { xdr } from '@stellar/stellar-sdk';
import { isAssetValid } from '../checks.ts';
import { accountOfMuxed, assetOf } from '../keys.ts';
import type { AssetString } from '../types.ts';
import { INT64_MAX, type Rounding } from './arithmetic.ts';
import { type Converted, convert, MAX_OFFERS_TO_CROSS } from './crossing.ts';
import { addBalance, holdingOf, isAuthorized, isIssuer } from './holdings.ts';
import type { ExchangeState } from './ports.ts';
import { type OperationFailure, type PathFailure, type PathSuccess, simplePayment } from './results.ts';

type Failure = PathFailure | OperationFailure;

/** Both path payments: `exact` is sent (strict send) or received (strict receive), `limit` bounds the other end. */
export interface PathPayment {
  kind: 'strict_send' | 'strict_receive';
  source: string;
  destination: xdr.MuxedAccount;
  sendAsset: xdr.Asset;
  destAsset: xdr.Asset;
  path: xdr.Asset[];
  exact: bigint;
  limit: bigint;
}

/** The checks that need no ledger. */
export function checkPathPayment(payment: Omit<PathPayment, 'source' | 'kind'>): 'malformed' | undefined {
  if (payment.exact <= 0n || payment.limit <= 0n) return 'malformed';
  const assets = [payment.sendAsset, payment.destAsset, ...payment.path];
  return assets.every(isAssetValid) ? undefined : 'malformed';
}

function debit(
  state: ExchangeState,
  source: string,
  asset: AssetString,
  amount: bigint,
): PathFailure | undefined {
  const holding = holdingOf(state, source, asset);
  if (!holding) return asset === 'native' ? 'malformed' : 'srcNoTrust';
  if (!isAuthorized(holding)) return 'srcNotAuthorized';
  return addBalance(state, source, asset, -amount) ? undefined : 'underfunded';
}

function credit(
  state: ExchangeState,
  destination: string,
  asset: AssetString,
  amount: bigint,
): PathFailure | undefined {
  const holding = holdingOf(state, destination, asset);
  if (!holding) return 'noTrust';
  if (!isAuthorized(holding)) return 'notAuthorized';
  return addBalance(state, destination, asset, amount) ? undefined : 'lineFull';
}

interface Hop {
  sheep: AssetString;
  wheat: AssetString;
  maxSheepSend: bigint;
  maxWheatReceive: bigint;
}

/** One step of the path; it must use up what is fixed (all that is sent, or all that is to be received). */
function hop(
  state: ExchangeState,
  source: string,
  step: Hop,
  rounding: Rounding,
  crossed: number,
): Converted | Failure {
  const converted = convert(state, {
    ...step,
    rounding,
    maxOffers: MAX_OFFERS_TO_CROSS - crossed,
    stopAt: (offer) => (offer.seller === source ? 'cross_self' : undefined),
  });
  if (converted.end === 'cross_self') return 'offerCrossSelf';
  if (converted.end === 'too_many') return 'opExceededWorkLimit';
  const whole =
    rounding === 'strict_send'
      ? converted.sheepSent === step.maxSheepSend
      : converted.wheatReceived === step.maxWheatReceive;
  return converted.end === 'done' && whole ? converted : 'tooFewOffers';
}

/** Forward from the sender, or backward from the receiver, as far as one end is fixed. */
function walk(
  state: ExchangeState,
  payment: PathPayment,
): { amount: bigint; claims: xdr.ClaimAtom[] } | Failure {
  const forward = payment.kind === 'strict_send';
  const assets = [payment.sendAsset, ...payment.path, payment.destAsset].map(assetOf);
  if (!forward) assets.reverse();
  let [here = '', ...others] = assets;
  let amount = payment.exact;
  let claims: xdr.ClaimAtom[] = [];
  for (const next of others) {
    if (next === here) continue;
    const step = forward
      ? { sheep: here, wheat: next, maxSheepSend: amount, maxWheatReceive: INT64_MAX }
      : { sheep: next, wheat: here, maxSheepSend: INT64_MAX, maxWheatReceive: amount };
    const converted = hop(state, payment.source, step, payment.kind, claims.length);
    if (typeof converted === 'string') return converted;
    amount = forward ? converted.wheatReceived : converted.sheepSent;
    claims = forward ? [...claims, ...converted.claims] : [...converted.claims, ...claims];
    here = next;
  }
  return { amount, claims };
}

/**
 * The payment as the core applies it: a strict send debits, walks and credits, a strict receive credits, walks backward
 * and debits; the first failure in that order is the one reported.
 */
export function applyPathPayment(state: ExchangeState, payment: PathPayment): PathSuccess | Failure {
  const { source, exact, limit } = payment;
  const destination = accountOfMuxed(payment.destination);
  const sendAsset = assetOf(payment.sendAsset);
  const destAsset = assetOf(payment.destAsset);
  // Returning an asset to its issuer works even when the issuer's account is gone.
  const redeems = payment.path.length === 0 && sendAsset === destAsset && isIssuer(destination, destAsset);
  if (!redeems && !state.account(destination)) return 'noDestination';
  const forward = payment.kind === 'strict_send';
  const first = forward
    ? debit(state, source, sendAsset, exact)
    : credit(state, destination, destAsset, exact);
  if (first) return first;
  const walked = walk(state, payment);
  if (typeof walked === 'string') return walked;
  if (forward ? walked.amount < limit : walked.amount > limit) return 'constraintNotMet';
  const second = forward
    ? credit(state, destination, destAsset, walked.amount)
    : debit(state, source, sendAsset, walked.amount);
  if (second) return second;
  const received = forward ? walked.amount : exact;
  return { claims: walked.claims, last: simplePayment(destination, payment.destAsset, received) };
}
