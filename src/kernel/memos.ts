import { badInput } from './errors.ts';

/** A memo that can travel on a payment. `hash` is held as lower-case hex, `id` as decimal text (unsigned 64-bit). */
export interface Memo {
  type: 'text' | 'id' | 'hash';
  value: string;
}

const MAX_ID = 18446744073709551615n;

/** Unsigned 64-bit decimal text without leading zeros; never a JavaScript number (SC-28). */
export function isMemoId(text: unknown): text is string {
  return typeof text === 'string' && /^(?:0|[1-9]\d{0,19})$/.test(text) && BigInt(text) <= MAX_ID;
}

/**
 * Reads `memo` and `memo_type` as a SEP sends them (SC-27): `hash` as base64 (64 hex digits are accepted too).
 *
 * @throws MEMO_INVALID (400), MEMO_TYPE_INVALID (400)
 */
export function parseMemo(type: unknown, value: unknown): Memo {
  if (type !== 'text' && type !== 'id' && type !== 'hash') {
    throw badInput('MEMO_TYPE_INVALID', 'memo_type must be text, id or hash.');
  }
  if (typeof value !== 'string' || value === '')
    throw badInput('MEMO_INVALID', 'The memo must be a non-empty text.');
  if (type === 'id') {
    if (!isMemoId(value))
      throw badInput('MEMO_INVALID', 'A memo of type id is a whole number from 0 to 2^64-1.');
    return { type, value };
  }
  if (type === 'text') {
    if (Buffer.byteLength(value, 'utf8') > 28 || value.includes('\0')) {
      throw badInput('MEMO_INVALID', 'A memo of type text has at most 28 bytes.');
    }
    return { type, value };
  }
  return { type, value: parseHash(value) };
}

function parseHash(value: string): string {
  if (/^[0-9a-fA-F]{64}$/.test(value)) return value.toLowerCase();
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64').replace(/=+$/, '') !== value.replace(/=+$/, '')) {
    throw badInput('MEMO_INVALID', 'A memo of type hash is 32 bytes in base64.');
  }
  return bytes.toString('hex');
}

/** As a SEP answer prints it: `hash` in base64. */
export function printMemo(memo: Memo): string {
  return memo.type === 'hash' ? Buffer.from(memo.value, 'hex').toString('base64') : memo.value;
}

export function sameMemo(a: Memo | null, b: Memo | null): boolean {
  return a === b || (a !== null && b !== null && a.type === b.type && a.value === b.value);
}
