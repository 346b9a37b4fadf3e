import { xdr } from '@stellar/stellar-sdk';
import * as exchange from '../exchange/index.ts';
import { exchangeState } from '../sponsorship.ts';
import { common, type OperationRules } from './operation.ts';

const tr = xdr.OperationResultTr;
const nobody = (): xdr.AccountId => xdr.PublicKey.publicKeyTypeEd25519(Buffer.alloc(32));
const nothing = (): xdr.Int64 => new xdr.Int64(0n);

/** Results that were never filled in hold zeros. */
function blankPayment() {
  const last = new xdr.SimplePaymentResult({
    destination: nobody(),
    asset: xdr.Asset.assetTypeNative(),
    amount: nothing(),
  });
  return { offers: [], last };
}

function blankOffer(): xdr.ManageOfferSuccessResult {
  const offer = new xdr.OfferEntry({
    sellerId: nobody(),
    offerId: nothing(),
    selling: xdr.Asset.assetTypeNative(),
    buying: xdr.Asset.assetTypeNative(),
    amount: nothing(),
    price: new xdr.Price({ n: 0, d: 0 }),
    flags: 0,
    ext: new xdr.OfferEntryExt(0),
  });
  return new xdr.ManageOfferSuccessResult({
    offersClaimed: [],
    offer: xdr.ManageOfferSuccessResultOffer.manageOfferCreated(offer),
  });
}

const blankSell = () => xdr.ManageSellOfferResult.manageSellOfferSuccess(blankOffer());

export const manageSellOffer: OperationRules = {
  ...common,
  blank: () => tr.manageSellOffer(blankSell()),
  check: (body) => exchange.checkManageSellOffer(body.manageSellOfferOp()),
  apply: (body, { state, source }) =>
    exchange.manageSellOffer(exchangeState(state), source, body.manageSellOfferOp()),
};

export const manageBuyOffer: OperationRules = {
  ...common,
  blank: () => tr.manageBuyOffer(xdr.ManageBuyOfferResult.manageBuyOfferSuccess(blankOffer())),
  check: (body) => exchange.checkManageBuyOffer(body.manageBuyOfferOp()),
  apply: (body, { state, source }) =>
    exchange.manageBuyOffer(exchangeState(state), source, body.manageBuyOfferOp()),
};

/** The core turns it into a manageSellOffer before it looks at it: its results are those of that operation. */
export const createPassiveSellOffer: OperationRules = {
  ...common,
  blank: () => tr.manageSellOffer(blankSell()),
  check: (body) => exchange.checkCreatePassiveSellOffer(body.createPassiveSellOfferOp()),
  apply: (body, { state, source }) =>
    exchange.createPassiveSellOffer(exchangeState(state), source, body.createPassiveSellOfferOp()),
};

export const pathPaymentStrictSend: OperationRules = {
  ...common,
  blank: () => {
    const success = new xdr.PathPaymentStrictSendResultSuccess(blankPayment());
    return tr.pathPaymentStrictSend(xdr.PathPaymentStrictSendResult.pathPaymentStrictSendSuccess(success));
  },
  check: (body) => exchange.checkPathPaymentStrictSend(body.pathPaymentStrictSendOp()),
  apply: (body, { state, source }) =>
    exchange.pathPaymentStrictSend(exchangeState(state), source, body.pathPaymentStrictSendOp()),
};

export const pathPaymentStrictReceive: OperationRules = {
  ...common,
  blank: () => {
    const success = new xdr.PathPaymentStrictReceiveResultSuccess(blankPayment());
    return tr.pathPaymentStrictReceive(
      xdr.PathPaymentStrictReceiveResult.pathPaymentStrictReceiveSuccess(success),
    );
  },
  check: (body) => exchange.checkPathPaymentStrictReceive(body.pathPaymentStrictReceiveOp()),
  apply: (body, { state, source }) =>
    exchange.pathPaymentStrictReceive(exchangeState(state), source, body.pathPaymentStrictReceiveOp()),
};
