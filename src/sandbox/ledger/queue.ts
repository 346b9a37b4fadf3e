import { innermost, operationCount, type ParsedEnvelope } from './envelope.ts';
import { QueueCapacity } from './queue-capacity.ts';
import { type EnvelopeOutcome, isSuccess, resultXdr } from './results.ts';
import type { Base64, DoorAnswer, Hex, QueueLimits } from './types.ts';

export type ResolvedQueueLimits = { [K in keyof QueueLimits]-?: number };

export function resolveLimits(limits: QueueLimits = {}): ResolvedQueueLimits {
  return {
    pendingPerAccount: limits.pendingPerAccount ?? 1,
    replaceFeeMultiplier: limits.replaceFeeMultiplier ?? 10,
    pendingLedgers: limits.pendingLedgers ?? 4,
    banLedgers: limits.banLedgers ?? 10,
    ledgersOfOperations: limits.ledgersOfOperations ?? 2,
  };
}

/** What the queue asks of the ledger. */
export interface Door {
  /** `currentSequence`: of the transaction that waits before it; undefined: the account's own */
  check(envelope: ParsedEnvelope, currentSequence: bigint | undefined): EnvelopeOutcome;
  /** lumens that an account can spend on fees, stroops */
  available(account: string): bigint;
}

interface Waiting {
  transactions: ParsedEnvelope[];
  /** ledgers since one of them last applied */
  age: number;
}

export interface QueueSnapshot {
  waiting: { age: number; envelopes: Base64[] }[];
  banned: Hex[][];
}

/** Where a new envelope stands: the one it replaces and the sequence number before it; or why it cannot wait. */
type Place =
  | { old?: ParsedEnvelope; sequence?: bigint }
  | { refused: 'duplicate' | 'try_again_later' | EnvelopeOutcome };

const sequenceOf = (envelope: ParsedEnvelope): bigint => innermost(envelope).sequence;
const INT64_MAX = 2n ** 63n - 1n;

/** Transactions that wait for a ledger (core: TransactionQueue). */
export class TransactionQueue {
  private readonly limits: ResolvedQueueLimits;
  private readonly capacity: QueueCapacity;
  private readonly sources = new Map<string, Waiting>();
  /** fee source -> fees bid by all that wait */
  private readonly fees = new Map<string, bigint>();
  /** the newest ledger's first */
  private banned: Set<Hex>[];

  constructor(limits: ResolvedQueueLimits, operationsPerLedger: number) {
    this.limits = limits;
    this.capacity = new QueueCapacity(limits.ledgersOfOperations * operationsPerLedger);
    this.banned = Array.from({ length: limits.banLedgers }, () => new Set<Hex>());
  }

  all(): ParsedEnvelope[] {
    return [...this.sources.values()].flatMap((waiting) => waiting.transactions);
  }

  /** Checks and, unless `dry`, queues. */
  add(envelope: ParsedEnvelope, door: Door, dry: boolean): DoorAnswer {
    const hash = envelope.id;
    if (this.banned.some((ledger) => ledger.has(envelope.fullHash)))
      return { status: 'try_again_later', hash };
    const place = this.placeFor(envelope);
    if ('refused' in place) {
      const { refused } = place;
      if (typeof refused === 'string') return { status: refused, hash };
      return { status: 'error', hash, resultXdr: resultXdr(refused) };
    }
    const room = this.capacity.roomFor(envelope, place.old);
    if (!room.fits) {
      if (!dry) this.ban([envelope]);
      if (room.feeNeeded === undefined) return { status: 'try_again_later', hash };
      const outcome = { code: 'txInsufficientFee', feeCharged: room.feeNeeded } as const;
      return { status: 'error', hash, resultXdr: resultXdr(outcome) };
    }
    const failure = this.checkDoor(envelope, place, door);
    if (failure) return { status: 'error', hash, resultXdr: resultXdr(failure) };
    if (!dry) this.enqueue(envelope, place.old);
    return { status: 'pending', hash };
  }

