import type { DeliveryMethod, OffchainAsset } from './project.ts';
import { fundingMethod, listOf, type Reader, text, wholeNumber } from './readers.ts';

const KEYS = ['asset', 'decimals', 'country_codes', 'sell_delivery_methods', 'buy_delivery_methods'];

const country: Reader<string> = {
  expected: 'a country such as "US", or a part of one such as "US-CA"',
  read: (value) =>
    typeof value === 'string' && /^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$/.test(value) ? value : undefined,
};

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const method: Reader<DeliveryMethod> = {
  expected: 'a table { name, description }',
  read(value) {
    if (!isTable(value) || Object.keys(value).some((key) => key !== 'name' && key !== 'description')) {
      return undefined;
    }
    const [name, description] = [fundingMethod.read(value['name']), text.read(value['description'])];
    return name === undefined || description === undefined ? undefined : { name, description };
  },
};

function methods(value: unknown): readonly DeliveryMethod[] | undefined {
  const read = listOf(method).read(value ?? []);
  return read !== undefined && new Set(read.map(({ name }) => name)).size === read.length ? read : undefined;
}

/** One of `quotes.assets`. */
const offchainAsset: Reader<OffchainAsset> = {
  expected:
    'a table with asset = "iso4217:XXX", decimals (0 to 7, default 2), country_codes, sell_delivery_methods and buy_delivery_methods (lists of { name, description })',
  read(value) {
    if (!isTable(value) || Object.keys(value).some((key) => !KEYS.includes(key))) return undefined;
    const { asset } = value;
    if (typeof asset !== 'string' || !/^iso4217:[A-Z]{3}$/.test(asset)) return undefined;
    const decimals = wholeNumber(0, 7).read(value['decimals'] ?? 2);
    const countryCodes = listOf(country).read(value['country_codes'] ?? []);
    const sellDeliveryMethods = methods(value['sell_delivery_methods']);
    const buyDeliveryMethods = methods(value['buy_delivery_methods']);
    if (decimals === undefined || countryCodes === undefined) return undefined;
    if (sellDeliveryMethods === undefined || buyDeliveryMethods === undefined) return undefined;
    return { asset, decimals, countryCodes, sellDeliveryMethods, buyDeliveryMethods };
  },
};

const several = listOf(offchainAsset);

/** `quotes.assets`: each asset once. */
export const offchainAssets: Reader<readonly OffchainAsset[]> = {
  expected: `a list, each of it ${offchainAsset.expected}, and each asset once`,
  read(value) {
    const read = several.read(value);
    return read !== undefined && new Set(read.map(({ asset }) => asset)).size === read.length
      ? read
      : undefined;
  },
};
