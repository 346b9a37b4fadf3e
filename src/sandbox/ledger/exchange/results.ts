import { xdr } from '@stellar/stellar-sdk';
import { accountXdr, assetXdr } from '../keys.ts';
import type { OfferEntry } from '../types.ts';
import type { OperationOutcome } from './ports.ts';

/** Failures of manageSellOffer and manageBuyOffer, named as in the XDR (`ManageSellOfferResultCode`). */
export type OfferFailure =
  | 'malformed'
  | 'sellNoTrust'
  | 'buyNoTrust'
  | 'sellNotAuthorized'
  | 'buyNotAuthorized'
  | 'lineFull'
  | 'underfunded'
  | 'crossSelf'
  | 'notFound'
  | 'lowReserve';

/** Failures of both path payments that carry nothing. */
export type PathFailure =
  | 'malformed'
  | 'underfunded'
  | 'srcNoTrust'
  | 'srcNotAuthorized'
  | 'noDestination'
  | 'noTrust'
  | 'notAuthorized'
  | 'lineFull'
  | 'tooFewOffers'
  | 'offerCrossSelf'
  | 'constraintNotMet';

/** Failures that every operation has (XDR `OperationResultCode`). */
export type OperationFailure = 'opTooManySubentries' | 'opTooManySponsoring' | 'opExceededWorkLimit';

export type OfferSuccess = { claims: xdr.ClaimAtom[] } & (
  | { effect: 'created' | 'updated'; offer: OfferEntry }
  | { effect: 'deleted' }
);

export interface PathSuccess {
  claims: xdr.ClaimAtom[];
  /** who received what at the end of the path */
  last: xdr.SimplePaymentResult;
}

function int64(value: bigint): xdr.Int64 {
  return xdr.Int64.fromString(value.toString());
}

function offerXdr(offer: OfferEntry): xdr.OfferEntry {
  return new xdr.OfferEntry({
    sellerId: accountXdr(offer.seller),
    offerId: int64(offer.id),
    selling: assetXdr(offer.selling),
    buying: assetXdr(offer.buying),
    amount: int64(offer.amount),
    price: new xdr.Price({ n: offer.priceN, d: offer.priceD }),
    flags: offer.flags,
    ext: new xdr.OfferEntryExt(0),
  });
}

/** One crossed offer; since protocol 18 always the order book's form. */
export function claimAtom(offer: OfferEntry, sold: bigint, bought: bigint): xdr.ClaimAtom {
  return xdr.ClaimAtom.claimAtomTypeOrderBook(
    new xdr.ClaimOfferAtom({
      sellerId: accountXdr(offer.seller),
      offerId: int64(offer.id),
      assetSold: assetXdr(offer.selling),
      amountSold: int64(sold),
      assetBought: assetXdr(offer.buying),
      amountBought: int64(bought),
    }),
  );
}

export function simplePayment(
  destination: string,
  asset: xdr.Asset,
  amount: bigint,
): xdr.SimplePaymentResult {
  return new xdr.SimplePaymentResult({ destination: accountXdr(destination), asset, amount: int64(amount) });
}

function offerEffect(success: OfferSuccess): xdr.ManageOfferSuccessResultOffer {
  if (success.effect === 'deleted') return xdr.ManageOfferSuccessResultOffer.manageOfferDeleted();
  const offer = offerXdr(success.offer);
  return success.effect === 'created'
    ? xdr.ManageOfferSuccessResultOffer.manageOfferCreated(offer)
    : xdr.ManageOfferSuccessResultOffer.manageOfferUpdated(offer);
}

function offerSuccess(success: OfferSuccess): xdr.ManageOfferSuccessResult {
  return new xdr.ManageOfferSuccessResult({ offersClaimed: success.claims, offer: offerEffect(success) });
}

function isOperationFailure(value: unknown): value is OperationFailure {
  return typeof value === 'string' && value.startsWith('op');
}

function done(ok: boolean, tr: xdr.OperationResultTr): OperationOutcome {
  return { ok, result: xdr.OperationResult.opInner(tr) };
}

export function sellOfferOutcome(answer: OfferSuccess | OfferFailure | OperationFailure): OperationOutcome {
  if (isOperationFailure(answer)) return { ok: false, result: xdr.OperationResult[answer]() };
  const Result = xdr.ManageSellOfferResult;
  if (typeof answer !== 'string') {
    const success = Result.manageSellOfferSuccess(offerSuccess(answer));
    return done(true, xdr.OperationResultTr.manageSellOffer(success));
  }
  const failures: Record<OfferFailure, () => xdr.ManageSellOfferResult> = {
    malformed: Result.manageSellOfferMalformed,
    sellNoTrust: Result.manageSellOfferSellNoTrust,
    buyNoTrust: Result.manageSellOfferBuyNoTrust,
    sellNotAuthorized: Result.manageSellOfferSellNotAuthorized,
    buyNotAuthorized: Result.manageSellOfferBuyNotAuthorized,
    lineFull: Result.manageSellOfferLineFull,
    underfunded: Result.manageSellOfferUnderfunded,
    crossSelf: Result.manageSellOfferCrossSelf,
    notFound: Result.manageSellOfferNotFound,
    lowReserve: Result.manageSellOfferLowReserve,
  };
  return done(false, xdr.OperationResultTr.manageSellOffer(failures[answer]()));
}

