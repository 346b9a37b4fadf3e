/**
 * Horizon's total order id: 32 bits of ledger, 20 of the transaction's place in it, 12 of the operation's place in the
 * transaction (both from 1). It is the id of an operation and the paging token of everything in history.
 */
export function toid(ledger: number, transaction = 0, operation = 0): bigint {
  return (BigInt(ledger) << 32n) | (BigInt(transaction) << 12n) | BigInt(operation);
}

/** The last id a ledger could hold: what `cursor=now` stands for. */
export function afterLedger(ledger: number): bigint {
  return toid(ledger, 0xfffff, 0xfff);
}

/** The first and the last key of an effect's place: operation id and order from 1. */
export const effectKey = (operation: bigint, order: bigint): bigint => (operation << 63n) | order;
