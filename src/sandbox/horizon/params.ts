import type { Context } from 'hono';
import { isAssetCode } from '../../kernel/assets.ts';
import { isAccount } from '../../kernel/strkey.ts';
import type { AssetString } from '../ledger/types.ts';
import { invalidField } from './problem.ts';

export const ACCOUNT_RULE = 'Account ID must start with `G` and contain 56 alphanum characters';
export const ASSET_RULE =
  'Asset must be the string "native" or a string of the form "Code:IssuerAccountID" for issued assets.';

/** A query parameter; absent and empty are the same to Horizon. */
export function query(c: Context, name: string): string | undefined {
  const value = c.req.query(name);
  return value === undefined || value === '' ? undefined : value;
}

export function accountParam(value: string, field = 'account_id'): string {
  if (!isAccount(value)) throw invalidField(field, ACCOUNT_RULE);
  return value;
}

export function accountQuery(c: Context, field: string): string | undefined {
  const value = query(c, field);
  return value === undefined ? undefined : accountParam(value, field);
}

export function isAssetString(text: string): boolean {
  if (text === 'native') return true;
  const [code, issuer, rest] = text.split(':');
  return rest === undefined && isAssetCode(code) && isAccount(issuer);
}

export function assetQuery(c: Context, field: string): AssetString | undefined {
  const value = query(c, field);
  if (value !== undefined && !isAssetString(value)) throw invalidField(field, ASSET_RULE);
  return value;
}

export function flagQuery(c: Context, field: string): boolean {
  const value = query(c, field);
  if (value === undefined) return false;
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw invalidField(field, 'Filter should be true or false');
}

/** Whether `join=transactions` is asked for. */
export function joinQuery(c: Context): boolean {
  const value = query(c, 'join');
  if (value === undefined) return false;
  if (value !== 'transactions') throw invalidField('join', 'Accepted values: transactions');
  return true;
}

const HASH = /^[0-9a-f]{64}$/;

export function hashParam(value: string): string {
  if (!HASH.test(value)) {
    throw invalidField('tx_id', 'Transaction hash must be a hex-encoded, lowercase SHA-256 hash');
  }
  return value;
}

const BALANCE_ID = /^0{8}[0-9a-fA-F]{64}$/;

export const isBalanceId = (text: string): boolean => BALANCE_ID.test(text);

/** A positive 63-bit integer, or null. */
export function positiveInteger(text: string): bigint | null {
  if (!/^\d{1,19}$/.test(text)) return null;
  const value = BigInt(text);
  return value > 0n && value < 1n << 63n ? value : null;
}

/** A legacy asset in three parameters: `<prefix>asset_type|code|issuer`. Undefined when none is given. */
export function assetTriple(c: Context, prefix: string): AssetString | undefined {
  const [type, code, issuer] = ['type', 'code', 'issuer'].map((part) => query(c, `${prefix}asset_${part}`));
  const bad = (part: string, reason: string) => invalidField(`${prefix}asset_${part}`, reason);
  if (type === undefined) {
    if (code !== undefined || issuer !== undefined) throw bad('type', 'Missing parameter');
    return undefined;
  }
  if (type === 'native') {
    if (code !== undefined) throw bad('code', 'native asset does not have a code');
    if (issuer !== undefined) throw bad('issuer', 'native asset does not have an issuer');
    return 'native';
  }
  if (type !== 'credit_alphanum4' && type !== 'credit_alphanum12') {
    throw bad('type', 'Asset type must be native, credit_alphanum4 or credit_alphanum12');
  }
  if (!isAssetCode(code) || (type === 'credit_alphanum4' && code.length > 4)) {
    throw bad('code', 'Asset code must be 1-12 alphanumeric characters');
  }
  if (issuer === undefined) throw bad('issuer', 'Missing parameter');
  return `${code}:${accountParam(issuer, `${prefix}asset_issuer`)}`;
}
