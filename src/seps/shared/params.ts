import { parseAssetId } from '../../kernel/assets.ts';
import { isoTime } from '../../kernel/clock.ts';
import { isUuid } from '../../kernel/ids.ts';
import { limits } from '../../kernel/limits.ts';
import { type Memo, parseMemo } from '../../kernel/memos.ts';
import { isAccount, isContract, isMuxed } from '../../kernel/strkey.ts';
import type { Fields } from './body.ts';
import { accountUnsupported, parameterInvalid, parameterMissing } from './faults.ts';

/** An optional parameter; empty text counts as absent. */
export const optional = (params: Fields, name: string): string | undefined => params[name] || undefined;

/** SC-26: a language tag, or `en` for whatever is not one; never an error. */
export function parseLang(text: string | undefined): string {
  return text !== undefined && /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}$/.test(text) ? text : 'en';
}

/** SC-29. @throws PARAMETER_INVALID, ACCOUNT_UNSUPPORTED (400) */
export function parseAccount(text: string | undefined): string | undefined {
  if (text === undefined || isAccount(text) || isMuxed(text)) return text;
  if (isContract(text)) throw accountUnsupported();
  throw parameterInvalid('account', 'must be a Stellar address: G… or M….');
}

/** Memo and its type only together (SC-27, S24-21). @throws MEMO_INVALID, MEMO_TYPE_INVALID (400) */
export function parseMemoPair(type: string | undefined, value: string | undefined): Memo | null {
  return type === undefined && value === undefined ? null : parseMemo(type, value);
}

export function parseFlag(name: string, text: string | undefined): boolean {
  if (text === undefined || /^false$/i.test(text)) return false;
  if (/^true$/i.test(text)) return true;
  throw parameterInvalid(name, 'must be true or false.');
}

export function parseOffchainAsset(name: string, text: string | undefined): string | undefined {
  if (text !== undefined && parseAssetId(text).scheme !== 'iso4217') {
    throw parameterInvalid(name, 'must be an asset outside of Stellar, such as iso4217:USD.');
  }
  return text;
}

export function parseCustomerId(text: string | undefined): string | undefined {
  if (text === undefined || /^[\x21-\x7e]{1,100}$/.test(text)) return text;
  throw parameterInvalid('customer_id', 'is not an id of ours.');
}

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A time without a zone is UTC. In a query a `+` that was not encoded arrives as a space (S24-47). */
export function parseTime(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const spaced = text.replace(/ (\d{2}:?\d{2})$/, (tail, zone: string, at: number) =>
    /[T ]\d{2}:\d{2}/.test(text.slice(0, at)) ? `+${zone}` : tail,
  );
  const zoned = /[T ]\d{2}:\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$/i.test(spaced) || !/[T ]/.test(spaced);
  const time = ISO.test(spaced) ? Date.parse(zoned ? spaced : `${spaced}Z`) : Number.NaN;
  // Date.parse takes the 31st of every month.
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  const real = !Number.isNaN(day) && isoTime(day).slice(0, 10) === text.slice(0, 10);
  if (Number.isNaN(time) || !real)
    throw parameterInvalid('no_older_than', 'must be a time such as 2026-01-31T12:00:00Z.');
  return isoTime(time);
}

/** @throws PARAMETER_INVALID (400) */
export function parseLimit(text: string = String(limits.pageLimitDefault)): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw parameterInvalid('limit', 'must be a whole number from 1.');
  return Math.min(Number(text), limits.pageLimitMax);
}

export interface FindRequest {
  id?: string;
  stellar_transaction_id?: string;
  external_transaction_id?: string;
}

/** Reads the query of GET /transaction (S24-51). @throws PARAMETER_MISSING (400) */
export function parseFind(params: Fields): FindRequest {
  const found: FindRequest = {};
  for (const name of ['id', 'stellar_transaction_id', 'external_transaction_id'] as const) {
    const value = optional(params, name);
    if (value !== undefined) found[name] = value;
  }
  if (Object.keys(found).length === 0) {
    throw parameterMissing('One of id, stellar_transaction_id and external_transaction_id');
  }
  return found;
}

/** Ids that no record can have need no look-up, and databases do not take every text. */
export function plausibleKey(key: FindRequest): boolean {
  const { id, stellar_transaction_id: hash, external_transaction_id: external } = key;
  return (
    (id === undefined || isUuid(id)) &&
    (hash === undefined || /^[0-9a-fA-F]{64}$/.test(hash)) &&
    (external === undefined || (external.length <= 500 && !external.includes('\0')))
  );
}
