import { compareOffers } from './exchange/offers.ts';
import type { AssetString, LedgerEntry, OfferEntry } from './types.ts';

type OwnedEntry = Exclude<LedgerEntry, { kind: 'account' | 'claimable_balance' }>;

const owner = (entry: OwnedEntry): string => (entry.kind === 'offer' ? entry.seller : entry.account);
const isOwned = (entry: LedgerEntry): entry is OwnedEntry =>
  entry.kind !== 'account' && entry.kind !== 'claimable_balance';

/** The order book and the sub entries of each account, kept in step with the map of entries. */
export class LedgerIndexes {
  /** account and kind -> key -> entry */
  private readonly owned = new Map<string, Map<string, OwnedEntry>>();
  private readonly books = new Map<string, OfferEntry[]>();

  /** `entry` took the place of `before` under `key`; null: none. */
  replace(key: string, before: LedgerEntry | null, entry: LedgerEntry | null): void {
    if (before?.kind === 'offer') this.leaveBook(before);
    if (entry?.kind === 'offer') this.enterBook(entry);
    if (entry !== null && isOwned(entry)) {
      const slot = `${owner(entry)} ${entry.kind}`;
      let members = this.owned.get(slot);
      if (!members) {
        members = new Map();
        this.owned.set(slot, members);
      }
      members.set(key, entry);
    } else if (before !== null && isOwned(before)) {
      const slot = `${owner(before)} ${before.kind}`;
      const members = this.owned.get(slot);
      members?.delete(key);
      if (members?.size === 0) this.owned.delete(slot);
    }
  }

  /** Unordered. */
  of<K extends OwnedEntry['kind']>(account: string, kind: K): Extract<OwnedEntry, { kind: K }>[] {
    const members = this.owned.get(`${account} ${kind}`);
    return members ? ([...members.values()] as Extract<OwnedEntry, { kind: K }>[]) : [];
  }

  /** Offers that sell `selling` for `buying`, the best first. Not to be changed by the caller. */
  book(selling: AssetString, buying: AssetString): readonly OfferEntry[] {
    return this.books.get(`${selling} ${buying}`) ?? [];
  }

  private enterBook(offer: OfferEntry): void {
    const slot = `${offer.selling} ${offer.buying}`;
    const book = this.books.get(slot);
    if (!book) this.books.set(slot, [offer]);
    else book.splice(place(book, offer), 0, offer);
  }

  private leaveBook(offer: OfferEntry): void {
    const slot = `${offer.selling} ${offer.buying}`;
    const book = this.books.get(slot);
    if (!book) return;
    const at = place(book, offer);
    if (book[at]?.id === offer.id) book.splice(at, 1);
    if (book.length === 0) this.books.delete(slot);
  }
}

/** Where an offer stands, or would stand, in a sorted book. */
function place(book: readonly OfferEntry[], offer: OfferEntry): number {
  let low = 0;
  let high = book.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareOffers(book[middle] as OfferEntry, offer) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
