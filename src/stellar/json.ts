import { parseAmount } from '../kernel/amounts.ts';
import { unavailable } from './http.ts';

/** Reading what Horizon answered. Whatever is not as it must be is no knowledge at all: NETWORK_UNAVAILABLE. */

export type Json = Record<string, unknown>;

const garbled = (what: string) =>
  unavailable(`its answer has no readable ${what}`, { cause: { garbled: true } });

/** Whether there was an answer that made no sense, as against none. */
export function isGarbled(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (cause as { garbled?: unknown } | undefined)?.garbled === true;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws NETWORK_UNAVAILABLE for HTML, a truncated or an empty answer */
export function parseObject(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw garbled('JSON');
  }
  if (!isObject(value)) throw garbled('JSON object');
  return value;
}

export function objectAt(json: Json, name: string): Json {
  const value = json[name];
  if (!isObject(value)) throw garbled(name);
  return value;
}

export function listAt(json: Json, name: string): Json[] {
  const value = json[name];
  if (!Array.isArray(value) || !value.every(isObject)) throw garbled(name);
  return value;
}

/** The records of a page. */
export const recordsOf = (page: Json): Json[] => listAt(objectAt(page, '_embedded'), 'records');

export function textAt(json: Json, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw garbled(name);
  return value;
}

export function optionalText(json: Json, name: string): string | null {
  const value = json[name];
  return typeof value === 'string' ? value : null;
}

const UINT32_MAX = 4_294_967_295;
const INT64_MAX = 9_223_372_036_854_775_807n;

/** A whole number that the ledger has 32 bits for, given as a number or as digits. */
export function numberAt(json: Json, name: string): number {
  const value = json[name];
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw garbled(name);
  if (number < 0 || number > UINT32_MAX) throw garbled(name);
  return number;
}

/** One that it has 64 bits for, and the sign. */
export function bigintAt(json: Json, name: string): bigint {
  const value = json[name];
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text)) throw garbled(name);
  const number = BigInt(text);
  if (number > INT64_MAX) throw garbled(name);
  return number;
}

/** The number of a ledger: there is none before 1. */
export function ledgerAt(json: Json, name: string): number {
  const number = numberAt(json, name);
  if (number === 0) throw garbled(name);
  return number;
}

/** A place in a history, as cursors count it. */
export function tokenAt(json: Json, name: string): string {
  const text = textAt(json, name);
  if (!/^\d{1,19}$/.test(text)) throw garbled(name);
  return text;
}

/** A decimal amount in stroops. */
export function unitsAt(json: Json, name: string): bigint {
  const text = textAt(json, name);
  try {
    return parseAmount(text);
  } catch {
    throw garbled(name);
  }
}

export function booleanAt(json: Json, name: string): boolean {
  const value = json[name];
  if (typeof value !== 'boolean') throw garbled(name);
  return value;
}

/** `native` or `CODE:ISSUER` from the three fields by which Horizon names an asset; null for pool shares. */
export function assetAt(json: Json, prefix = ''): string | null {
  const type = textAt(json, `${prefix}asset_type`);
  if (type === 'native') return 'native';
  if (type !== 'credit_alphanum4' && type !== 'credit_alphanum12') return null;
  return `${textAt(json, `${prefix}asset_code`)}:${textAt(json, `${prefix}asset_issuer`)}`;
}