  private checkDoor(
    envelope: ParsedEnvelope,
    { old, sequence }: { old?: ParsedEnvelope; sequence?: bigint },
    door: Door,
  ): EnvelopeOutcome | undefined {
    const outcome = door.check(envelope, sequence);
    if (!isSuccess(outcome)) return outcome;
    const refund = old?.feeSource === envelope.feeSource ? old.fee : 0n;
    const queued = this.fees.get(envelope.feeSource) ?? 0n;
    if (door.available(envelope.feeSource) - (envelope.fee - refund) >= queued) return undefined;
    return { code: 'txInsufficientBalance', feeCharged: outcome.feeCharged };
  }

  private placeFor(envelope: ParsedEnvelope): Place {
    const waiting = this.sources.get(innermost(envelope).source)?.transactions;
    if (!waiting || waiting.length === 0) return {};
    return this.limits.pendingPerAccount === 1
      ? this.placeAsOnlyOne(envelope, waiting[0] as ParsedEnvelope)
      : this.placeInSequence(envelope, waiting);
  }

  /** Today's core: one transaction per source. */
  private placeAsOnlyOne(envelope: ParsedEnvelope, waiting: ParsedEnvelope): Place {
    if (isDuplicate(waiting, envelope)) return { refused: 'duplicate' };
    if (sequenceOf(envelope) < sequenceOf(waiting)) return { refused: { code: 'txBadSeq', feeCharged: 0n } };
    if (envelope.kind !== 'fee_bump' || sequenceOf(envelope) !== sequenceOf(waiting)) {
      return { refused: 'try_again_later' };
    }
    return this.replacing(waiting, envelope);
  }

  /** Core 19: several per source, with consecutive sequence numbers (or as far apart as minSeqNum allows). */
  private placeInSequence(envelope: ParsedEnvelope, waiting: ParsedEnvelope[]): Place {
    const { preconditions } = innermost(envelope);
    const last = sequenceOf(waiting.at(-1) as ParsedEnvelope);
    const at = waiting.findIndex((other) => sequenceOf(other) === sequenceOf(envelope));
    const old = waiting[at];
    if (old && isDuplicate(old, envelope)) return { refused: 'duplicate' };
    const needsFirst = preconditions.minSequenceAge !== 0n || preconditions.minSequenceLedgerGap !== 0;
    if (envelope.kind === 'fee_bump') {
      if (!old && !follows(envelope, last, waiting)) return { refused: { code: 'txBadSeq', feeCharged: 0n } };
      const replaced = old ? this.replacing(old, envelope) : {};
      if ('refused' in replaced) return replaced;
      if (at !== 0 && needsFirst) return { refused: 'try_again_later' };
      if (old) return at === 0 ? { old } : { old, sequence: sequenceOf(waiting[at - 1] as ParsedEnvelope) };
    } else if (needsFirst) return { refused: 'try_again_later' };
    if (waiting.length >= this.limits.pendingPerAccount) return { refused: 'try_again_later' };
    return { sequence: last };
  }

  private replacing(old: ParsedEnvelope, envelope: ParsedEnvelope): Place {
    const oldOperations = BigInt(Math.max(1, operationCount(old)));
    const needed = old.fee * BigInt(operationCount(envelope)) * BigInt(this.limits.replaceFeeMultiplier);
    if (envelope.fee * oldOperations >= needed) return { old };
    const minimum = (needed + oldOperations - 1n) / oldOperations;
    const feeCharged = minimum > INT64_MAX ? INT64_MAX : minimum;
    return { refused: { code: 'txInsufficientFee', feeCharged } };
  }

  private enqueue(envelope: ParsedEnvelope, old: ParsedEnvelope | undefined): void {
    const { source } = innermost(envelope);
    const waiting = this.sources.get(source) ?? { transactions: [], age: 0 };
    this.sources.set(source, waiting);
    if (old) {
      this.forget(old);
      waiting.transactions[waiting.transactions.indexOf(old)] = envelope;
    } else waiting.transactions.push(envelope);
    this.fees.set(envelope.feeSource, (this.fees.get(envelope.feeSource) ?? 0n) + envelope.fee);
    for (const evicted of this.capacity.add(envelope)) this.ban([evicted]);
  }

