import { innermost, operationCount, type ParsedEnvelope } from './envelope.ts';
import { compareBids, compareRates } from './fees.ts';

/** `feeNeeded`: the least bid that would have got in, stroops; undefined where none would. */
export type Room = { fits: true } | { fits: false; feeNeeded?: bigint };

const INT64_MAX = 2n ** 63n - 1n;

/** Keeps the queue to its size by bidding: the lowest fee per operation leaves first (core: TxQueueLimiter). */
export class QueueCapacity {
  private readonly maximum: number;
  private operations = 0;
  private readonly members = new Set<ParsedEnvelope>();
  /** the highest bid that was evicted since the last ledger: to get in takes more */
  private evicted: { fee: bigint; operations: number } | undefined;

  /** @param maximum operations */
  constructor(maximum: number) {
    this.maximum = maximum;
  }

  private cheapestFirst(): ParsedEnvelope[] {
    return [...this.members].sort((a, b) => compareBids(a, b) || (a.fullHash < b.fullHash ? -1 : 1));
  }

  roomFor(envelope: ParsedEnvelope, old: ParsedEnvelope | undefined): Room {
    const count = operationCount(envelope);
    const { evicted } = this;
    if (evicted && compareRates(envelope.fee, count, evicted.fee, evicted.operations) <= 0) {
      return { fits: false, feeNeeded: betterFee(count, evicted.fee, evicted.operations) };
    }
    const operations = this.operations - (old ? operationCount(old) : 0) + count;
    let excess = operations - this.maximum;
    if (excess <= 0) return { fits: true };
    const { source } = innermost(envelope);
    for (const other of this.cheapestFirst()) {
      if (compareBids(other, envelope) >= 0) {
        return { fits: false, feeNeeded: betterFee(count, other.fee, operationCount(other)) };
      }
      if (innermost(other).source === source) return { fits: false };
      excess -= operationCount(other);
      if (excess <= 0) return { fits: true };
    }
    return { fits: false };
  }

  /** Adds and answers who must leave; the caller removes them. */
  add(envelope: ParsedEnvelope): ParsedEnvelope[] {
    let operations = this.operations + operationCount(envelope);
    const leaving: ParsedEnvelope[] = [];
    if (operations > this.maximum) {
      for (const other of this.cheapestFirst()) {
        if (operations <= this.maximum) break;
        leaving.push(other);
        operations -= operationCount(other);
        this.evicted = { fee: other.fee, operations: operationCount(other) };
      }
    }
    this.members.add(envelope);
    this.operations += operationCount(envelope);
    return leaving;
  }

  remove(envelope: ParsedEnvelope): void {
    if (this.members.delete(envelope)) this.operations -= operationCount(envelope);
  }

  ledgerClosed(): void {
    this.evicted = undefined;
  }
}

/** The least bid for `count` operations that beats another. */
function betterFee(count: number, fee: bigint, operations: number): bigint {
  const bid = (fee * BigInt(count)) / BigInt(Math.max(1, operations)) + 1n;
  return bid > INT64_MAX ? INT64_MAX : bid;
}
