import type { Ids } from '../kernel/ids.ts';

/** No 0, O, 1 or I: what people copy by hand into a bank form. 32 letters, 5 bits each. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const LENGTH = 8;

/** A fresh reference of 40 random bits such as `K7MWQ2XA`; the caller makes sure that it is not taken. */
export function newReference(ids: Ids): string {
  return Array.from(ids.bytes(LENGTH), (byte) => ALPHABET[byte & 31]).join('');
}

/** A payer's text in the form that references are stored in: upper case, without spaces and dashes. */
export function normalizeReference(text: string): string {
  return text.replace(/[\s-]+/g, '').toUpperCase();
}

/** A memo of type id for a withdrawal: 53 random bits, so that wallets that read it as a double keep it whole. */
export function newMemoId(ids: Ids): string {
  const value = ids.bytes(8).readBigUInt64BE() & ((1n << 53n) - 1n);
  return (value === 0n ? 1n : value).toString();
}