  /** Gives back fees and room, not the place. */
  private forget(envelope: ParsedEnvelope): void {
    this.capacity.remove(envelope);
    const left = (this.fees.get(envelope.feeSource) ?? 0n) - envelope.fee;
    if (left > 0n) this.fees.set(envelope.feeSource, left);
    else this.fees.delete(envelope.feeSource);
  }

  private keepOnly(source: string, keeps: (envelope: ParsedEnvelope) => boolean): ParsedEnvelope[] {
    const waiting = this.sources.get(source);
    if (!waiting) return [];
    const dropped = waiting.transactions.filter((envelope) => !keeps(envelope));
    for (const envelope of dropped) this.forget(envelope);
    waiting.transactions = waiting.transactions.filter(keeps);
    if (waiting.transactions.length === 0) this.sources.delete(source);
    return dropped;
  }

  /** Bans these, and what waits behind them: it lost its sequence number. */
  ban(envelopes: readonly ParsedEnvelope[]): void {
    const newest = this.banned[0];
    for (const envelope of envelopes) {
      newest?.add(envelope.fullHash);
      const { source, sequence } = innermost(envelope);
      const waits = this.sources
        .get(source)
        ?.transactions.some((other) => other.fullHash === envelope.fullHash);
      if (!waits) continue;
      for (const dropped of this.keepOnly(source, (other) => sequenceOf(other) < sequence)) {
        newest?.add(dropped.fullHash);
      }
    }
  }

  /** A ledger closed with these: their numbers are used, the others are a ledger older. */
  ledgerClosed(applied: readonly ParsedEnvelope[]): void {
    const highest = new Map<string, bigint>();
    for (const envelope of applied) {
      const { source, sequence } = innermost(envelope);
      if (sequence > (highest.get(source) ?? -1n)) highest.set(source, sequence);
    }
    for (const [source, sequence] of highest) {
      const dropped = this.keepOnly(source, (other) => sequenceOf(other) > sequence);
      const rest = this.sources.get(source);
      if (rest && dropped.length > 0) rest.age = 0;
    }
    this.age();
  }

  private age(): void {
    this.banned = [new Set<Hex>(), ...this.banned].slice(0, this.limits.banLedgers);
    this.capacity.ledgerClosed();
    for (const [source, waiting] of this.sources) {
      waiting.age += 1;
      if (waiting.age < this.limits.pendingLedgers) continue;
      for (const dropped of this.keepOnly(source, () => false)) this.banned[0]?.add(dropped.fullHash);
    }
  }

  snapshot(): QueueSnapshot {
    return {
      waiting: [...this.sources.values()].map(({ age, transactions }) => ({
        age,
        envelopes: transactions.map((envelope) => envelope.envelopeXdr),
      })),
      banned: this.banned.map((ledger) => [...ledger]),
    };
  }

  restore(snapshot: QueueSnapshot, read: (envelopeXdr: Base64) => ParsedEnvelope | null): void {
    for (const { age, envelopes } of snapshot.waiting) {
      for (const envelopeXdr of envelopes) {
        const envelope = read(envelopeXdr);
        if (envelope) this.enqueue(envelope, undefined);
        const waiting = envelope && this.sources.get(innermost(envelope).source);
        if (waiting) waiting.age = age;
      }
    }
    this.banned = this.banned.map((_, index) => new Set(snapshot.banned[index] ?? []));
  }
}

/** The same envelope, or the transaction inside of a fee bump that waits. */
function isDuplicate(old: ParsedEnvelope, envelope: ParsedEnvelope): boolean {
  if (old.kind === envelope.kind) return old.fullHash === envelope.fullHash;
  return old.kind === 'fee_bump' && old.inner.fullHash === envelope.fullHash;
}

/** Whether a number can come after all that wait. */
function follows(envelope: ParsedEnvelope, last: bigint, waiting: ParsedEnvelope[]): boolean {
  const sequence = sequenceOf(envelope);
  if (sequence <= last || waiting.length === 0) return false;
  const { minSequence } = innermost(envelope).preconditions;
  return minSequence === undefined ? sequence === last + 1n : minSequence <= last;
}
