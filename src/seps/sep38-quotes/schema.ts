import { parsePositiveAmount } from '../../kernel/amounts.ts';
import { parseAssetId } from '../../kernel/assets.ts';
import { badInput } from '../../kernel/errors.ts';
import type {
  Delivery,
  ExchangeRequest,
  FirmRequest,
  PricesRequest,
  QuoteContextName,
} from '../../quotes/index.ts';
import type { Fields } from '../shared/body.ts';
import { parameterInvalid, parameterMissing } from '../shared/faults.ts';
import { optional, parseTime } from '../shared/params.ts';

/** The parameters that are looked at; others are ignored (SC-31). */
export const NAMES: readonly string[] = [
  'sell_asset',
  'buy_asset',
  'sell_amount',
  'buy_amount',
  'sell_delivery_method',
  'buy_delivery_method',
  'country_code',
  'context',
  'expire_after',
];

function required(params: Fields, name: string): string {
  const value = optional(params, name);
  if (value === undefined) throw parameterMissing(name);
  return value;
}

/** SC-24. @throws PARAMETER_MISSING, ASSET_INVALID (400) */
function readAsset(params: Fields, name: string): string {
  const text = required(params, name);
  parseAssetId(text);
  return text;
}

/** One of the two amounts (S38-P03, S38-P04); the official wallet SDK's types want both, so an empty one is none. */
function readGiven(params: Fields): { sell: bigint } | { buy: bigint } {
  const [sell, buy] = [optional(params, 'sell_amount'), optional(params, 'buy_amount')];
  if ((sell === undefined) === (buy === undefined)) {
    throw badInput('AMOUNT_NOT_SINGLE', 'Give one of sell_amount and buy_amount, and not both.');
  }
  return sell !== undefined ? { sell: parsePositiveAmount(sell) } : { buy: parsePositiveAmount(buy) };
}

const MAX_NAME = 100;

function readName(params: Fields, name: string): string | null {
  const value = optional(params, name);
  if (value !== undefined && value.length > MAX_NAME) throw parameterInvalid(name, 'is too long.');
  return value ?? null;
}

const readDelivery = (params: Fields): Delivery => ({
  sellDeliveryMethod: readName(params, 'sell_delivery_method'),
  buyDeliveryMethod: readName(params, 'buy_delivery_method'),
  countryCode: readName(params, 'country_code'),
});

/** S38-19: the text names sep6 and sep31 for /price, and SEP-24 has its clients ask too. */
function readContext(params: Fields): QuoteContextName {
  const context = required(params, 'context');
  if (context === 'sep6' || context === 'sep24' || context === 'sep31') return context;
  throw parameterInvalid('context', 'must be sep6, sep24 or sep31.');
}

/** GET /prices (S38-10 to S38-13). @throws PARAMETER_MISSING, PARAMETER_INVALID, ASSET_INVALID, AMOUNT_* (400) */
export function parsePrices(params: Fields): PricesRequest {
  const selling = optional(params, 'sell_asset') !== undefined;
  if (selling === (optional(params, 'buy_asset') !== undefined)) {
    throw badInput('ASSET_NOT_SINGLE', 'Give one of sell_asset and buy_asset, and not both.');
  }
  const [wanted, other] = selling ? (['sell', 'buy'] as const) : (['buy', 'sell'] as const);
  const asset = readAsset(params, `${wanted}_asset`);
  if (optional(params, `${other}_amount`) !== undefined) {
    throw parameterInvalid(`${other}_amount`, `goes with ${other}_asset only.`);
  }
  const units = parsePositiveAmount(required(params, `${wanted}_amount`));
  return { asset, given: selling ? { sell: units } : { buy: units }, ...readDelivery(params) };
}

/** GET /price (S38-18, S38-19). @throws PARAMETER_MISSING, PARAMETER_INVALID, ASSET_INVALID, AMOUNT_* (400) */
export function parsePriceRequest(params: Fields): ExchangeRequest & { context: QuoteContextName } {
  const sellAsset = readAsset(params, 'sell_asset');
  const buyAsset = readAsset(params, 'buy_asset');
  return {
    sellAsset,
    buyAsset,
    given: readGiven(params),
    context: readContext(params),
    ...readDelivery(params),
  };
}

/** POST /quote (S38-27, S38-29). @throws as parsePriceRequest */
export function parseQuoteRequest(params: Fields): FirmRequest {
  return { ...parsePriceRequest(params), expireAfter: readExpireAfter(params) };
}

function readExpireAfter(params: Fields): number | null {
  const text = params['expire_after'];
  if (text === undefined) return null;
  try {
    return Date.parse(parseTime(text) as string);
  } catch {
    throw parameterInvalid('expire_after', 'must be a time such as 2026-01-31T12:00:00Z.');
  }
}
