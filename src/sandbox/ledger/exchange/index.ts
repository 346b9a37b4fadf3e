import type { xdr } from '@stellar/stellar-sdk';
import { inverse, type Price, price } from './arithmetic.ts';
import { applyOffer, checkOffer, type WantedOffer } from './manage-offer.ts';
import { applyPathPayment, checkPathPayment, type PathPayment } from './path-payment.ts';
import type { ExchangeState, OperationOutcome } from './ports.ts';
import { buyOfferOutcome, sellOfferOutcome, strictReceiveOutcome, strictSendOutcome } from './results.ts';

export { compareOffers, removeOffersOf } from './offers.ts';
export type { CreateEntryFailure, ExchangeState, OperationOutcome } from './ports.ts';

type Wanted = Omit<WantedOffer, 'source'>;
type Payment = Omit<PathPayment, 'source'>;

function bigint(value: { toString(): string }): bigint {
  return BigInt(value.toString());
}

function fraction(value: xdr.Price): Price {
  return price(value.n(), value.d());
}

function sellWanted(op: xdr.ManageSellOfferOp): Wanted {
  return {
    selling: op.selling(),
    buying: op.buying(),
    amount: bigint(op.amount()),
    amountOf: 'selling',
    price: fraction(op.price()),
    id: bigint(op.offerId()),
    passive: false,
  };
}

function buyWanted(op: xdr.ManageBuyOfferOp): Wanted {
  return {
    selling: op.selling(),
    buying: op.buying(),
    amount: bigint(op.buyAmount()),
    amountOf: 'buying',
    // The operation prices what it buys, the book what is sold.
    price: inverse(fraction(op.price())),
    id: bigint(op.offerId()),
    passive: false,
  };
}

function passiveWanted(op: xdr.CreatePassiveSellOfferOp): Wanted {
  return {
    selling: op.selling(),
    buying: op.buying(),
    amount: bigint(op.amount()),
    amountOf: 'selling',
    price: fraction(op.price()),
    id: 0n,
    passive: true,
  };
}

function sendPayment(op: xdr.PathPaymentStrictSendOp): Payment {
  return {
    kind: 'strict_send',
    destination: op.destination(),
    sendAsset: op.sendAsset(),
    destAsset: op.destAsset(),
    path: op.path(),
    exact: bigint(op.sendAmount()),
    limit: bigint(op.destMin()),
  };
}

function receivePayment(op: xdr.PathPaymentStrictReceiveOp): Payment {
  return {
    kind: 'strict_receive',
    destination: op.destination(),
    sendAsset: op.sendAsset(),
    destAsset: op.destAsset(),
    path: op.path(),
    exact: bigint(op.destAmount()),
    limit: bigint(op.sendMax()),
  };
}

export function checkManageSellOffer(op: xdr.ManageSellOfferOp): OperationOutcome | undefined {
  const failure = checkOffer(sellWanted(op));
  return failure && sellOfferOutcome(failure);
}

export function manageSellOffer(
  state: ExchangeState,
  source: string,
  op: xdr.ManageSellOfferOp,
): OperationOutcome {
  return sellOfferOutcome(applyOffer(state, { ...sellWanted(op), source }));
}

export function checkManageBuyOffer(op: xdr.ManageBuyOfferOp): OperationOutcome | undefined {
  const failure = checkOffer(buyWanted(op));
  return failure && buyOfferOutcome(failure);
}

export function manageBuyOffer(
  state: ExchangeState,
  source: string,
  op: xdr.ManageBuyOfferOp,
): OperationOutcome {
  return buyOfferOutcome(applyOffer(state, { ...buyWanted(op), source }));
}

/** The core answers a passive offer with the result of manageSellOffer (seen in the recordings). */
export function checkCreatePassiveSellOffer(op: xdr.CreatePassiveSellOfferOp): OperationOutcome | undefined {
  const failure = checkOffer(passiveWanted(op));
  return failure && sellOfferOutcome(failure);
}

export function createPassiveSellOffer(
  state: ExchangeState,
  source: string,
  op: xdr.CreatePassiveSellOfferOp,
): OperationOutcome {
  return sellOfferOutcome(applyOffer(state, { ...passiveWanted(op), source }));
}

export function checkPathPaymentStrictSend(op: xdr.PathPaymentStrictSendOp): OperationOutcome | undefined {
  const failure = checkPathPayment(sendPayment(op));
  return failure && strictSendOutcome(failure);
}

export function pathPaymentStrictSend(
  state: ExchangeState,
  source: string,
  op: xdr.PathPaymentStrictSendOp,
): OperationOutcome {
  return strictSendOutcome(applyPathPayment(state, { ...sendPayment(op), source }));
}

export function checkPathPaymentStrictReceive(
  op: xdr.PathPaymentStrictReceiveOp,
): OperationOutcome | undefined {
  const failure = checkPathPayment(receivePayment(op));
  return failure && strictReceiveOutcome(failure);
}

export function pathPaymentStrictReceive(
  state: ExchangeState,
  source: string,
  op: xdr.PathPaymentStrictReceiveOp,
): OperationOutcome {
  return strictReceiveOutcome(applyPathPayment(state, { ...receivePayment(op), source }));
}
