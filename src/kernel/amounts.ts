import { badInput } from './errors.ts';

/** Decimals of every amount on Stellar and in every SEP answer. */
export const STELLAR_SCALE = 7;

/** The largest amount a Stellar entry can hold, in stroops: 2^63 - 1. */
export const MAX_STROOPS = 9223372036854775807n;

const AMOUNT = /^(?:0|[1-9]\d{0,18})(?:\.(\d{1,18}))?$/;

/**
 * Reads a decimal amount such as `100`, `98.99` into the smallest unit. Exponents, signs, spaces, other digits than ASCII,
 * leading zeros and more decimals than `scale` are refused (SC-23; reliability R10).
 *
 * @param text the amount as it came; a JSON number is accepted when its shortest decimal form is a plain one
 * @throws AMOUNT_INVALID (400), AMOUNT_TOO_PRECISE (400), AMOUNT_TOO_LARGE (400)
 */
export function parseAmount(text: unknown, scale = STELLAR_SCALE): bigint {
  const plain = typeof text === 'number' ? String(text) : text;
  const match = typeof plain === 'string' && plain.length <= 40 ? AMOUNT.exec(plain) : null;
  if (typeof plain !== 'string' || match === null) {
    throw badInput('AMOUNT_INVALID', 'The amount must be a plain decimal number such as 100 or 98.99.');
  }
  const fraction = match[1] ?? '';
  if (fraction.length > scale && /[1-9]/.test(fraction.slice(scale))) {
    throw badInput('AMOUNT_TOO_PRECISE', `The amount has more than ${scale} decimals.`);
  }
  const whole = plain.split('.')[0] ?? '0';
  const units = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  if (units > MAX_STROOPS)
    throw badInput('AMOUNT_TOO_LARGE', 'The amount is larger than any asset can hold.');
  return units;
}

/** Like parseAmount, and greater than zero. @throws AMOUNT_NOT_POSITIVE (400) */
export function parsePositiveAmount(text: unknown, scale = STELLAR_SCALE): bigint {
  const units = parseAmount(text, scale);
  if (units <= 0n) throw badInput('AMOUNT_NOT_POSITIVE', 'The amount must be greater than zero.');
  return units;
}

/** The shortest exact decimal form: 1000000000n -> "100", 989900000n -> "98.99". Negative amounts keep their sign. */
export function formatAmount(units: bigint, scale = STELLAR_SCALE): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const whole = scale === 0 ? digits : digits.slice(0, -scale);
  const fraction = scale === 0 ? '' : digits.slice(-scale).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** With a fixed number of decimals, as Horizon prints amounts: 100 -> "100.0000000". */
export function formatFixed(units: bigint, scale = STELLAR_SCALE): string {
  const [whole, fraction = ''] = formatAmount(units, scale).split('.');
  return scale === 0 ? (whole as string) : `${whole}.${fraction.padEnd(scale, '0')}`;
}

/** Whether an amount fits an asset that counts only `decimals` decimals, e.g. 2 for a currency. */
export function fitsDecimals(units: bigint, decimals: number, scale = STELLAR_SCALE): boolean {
  return decimals >= scale || units % 10n ** BigInt(scale - decimals) === 0n;
}

/** Rounds up to `decimals` decimals: fees round in favour of the anchor by less than one smallest unit. */
export function roundUp(units: bigint, decimals: number, scale = STELLAR_SCALE): bigint {
  if (decimals >= scale) return units;
  const step = 10n ** BigInt(scale - decimals);
  return ((units + step - 1n) / step) * step;
}

/** amount × percent / 100, rounded up to the next unit. `percent` is in units of 1e-7 percentage points. */
export function percentOf(units: bigint, percent: bigint): bigint {
  const divisor = 100n * 10n ** BigInt(STELLAR_SCALE);
  return (units * percent + divisor - 1n) / divisor;
}
