import { formatFixed } from '../../../kernel/amounts.ts';
import { assetFields } from '../assets.ts';
import type { TradeAt } from '../history/history.ts';
import type { TradeSide } from '../history/rows.ts';
import { isoSeconds } from '../history/time.ts';
import type { Fields } from '../json.ts';
import type { Links } from '../links.ts';
import type { PageRecord } from '../page.ts';

const sideFields = (name: string, side: TradeSide): Fields => ({
  [`${name}_offer_id`]: side.offer,
  [`${name}_account`]: side.account,
  [`${name}_amount`]: formatFixed(BigInt(side.amount)),
  ...assetFields(side.asset, `${name}_`),
});

export function tradeRecord(links: Links, at: TradeAt): PageRecord {
  const { row } = at;
  const [base, counter] = at.sellerIsBase ? [row.seller, row.buyer] : [row.buyer, row.seller];
  const [n, d] = at.sellerIsBase ? [row.priceN, row.priceD] : [row.priceD, row.priceN];
  const token = `${at.operation}-${row.order}`;
  return {
    token,
    json: {
      _links: {
        self: { href: '' },
        base: links.to(`/accounts/${base.account}`),
        counter: links.to(`/accounts/${counter.account}`),
        operation: links.to(`/operations/${at.operation}`),
      },
      id: token,
      paging_token: token,
      ledger_close_time: isoSeconds(at.closeTime),
      trade_type: 'orderbook',
      ...sideFields('base', base),
      ...sideFields('counter', counter),
      base_is_seller: at.sellerIsBase,
      price: { n: String(n), d: String(d) },
    },
  };
}
