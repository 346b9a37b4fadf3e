import { xdr } from '@stellar/stellar-sdk';
import type { Base64 } from './types.ts';

/** Results without content, by their name in the XDR. */
export type SimpleCode =
  | 'txTooEarly'
  | 'txTooLate'
  | 'txMissingOperation'
  | 'txBadSeq'
  | 'txBadAuth'
  | 'txInsufficientBalance'
  | 'txNoAccount'
  | 'txInsufficientFee'
  | 'txBadAuthExtra'
  | 'txInternalError'
  | 'txNotSupported'
  | 'txBadSponsorship'
  | 'txBadMinSeqAgeOrGap'
  | 'txMalformed';

/** What became of a transaction. `feeCharged` in stroops. */
export type TransactionOutcome =
  | { code: 'txSuccess' | 'txFailed'; feeCharged: bigint; operations: xdr.OperationResult[] }
  | { code: SimpleCode; feeCharged: bigint };

/** What became of an envelope; `inner` where it is a fee bump that got as far as its inner transaction. */
export type EnvelopeOutcome =
  | TransactionOutcome
  | {
      code: 'txFeeBumpInnerSuccess' | 'txFeeBumpInnerFailed';
      feeCharged: bigint;
      inner: { hash: Buffer; outcome: TransactionOutcome };
    };

export const isSuccess = (outcome: EnvelopeOutcome): boolean =>
  outcome.code === 'txSuccess' || outcome.code === 'txFeeBumpInnerSuccess';

const int64 = (value: bigint): xdr.Int64 => new xdr.Int64(value);

function innerResult(outcome: TransactionOutcome): xdr.InnerTransactionResult {
  const result =
    'operations' in outcome
      ? xdr.InnerTransactionResultResult[outcome.code](outcome.operations)
      : xdr.InnerTransactionResultResult[outcome.code]();
  const feeCharged = int64(outcome.feeCharged);
  return new xdr.InnerTransactionResult({ feeCharged, result, ext: new xdr.InnerTransactionResultExt(0) });
}

function resultUnion(outcome: EnvelopeOutcome): xdr.TransactionResultResult {
  if ('operations' in outcome) return xdr.TransactionResultResult[outcome.code](outcome.operations);
  if (!('inner' in outcome)) return xdr.TransactionResultResult[outcome.code]();
  const pair = new xdr.InnerTransactionResultPair({
    transactionHash: outcome.inner.hash,
    result: innerResult(outcome.inner.outcome),
  });
  return xdr.TransactionResultResult[outcome.code](pair);
}

export function transactionResult(outcome: EnvelopeOutcome): xdr.TransactionResult {
  return new xdr.TransactionResult({
    feeCharged: int64(outcome.feeCharged),
    result: resultUnion(outcome),
    ext: new xdr.TransactionResultExt(0),
  });
}

export function resultXdr(outcome: EnvelopeOutcome): Base64 {
  return transactionResult(outcome).toXDR('base64');
}
