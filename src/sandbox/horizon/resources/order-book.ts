import { formatFixed } from '../../../kernel/amounts.ts';
import type { LedgerReader } from '../../ledger/ports.ts';
import type { AssetString, OfferEntry } from '../../ledger/types.ts';
import { assetFields } from '../assets.ts';
import { priceText } from '../history/price.ts';
import type { Fields } from '../json.ts';

/** The offers that sell one asset for another, best price first. */
export function offersBetween(reader: LedgerReader, selling: AssetString, buying: AssetString): OfferEntry[] {
  const found = [...reader.entries()]
    .filter((entry) => entry.kind === 'offer')
    .filter((offer) => offer.selling === selling && offer.buying === buying);
  return found.sort((a, b) => {
    const left = BigInt(a.priceN) * BigInt(b.priceD);
    const right = BigInt(b.priceN) * BigInt(a.priceD);
    return left < right ? -1 : left > right ? 1 : a.id < b.id ? -1 : 1;
  });
}

/** One level per price; `turned` shows the price from the other side. */
function levels(offers: OfferEntry[], limit: number, turned: boolean): Fields[] {
  const byPrice = new Map<string, { n: number; d: number; amount: bigint }>();
  for (const { priceN, priceD, amount } of offers) {
    const [n, d] = turned ? [priceD, priceN] : [priceN, priceD];
    const key = priceText(BigInt(n) * 10n ** 12n, d);
    const level = byPrice.get(key) ?? { n, d, amount: 0n };
    level.amount += amount;
    byPrice.set(key, level);
  }
  return [...byPrice.values()].slice(0, limit).map(({ n, d, amount }) => ({
    price_r: { n, d },
    price: priceText(n, d),
    amount: formatFixed(amount),
  }));
}

export function orderBook(
  reader: LedgerReader,
  selling: AssetString,
  buying: AssetString,
  limit: number,
): Fields {
  return {
    bids: levels(offersBetween(reader, buying, selling), limit, true),
    asks: levels(offersBetween(reader, selling, buying), limit, false),
    base: assetFields(selling),
    counter: assetFields(buying),
  };
}
