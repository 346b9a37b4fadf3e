import { assert } from '../../kernel/errors.ts';
import { LedgerIndexes } from './indexes.ts';
import { keyOf, keys } from './keys.ts';
import type {
  AccountEntry,
  AssetString,
  ClaimableBalanceEntry,
  DataEntry,
  EntryChange,
  Hex,
  LedgerEntry,
  OfferEntry,
  TrustLineEntry,
} from './types.ts';

/** What of the header changes while transactions apply. Amounts in stroops. */
export interface StateHeader {
  sequence: number;
  /** Unix seconds */
  closeTime: number;
  baseReserve: number;
  totalCoins: bigint;
  feePool: bigint;
  idPool: bigint;
}

/** A point to which the state can be rolled back. */
export interface Savepoint {
  readonly journal: number;
  readonly feePool: bigint;
  readonly idPool: bigint;
  readonly sponsorships: ReadonlyMap<string, string>;
}

/**
 * The entries of the ledger. Entries are immutable values; a journal of what each write replaced gives nested
 * transactions (ledger, transaction, operation) without copying the state: `savepoint`, then `rollback` or go on.
 */
export class LedgerState {
  header: StateHeader;
  private readonly map = new Map<string, LedgerEntry>();
  private readonly indexes = new LedgerIndexes();
  private journal: { key: string; before: LedgerEntry | null }[] = [];
  /** sponsored account -> sponsor, between begin and endSponsoringFutureReserves; never outlives a transaction */
  private sponsorships: ReadonlyMap<string, string> = new Map();

  constructor(header: StateHeader, entries: Iterable<LedgerEntry> = []) {
    this.header = header;
    for (const entry of entries) this.write(keyOf(entry), entry);
    this.journal = [];
  }

  get baseReserve(): bigint {
    return BigInt(this.header.baseReserve);
  }

  // Reading, without a trace (core: loadWithoutRecord).

  get(key: string): LedgerEntry | undefined {
    return this.map.get(key);
  }

  account(id: string): AccountEntry | undefined {
    return this.map.get(keys.account(id)) as AccountEntry | undefined;
  }

  trustline(account: string, asset: AssetString): TrustLineEntry | undefined {
    return this.map.get(keys.trustline(account, asset)) as TrustLineEntry | undefined;
  }

  offer(id: bigint): OfferEntry | undefined {
    return this.map.get(keys.offer(id)) as OfferEntry | undefined;
  }

  data(account: string, name: string): DataEntry | undefined {
    return this.map.get(keys.data(account, name)) as DataEntry | undefined;
  }

  claimableBalance(id: Hex): ClaimableBalanceEntry | undefined {
    return this.map.get(keys.claimableBalance(id)) as ClaimableBalanceEntry | undefined;
  }

  trustlinesOf(account: string): TrustLineEntry[] {
    return this.indexes.of(account, 'trustline').sort((a, b) => (a.asset < b.asset ? -1 : 1));
  }

  offersOf(account: string): OfferEntry[] {
    return this.indexes.of(account, 'offer').sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  dataOf(account: string): DataEntry[] {
    return this.indexes.of(account, 'data').sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Offers that sell `selling` for `buying`, the best first. */
  book(selling: AssetString, buying: AssetString): readonly OfferEntry[] {
    return this.indexes.book(selling, buying);
  }

  entries(): Iterable<LedgerEntry> {
    return this.map.values();
  }

  // Writing.

  /**
   * Reads an entry for an operation that counts as having changed it, even where it then does not: the core marks
   * every entry that an operation loads (core: load), which shows in `lastModified` and in the meta.
   */
  touch<T extends LedgerEntry>(entry: T): T {
    return this.put(entry);
  }

  /** Creates or replaces; answers the entry as stored. */
  put<T extends LedgerEntry>(entry: T): T {
    const { sequence } = this.header;
    const stored = entry.lastModified === sequence ? entry : { ...entry, lastModified: sequence };
    this.write(keyOf(stored), stored);
    return stored;
  }

  remove(entry: LedgerEntry): void {
    this.write(keyOf(entry), null);
  }

  nextId(): bigint {
    this.header.idPool += 1n;
    return this.header.idPool;
  }

  private write(key: string, entry: LedgerEntry | null): void {
    const before = this.map.get(key) ?? null;
    this.journal.push({ key, before });
    this.replace(key, before, entry);
  }

  private replace(key: string, before: LedgerEntry | null, entry: LedgerEntry | null): void {
    if (entry === null) this.map.delete(key);
    else this.map.set(key, entry);
    this.indexes.replace(key, before, entry);
  }

  // Sponsorship of future reserves (CAP-33).

  sponsorOf(sponsored: string): string | undefined {
    return this.sponsorships.get(sponsored);
  }

  isSponsoring(sponsor: string): boolean {
    for (const other of this.sponsorships.values()) if (other === sponsor) return true;
    return false;
  }

  hasSponsorships(): boolean {
    return this.sponsorships.size > 0;
  }

  beginSponsoring(sponsored: string, sponsor: string): void {
    this.sponsorships = new Map(this.sponsorships).set(sponsored, sponsor);
  }

  endSponsoring(sponsored: string): void {
    const rest = new Map(this.sponsorships);
    rest.delete(sponsored);
    this.sponsorships = rest;
  }

  // Nested transactions.

  savepoint(): Savepoint {
    const { feePool, idPool } = this.header;
    return { journal: this.journal.length, feePool, idPool, sponsorships: this.sponsorships };
  }

  rollback(to: Savepoint): void {
    assert(to.journal <= this.journal.length, 'a rollback goes back in time');
    for (let i = this.journal.length - 1; i >= to.journal; i--) {
      const { key, before } = this.journal[i] as { key: string; before: LedgerEntry | null };
      this.replace(key, this.map.get(key) ?? null, before);
    }
    this.journal.length = to.journal;
    this.header.feePool = to.feePool;
    this.header.idPool = to.idPool;
    this.sponsorships = to.sponsorships;
  }

  /** One change per entry, in the order of the first write; what came and went is left out. */
  changesSince(point: Savepoint): EntryChange[] {
    const first = new Map<string, LedgerEntry | null>();
    for (let i = point.journal; i < this.journal.length; i++) {
      const { key, before } = this.journal[i] as { key: string; before: LedgerEntry | null };
      if (!first.has(key)) first.set(key, before);
    }
    const changes: EntryChange[] = [];
    for (const [key, before] of first) {
      const after = this.map.get(key) ?? null;
      if (before !== null || after !== null) changes.push({ before, after });
    }
    return changes;
  }

  /** Forgets how to go back: a ledger is closed. */
  seal(): void {
    this.journal = [];
  }
}
