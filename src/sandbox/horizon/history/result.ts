import { xdr } from '@stellar/stellar-sdk';

/** The operation results of a transaction that succeeded, of a fee bump those of the inner one. */
export function operationResults(resultXdr: string): xdr.OperationResult[] {
  const result = xdr.TransactionResult.fromXDR(resultXdr, 'base64').result();
  switch (result.switch()) {
    case xdr.TransactionResultCode.txFeeBumpInnerSuccess():
    case xdr.TransactionResultCode.txFeeBumpInnerFailed():
      return innerResults(result.innerResultPair().result().result());
    case xdr.TransactionResultCode.txSuccess():
    case xdr.TransactionResultCode.txFailed():
      return result.results();
    default:
      return [];
  }
}

function innerResults(result: xdr.InnerTransactionResultResult): xdr.OperationResult[] {
  switch (result.switch()) {
    case xdr.TransactionResultCode.txSuccess():
    case xdr.TransactionResultCode.txFailed():
      return result.results();
    default:
      return [];
  }
}
