import { innermost, operationCount, type ParsedEnvelope, sha256 } from './envelope.ts';
import { compareBids } from './fees.ts';

/** Transactions of each source, by sequence number. */
function bySource(envelopes: readonly ParsedEnvelope[]): ParsedEnvelope[][] {
  const sources = new Map<string, ParsedEnvelope[]>();
  for (const envelope of envelopes) {
    const { source } = innermost(envelope);
    const list = sources.get(source);
    if (list) list.push(envelope);
    else sources.set(source, [envelope]);
  }
  const bySequence = (a: ParsedEnvelope, b: ParsedEnvelope) =>
    innermost(a).sequence < innermost(b).sequence ? -1 : 1;
  return [...sources.values()].map((list) => list.sort(bySequence));
}

/** A number that orders hashes differently in every ledger, the same way on every run. */
function shuffled(envelope: ParsedEnvelope, seed: Buffer): Buffer {
  const hash = Buffer.from(envelope.fullHash, 'hex');
  for (let i = 0; i < hash.length; i++) hash[i] = (hash[i] as number) ^ (seed[i] as number);
  return hash;
}

/**
 * What of the queue fits into a ledger: the highest bids per operation first, each source in the order of its sequence
 * numbers; a source whose next transaction does not fit waits (core: surgePricingFilter).
 */
export function fitLedger(
  envelopes: readonly ParsedEnvelope[],
  operationsPerLedger: number,
  seed: Buffer,
): ParsedEnvelope[] {
  const total = envelopes.reduce((sum, envelope) => sum + operationCount(envelope), 0);
  if (total <= operationsPerLedger) return [...envelopes];
  const tieBreak = new Map(envelopes.map((envelope) => [envelope, shuffled(envelope, seed)]));
  const waiting = bySource(envelopes);
  const better = (a: ParsedEnvelope, b: ParsedEnvelope) =>
    compareBids(b, a) || (tieBreak.get(b) as Buffer).compare(tieBreak.get(a) as Buffer);
  const heads = waiting.map((list) => ({ list, next: 0 }));
  heads.sort((a, b) => better(a.list[0] as ParsedEnvelope, b.list[0] as ParsedEnvelope));
  const chosen: ParsedEnvelope[] = [];
  let left = operationsPerLedger;
  while (left > 0) {
    const head = heads.shift();
    if (!head) break;
    const candidate = head.list[head.next] as ParsedEnvelope;
    if (operationCount(candidate) > left) continue;
    chosen.push(candidate);
    left -= operationCount(candidate);
    head.next += 1;
    const following = head.list[head.next];
    if (!following) continue;
    const at = heads.findIndex((other) => better(following, other.list[other.next] as ParsedEnvelope) < 0);
    heads.splice(at < 0 ? heads.length : at, 0, head);
  }
  return chosen;
}

/** The hash that the header names: of the previous ledger's hash and all envelopes, sorted by their own hash. */
export function transactionSetHash(previousHash: string, envelopes: readonly ParsedEnvelope[]): Buffer {
  const sorted = [...envelopes].sort((a, b) => (a.fullHash < b.fullHash ? -1 : 1));
  const bytes = sorted.map((envelope) => Buffer.from(envelope.envelopeXdr, 'base64'));
  return sha256(Buffer.concat([Buffer.from(previousHash, 'hex'), ...bytes]));
}

/** The order of application: the first of every source, shuffled by the set's hash, then the second, and so on. */
export function applicationOrder(envelopes: readonly ParsedEnvelope[], setHash: Buffer): ParsedEnvelope[] {
  const sources = bySource(envelopes);
  const ordered: ParsedEnvelope[] = [];
  for (let round = 0; ordered.length < envelopes.length; round++) {
    const batch = sources.flatMap((list) => list[round] ?? []);
    const rank = new Map(batch.map((envelope) => [envelope, shuffled(envelope, setHash)]));
    batch.sort((a, b) => (rank.get(a) as Buffer).compare(rank.get(b) as Buffer));
    ordered.push(...batch);
  }
  return ordered;
}