export function buyOfferOutcome(answer: OfferSuccess | OfferFailure | OperationFailure): OperationOutcome {
  if (isOperationFailure(answer)) return { ok: false, result: xdr.OperationResult[answer]() };
  const Result = xdr.ManageBuyOfferResult;
  if (typeof answer !== 'string') {
    const success = Result.manageBuyOfferSuccess(offerSuccess(answer));
    return done(true, xdr.OperationResultTr.manageBuyOffer(success));
  }
  const failures: Record<OfferFailure, () => xdr.ManageBuyOfferResult> = {
    malformed: Result.manageBuyOfferMalformed,
    sellNoTrust: Result.manageBuyOfferSellNoTrust,
    buyNoTrust: Result.manageBuyOfferBuyNoTrust,
    sellNotAuthorized: Result.manageBuyOfferSellNotAuthorized,
    buyNotAuthorized: Result.manageBuyOfferBuyNotAuthorized,
    lineFull: Result.manageBuyOfferLineFull,
    underfunded: Result.manageBuyOfferUnderfunded,
    crossSelf: Result.manageBuyOfferCrossSelf,
    notFound: Result.manageBuyOfferNotFound,
    lowReserve: Result.manageBuyOfferLowReserve,
  };
  return done(false, xdr.OperationResultTr.manageBuyOffer(failures[answer]()));
}

export function strictSendOutcome(answer: PathSuccess | PathFailure | OperationFailure): OperationOutcome {
  if (isOperationFailure(answer)) return { ok: false, result: xdr.OperationResult[answer]() };
  const Result = xdr.PathPaymentStrictSendResult;
  if (typeof answer !== 'string') {
    const success = new xdr.PathPaymentStrictSendResultSuccess({ offers: answer.claims, last: answer.last });
    return done(
      true,
      xdr.OperationResultTr.pathPaymentStrictSend(Result.pathPaymentStrictSendSuccess(success)),
    );
  }
  const failures: Record<PathFailure, () => xdr.PathPaymentStrictSendResult> = {
    malformed: Result.pathPaymentStrictSendMalformed,
    underfunded: Result.pathPaymentStrictSendUnderfunded,
    srcNoTrust: Result.pathPaymentStrictSendSrcNoTrust,
    srcNotAuthorized: Result.pathPaymentStrictSendSrcNotAuthorized,
    noDestination: Result.pathPaymentStrictSendNoDestination,
    noTrust: Result.pathPaymentStrictSendNoTrust,
    notAuthorized: Result.pathPaymentStrictSendNotAuthorized,
    lineFull: Result.pathPaymentStrictSendLineFull,
    tooFewOffers: Result.pathPaymentStrictSendTooFewOffers,
    offerCrossSelf: Result.pathPaymentStrictSendOfferCrossSelf,
    constraintNotMet: Result.pathPaymentStrictSendUnderDestmin,
  };
  return done(false, xdr.OperationResultTr.pathPaymentStrictSend(failures[answer]()));
}

export function strictReceiveOutcome(answer: PathSuccess | PathFailure | OperationFailure): OperationOutcome {
  if (isOperationFailure(answer)) return { ok: false, result: xdr.OperationResult[answer]() };
  const Result = xdr.PathPaymentStrictReceiveResult;
  if (typeof answer !== 'string') {
    const success = new xdr.PathPaymentStrictReceiveResultSuccess({
      offers: answer.claims,
      last: answer.last,
    });
    return done(
      true,
      xdr.OperationResultTr.pathPaymentStrictReceive(Result.pathPaymentStrictReceiveSuccess(success)),
    );
  }
  const failures: Record<PathFailure, () => xdr.PathPaymentStrictReceiveResult> = {
    malformed: Result.pathPaymentStrictReceiveMalformed,
    underfunded: Result.pathPaymentStrictReceiveUnderfunded,
    srcNoTrust: Result.pathPaymentStrictReceiveSrcNoTrust,
    srcNotAuthorized: Result.pathPaymentStrictReceiveSrcNotAuthorized,
    noDestination: Result.pathPaymentStrictReceiveNoDestination,
    noTrust: Result.pathPaymentStrictReceiveNoTrust,
    notAuthorized: Result.pathPaymentStrictReceiveNotAuthorized,
    lineFull: Result.pathPaymentStrictReceiveLineFull,
    tooFewOffers: Result.pathPaymentStrictReceiveTooFewOffers,
    offerCrossSelf: Result.pathPaymentStrictReceiveOfferCrossSelf,
    constraintNotMet: Result.pathPaymentStrictReceiveOverSendmax,
  };
  return done(false, xdr.OperationResultTr.pathPaymentStrictReceive(failures[answer]()));
}
