const BUCKETS = 1 << 16;

/**
 * Tells which of very many ids were seen on one side only, without keeping them: ids are folded into buckets by exclusive or, and a
 * bucket where both sides agree is empty again. Half a megabyte, however many ids.
 */
export class Tally {
  private readonly sums = new BigUint64Array(BUCKETS);
  private readonly counts = new Int32Array(BUCKETS);

  /** seen on the network, or at the bank */
  seen(id: string): void {
    this.fold(id, 1);
  }

  /** a row of the database */
  row(id: string): void {
    this.fold(id, -1);
  }

  /** Whether the id may be on one side only; false is certain but for one chance in 2^64. */
  isSuspect(id: string): boolean {
    const at = Number(digest(id) & 0xffffn);
    return this.sums[at] !== 0n || this.counts[at] !== 0;
  }

  /** Whether any id is on one side only. */
  isEven(): boolean {
    return this.counts.every((count) => count === 0) && this.sums.every((sum) => sum === 0n);
  }

  private fold(id: string, step: 1 | -1): void {
    const hash = digest(id);
    const at = Number(hash & 0xffffn);
    this.sums[at] = (this.sums[at] ?? 0n) ^ hash;
    this.counts[at] = (this.counts[at] ?? 0) + step;
  }
}

/** FNV-1a with 64 bits and a final mix. */
function digest(id: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < id.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(id.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash ^ (hash >> 32n);
}
