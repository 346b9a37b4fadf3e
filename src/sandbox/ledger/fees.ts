import { operationCount, type ParsedEnvelope } from './envelope.ts';

/** Fee bids per operation, compared without dividing: negative where `a` bids less. */
export function compareBids(a: ParsedEnvelope, b: ParsedEnvelope): number {
  return compareRates(a.fee, operationCount(a), b.fee, operationCount(b));
}

export function compareRates(feeA: bigint, operationsA: number, feeB: bigint, operationsB: number): number {
  const left = feeA * BigInt(operationsB);
  const right = feeB * BigInt(operationsA);
  return left < right ? -1 : left > right ? 1 : 0;
}

const divideUp = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;
const OPERATIONS_PER_TRANSACTION = 100;

/**
 * Stroops per operation that a ledger charges: the base fee, or, once the ledger is so full that another transaction
 * might not fit, the lowest bid in it (core 19: TxSetFrame::getBaseFee).
 */
export function chargedBaseFee(
  envelopes: readonly ParsedEnvelope[],
  baseFee: number,
  operationsPerLedger: number,
): bigint {
  const operations = envelopes.reduce((sum, envelope) => sum + operationCount(envelope), 0);
  if (operations <= Math.max(0, operationsPerLedger - OPERATIONS_PER_TRANSACTION)) return BigInt(baseFee);
  let lowest: bigint | undefined;
  for (const envelope of envelopes) {
    const bid = divideUp(envelope.fee, BigInt(Math.max(1, operationCount(envelope))));
    if (lowest === undefined || bid < lowest) lowest = bid;
  }
  return lowest ?? BigInt(baseFee);
}
