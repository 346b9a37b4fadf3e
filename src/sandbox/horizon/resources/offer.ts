import { formatFixed } from '../../../kernel/amounts.ts';
import type { OfferEntry } from '../../ledger/types.ts';
import { assetFields } from '../assets.ts';
import { priceText } from '../history/price.ts';
import type { Links } from '../links.ts';
import type { PageRecord } from '../page.ts';
import type { ClosedAt } from './account.ts';

export function offerRecord(links: Links, offer: OfferEntry, closedAt: ClosedAt): PageRecord {
  const id = offer.id.toString();
  return {
    token: id,
    json: {
      _links: { self: links.to(`/offers/${id}`), offer_maker: links.to(`/accounts/${offer.seller}`) },
      id,
      paging_token: id,
      seller: offer.seller,
      selling: assetFields(offer.selling),
      buying: assetFields(offer.buying),
      amount: formatFixed(offer.amount),
      price_r: { n: offer.priceN, d: offer.priceD },
      price: priceText(offer.priceN, offer.priceD),
      last_modified_ledger: offer.lastModified,
      last_modified_time: closedAt(offer.lastModified) ?? null,
      sponsor: offer.sponsor,
    },
  };
}
