import { formatAmount } from '../../kernel/amounts.ts';
import type { FeeItem } from '../../kernel/fees.ts';
import type { ExchangeAsset, ListedPrice, Priced, QuoteRow } from '../../quotes/index.ts';

/** S38-F05: without `details` where there is nothing to tell. */
function printFee(units: bigint, asset: string, details: readonly FeeItem[]) {
  return { total: formatAmount(units), asset, ...(details.length === 0 ? {} : { details }) };
}

/** S38-20: exactly these keys. */
export const printPrice = (priced: Priced, sellAsset: string) => ({
  total_price: priced.totalPrice,
  price: priced.price,
  sell_amount: formatAmount(priced.sell),
  buy_amount: formatAmount(priced.buy),
  fee: printFee(priced.fee, sellAsset, priced.details),
});

/** S38-30, S38-36: the same when it is made and ever after. */
export const printQuote = (row: QuoteRow) => ({
  id: row.id,
  expires_at: row.expires_at,
  total_price: row.total_price,
  price: row.price,
  sell_asset: row.sell_asset,
  sell_amount: formatAmount(row.sell_units),
  ...(row.sell_delivery_method === null ? {} : { sell_delivery_method: row.sell_delivery_method }),
  buy_asset: row.buy_asset,
  buy_amount: formatAmount(row.buy_units),
  ...(row.buy_delivery_method === null ? {} : { buy_delivery_method: row.buy_delivery_method }),
  fee: printFee(row.fee_units, row.sell_asset, JSON.parse(row.fee_details) as FeeItem[]),
});

/** S38-14 */
export const printListed = ({ asset, price }: ListedPrice) => ({
  asset: asset.id,
  price,
  decimals: asset.decimals,
});

/** S38-05 to S38-09: countries and delivery methods on assets outside of Stellar only. */
export function printAsset({ id, offchain }: ExchangeAsset) {
  if (offchain === null) return { asset: id };
  const list = <T>(name: string, items: readonly T[]) => (items.length === 0 ? {} : { [name]: items });
  return {
    asset: id,
    ...list('country_codes', offchain.countryCodes),
    ...list('sell_delivery_methods', offchain.sellDeliveryMethods),
    ...list('buy_delivery_methods', offchain.buyDeliveryMethods),
  };
}
