import { xdr } from '@stellar/stellar-sdk';
import type { Fields } from './json.ts';

/** Names of codes where Horizon does not follow the XDR name. */
const SPECIAL: Record<string, string> = {
  txNoAccount: 'tx_no_source_account',
  txBadMinSeqAgeOrGap: 'tx_bad_minseq_age_or_gap',
  opNoAccount: 'op_no_source_account',
  createAccountAlreadyExist: 'op_already_exists',
  pathPaymentStrictReceiveOfferCrossSelf: 'op_cross_self',
  pathPaymentStrictSendOfferCrossSelf: 'op_cross_self',
  pathPaymentStrictReceiveOverSendmax: 'op_over_source_max',
  pathPaymentStrictSendUnderDestmin: 'op_under_dest_min',
  manageSellOfferSellNotAuthorized: 'sell_not_authorized',
  manageSellOfferBuyNotAuthorized: 'buy_not_authorized',
  manageSellOfferBuyNoIssuer: 'buy_no_issuer',
  manageSellOfferNotFound: 'op_offer_not_found',
  manageBuyOfferSellNotAuthorized: 'sell_not_authorized',
  manageBuyOfferBuyNotAuthorized: 'buy_not_authorized',
  manageBuyOfferBuyNoIssuer: 'buy_no_issuer',
  manageBuyOfferNotFound: 'op_offer_not_found',
  changeTrustNotAuthMaintainLiabilities: 'op_not_aut_maintain_liabilities',
  allowTrustNoTrustLine: 'op_no_trust',
  allowTrustTrustNotRequired: 'op_not_required',
  setTrustLineFlagsNoTrustLine: 'op_no_trust',
  accountMergeSeqnumTooFar: 'op_seq_num_too_far',
  manageDataNameNotFound: 'op_data_name_not_found',
  manageDataInvalidName: 'op_data_invalid_name',
  clawbackClaimableBalanceNotIssuer: 'op_no_issuer',
};

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `txBadSeq` -> `tx_bad_seq`. */
export const transactionCode = (code: xdr.TransactionResultCode): string =>
  SPECIAL[code.name] ?? snake(code.name);

function operationCode(result: xdr.OperationResult): string {
  const code = result.switch();
  if (code !== xdr.OperationResultCode.opInner()) return SPECIAL[code.name] ?? snake(code.name);
  const type = result.tr().switch().name;
  const inner = (result.tr().value() as unknown as { switch(): { name: string } }).switch().name;
  const special = SPECIAL[inner];
  if (special !== undefined) return special;
  // The core answers a passive offer with the result of a sell offer.
  const known = [type, 'manageSellOffer'].find((start) => inner.startsWith(start));
  return `op${snake(known === undefined ? inner : inner.slice(known.length))}`;
}

type Outcome = { transaction: string; inner?: string | undefined; operations?: string[] | undefined };

function outcomeOf(result: xdr.TransactionResult, hash: string): Outcome {
  const code = result.result().switch();
  const codes = xdr.TransactionResultCode;
  if (code === codes.txFeeBumpInnerFailed() || code === codes.txFeeBumpInnerSuccess()) {
    const pair = result.result().innerResultPair();
    const inner = pair.result().result();
    const innerCode = transactionCode(inner.switch());
    const ran = inner.switch() === codes.txFailed() || inner.switch() === codes.txSuccess();
    const operations = ran ? inner.results().map(operationCode) : undefined;
    // Whoever submitted the inner transaction sees its own result.
    if (pair.transactionHash().toString('hex') === hash) return { transaction: innerCode, operations };
    return { transaction: transactionCode(code), inner: innerCode, operations };
  }
  const ran = code === codes.txFailed() || code === codes.txSuccess();
  const operations = ran ? result.result().results().map(operationCode) : undefined;
  return { transaction: transactionCode(code), operations };
}

/** `extras.result_codes` of a failed transaction that was submitted under `hash`. */
export function resultCodes(resultXdr: string, hash: string): Fields {
  const { transaction, inner, operations } = outcomeOf(
    xdr.TransactionResult.fromXDR(resultXdr, 'base64'),
    hash,
  );
  return {
    transaction,
    ...(inner === undefined ? {} : { inner_transaction: inner }),
    ...(operations === undefined || operations.length === 0 ? {} : { operations }),
  };
}
