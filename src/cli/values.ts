import { parseAmount } from '../kernel/amounts.ts';
import { isAssetCode } from '../kernel/assets.ts';
import { isAccount } from '../kernel/strkey.ts';
import type { Given } from './command.ts';
import { usageError } from './output.ts';

/** The text of an option, if it was given. */
export function textOption(given: Given, name: string): string | undefined {
  const value = given.options[name];
  return typeof value === 'string' ? value : undefined;
}

export const flagOption = (given: Given, name: string): boolean => given.options[name] === true;

const flagName = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** A number of an option within bounds. @throws OPTION_INVALID (exit 2) */
export function numberOption(
  given: Given,
  name: string,
  bounds: { min: number; max: number; whole?: boolean },
): number | undefined {
  const text = textOption(given, name);
  if (text === undefined) return undefined;
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max && (!bounds.whole || Number.isInteger(value))) return value;
  throw usageError(
    'OPTION_INVALID',
    `${flagName(name)} must be a ${bounds.whole ? 'whole ' : ''}number from ${bounds.min} to ${bounds.max}.`,
  );
}

/** 0 lets the system choose where `free` is set. @throws OPTION_INVALID (exit 2) */
export const portOption = (given: Given, options: { free?: boolean } = {}): number | undefined =>
  numberOption(given, 'port', { min: options.free ? 0 : 1, max: 65_535, whole: true });

/** @throws OPTION_INVALID (exit 2) */
export function choiceOption<T extends string>(
  given: Given,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = textOption(given, name);
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw usageError('OPTION_INVALID', `${flagName(name)} must be one of: ${choices.join(', ')}.`);
  return found;
}

/** An asset code; `XLM` and `native` are the network's own. @throws ASSET_CODE_INVALID (exit 2) */
export function assetCode(text: string | undefined): string {
  if (text !== undefined && /^(?:xlm|native)$/i.test(text)) return 'native';
  if (isAssetCode(text)) return text;
  throw usageError('ASSET_CODE_INVALID', 'An asset code has 1 to 12 letters and digits (A-Z, a-z, 0-9).');
}

/** @throws ACCOUNT_INVALID (exit 2) */
export function accountOption(given: Given, name: string): string | undefined {
  const text = textOption(given, name);
  if (text === undefined || isAccount(text)) return text;
  throw usageError(
    'ACCOUNT_INVALID',
    `${flagName(name)} must be a Stellar account: G and 55 more characters, with a right checksum.`,
  );
}

/** Stroops; `none` is null. @throws AMOUNT_INVALID and the like (exit 2) */
export function amountOption(given: Given, name: string): bigint | null | undefined {
  const text = textOption(given, name);
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  try {
    return parseAmount(text);
  } catch {
    throw usageError(
      'OPTION_INVALID',
      `${flagName(name)} must be a decimal amount such as 10 or 0.5, with at most 7 decimals.`,
    );
  }
}
