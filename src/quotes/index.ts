/** Price rules that SEP-38, 6, 24 and 31 share. Amounts are stroops (1e-7), each of its own asset; arithmetic is the kernel's. */
export {
  type Delivery,
  type ExchangeAsset,
  exchangeAssets,
  isPair,
  NO_DELIVERY,
  offchainAssetOf,
  onchainAsset,
  onchainId,
  type Pair,
} from './assets.ts';
export { type QuoteContextName, type QuoteRow, type QuotesContext, settingsOf } from './context.ts';
export { isPriceFault, quoteUnusable } from './errors.ts';
export { type FirmRequest, findQuote, firmQuote, usableQuote, useQuote } from './firm.ts';
export {
  type ArrivedExchange,
  type ExchangeRequest,
  exchangeArrived,
  indicativePrice,
  type Priced,
} from './price.ts';
export { type ListedPrice, listPrices, type PricesRequest } from './prices.ts';
export { sampleQuotes } from './sample.ts';
