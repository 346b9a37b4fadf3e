import type { LedgerReader } from '../ledger/ports.ts';
import type { AssetString, OfferEntry } from '../ledger/types.ts';

export interface Path {
  source: AssetString;
  sourceAmount: bigint;
  destination: AssetString;
  destinationAmount: bigint;
  /** the assets between */
  hops: AssetString[];
}

/** How many assets may lie between. */
const MAX_HOPS = 3;
/** The best of each pair of assets that are shown. */
const PER_ASSET = 5;

type Books = Map<AssetString, Map<AssetString, OfferEntry[]>>;

/** All offers by an asset of one side, then the other, best price first. */
function books(reader: LedgerReader, side: 'selling' | 'buying', except: string | undefined): Books {
  const other = side === 'selling' ? 'buying' : 'selling';
  const found: Books = new Map();
  for (const entry of reader.entries()) {
    if (entry.kind !== 'offer' || entry.seller === except) continue;
    const from = found.get(entry[side]) ?? new Map<AssetString, OfferEntry[]>();
    found.set(entry[side], from);
    from.set(entry[other], [...(from.get(entry[other]) ?? []), entry]);
  }
  for (const pairs of found.values()) for (const offers of pairs.values()) offers.sort(byPrice);
  return found;
}

function byPrice(a: OfferEntry, b: OfferEntry): number {
  const left = BigInt(a.priceN) * BigInt(b.priceD);
  const right = BigInt(b.priceN) * BigInt(a.priceD);
  return left < right ? -1 : left > right ? 1 : a.id < b.id ? -1 : 1;
}

/** What it costs to get `wanted` from these offers; null when they do not hold that much. */
function costOf(offers: OfferEntry[], wanted: bigint): bigint | null {
  let left = wanted;
  let cost = 0n;
  for (const { amount, priceN, priceD } of offers) {
    const priceOf = (units: bigint) => (units * BigInt(priceN) + BigInt(priceD) - 1n) / BigInt(priceD);
    if (amount >= left) return cost + priceOf(left);
    cost += priceOf(amount);
    left -= amount;
  }
  return null;
}

/** What `spent` buys from these offers; null when they cannot take that much. */
function yieldOf(offers: OfferEntry[], spent: bigint): bigint | null {
  let left = spent;
  let got = 0n;
  for (const { amount, priceN, priceD } of offers) {
    const price = (amount * BigInt(priceN) + BigInt(priceD) - 1n) / BigInt(priceD);
    if (price >= left) return got + (left * BigInt(priceD)) / BigInt(priceN);
    got += amount;
    left -= price;
  }
  return null;
}

interface Search {
  books: Books;
  /** the amount after one more exchange, or null */
  step(offers: OfferEntry[], amount: bigint): bigint | null;
  found(asset: AssetString, amount: bigint, trail: AssetString[]): void;
}

function walk(search: Search, asset: AssetString, amount: bigint, trail: AssetString[]): void {
  search.found(asset, amount, trail);
  if (trail.length > MAX_HOPS) return;
  for (const [next, offers] of search.books.get(asset) ?? []) {
    if (next === asset || trail.includes(next)) continue;
    const after = search.step(offers, amount);
    if (after !== null && after > 0n) walk(search, next, after, [...trail, asset]);
  }
}

const name = (asset: AssetString): string => (asset === 'native' ? 'native' : `credit/${asset}`);

/** By asset, then by amount (`sign` 1: small first), then the shortest; a few of each asset. */
function best(
  paths: Path[],
  assetOf: (path: Path) => AssetString,
  amountOf: (path: Path) => bigint,
  sign: 1 | -1,
) {
  paths.sort((a, b) => {
    const [nameA, nameB] = [name(assetOf(a)), name(assetOf(b))];
    if (nameA !== nameB) return nameA < nameB ? -1 : 1;
    const difference = amountOf(a) - amountOf(b);
    if (difference !== 0n) return difference < 0n ? -sign : sign;
    return a.hops.length - b.hops.length;
  });
  const shown = new Map<AssetString, number>();
  return paths.filter((path) => {
    const count = shown.get(assetOf(path)) ?? 0;
    shown.set(assetOf(path), count + 1);
    return count < PER_ASSET;
  });
}

/** Ways to make `amount` of an asset arrive, from each of the sources; `balance` bounds what a source may spend. */
export function strictReceivePaths(
  reader: LedgerReader,
  destination: AssetString,
  amount: bigint,
  sources: Map<AssetString, bigint | null>,
  except?: string,
): Path[] {
  const paths: Path[] = [];
  const found = (source: AssetString, sourceAmount: bigint, trail: AssetString[]) => {
    const balance = sources.get(source);
    if (balance === undefined || (balance !== null && balance < sourceAmount)) return;
    const hops = trail.slice(1).reverse();
    paths.push({ source, sourceAmount, destination, destinationAmount: amount, hops });
  };
  walk({ books: books(reader, 'selling', except), step: costOf, found }, destination, amount, []);
  return best(
    paths,
    (path) => path.source,
    (path) => path.sourceAmount,
    1,
  );
}

/** What `amount` of an asset becomes in each of the destinations. */
export function strictSendPaths(
  reader: LedgerReader,
  source: AssetString,
  amount: bigint,
  destinations: Set<AssetString>,
): Path[] {
  const paths: Path[] = [];
  const found = (destination: AssetString, destinationAmount: bigint, trail: AssetString[]) => {
    if (!destinations.has(destination)) return;
    paths.push({ source, sourceAmount: amount, destination, destinationAmount, hops: trail.slice(1) });
  };
  walk({ books: books(reader, 'buying', undefined), step: yieldOf, found }, source, amount, []);
  return best(
    paths,
    (path) => path.destination,
    (path) => path.destinationAmount,
    -1,
  );
}
