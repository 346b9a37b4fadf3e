import { xdr } from '@stellar/stellar-sdk';
import { common, type OperationRules, refused } from './operation.ts';

const notSupported = () => refused(xdr.OperationResult.opNotSupported());

/** Inflation (gone since protocol 12), liquidity pools, contracts: an answer, never silence. */
export function unsupported(blank: () => xdr.OperationResultTr): OperationRules {
  return { ...common, supports: () => false, check: notSupported, apply: notSupported, blank };
}
