import type { CustomerKey } from '../../customers/index.ts';
import { type Memo, parseMemo } from '../../kernel/memos.ts';
import type { Principal } from '../../kernel/principal.ts';
import { isAccount, isContract, isMuxed, splitMuxed } from '../../kernel/strkey.ts';
import type { Fields } from '../shared/body.ts';
import { parameterMissing } from '../shared/faults.ts';
import { optional } from '../shared/params.ts';
import { notYours, parameterInvalid } from './errors.ts';

/** Parameters of SEP-12 itself; everything else in a body is a field, or nothing that is known here. */
export const NAMES = ['id', 'account', 'memo', 'memo_type', 'type', 'transaction_id', 'lang', 'url'];

export interface CustomerRequest extends CustomerKey {
  type: string | undefined;
  transactionId: string | undefined;
  lang: string | undefined;
}

/**
 * Which customer is meant, of those that the login may name (S12-02 to S12-07).
 *
 * @throws PARAMETER_INVALID, MEMO_INVALID, MEMO_TYPE_INVALID (400); CUSTOMER_IDENTITY_MISMATCH (403)
 */
export function parseIdentity(params: Fields, principal: Principal): CustomerKey {
  const id = optional(params, 'id');
  if (id !== undefined && (id.length > 200 || id.includes('\0')))
    throw parameterInvalid('id', 'is not an id of ours.');
  const named = parseAccount(optional(params, 'account'), principal);
  const value = optional(params, 'memo');
  const type = optional(params, 'memo_type');
  if (principal.account.startsWith('C') && (value !== undefined || type !== undefined)) {
    throw parameterInvalid('memo', 'cannot go with a contract account.');
  }
  if (principal.memo !== null) {
    if (value !== undefined && value !== principal.memo) throw notYours('memo');
    return { id, memo: null };
  }
  const memo = parseMemoPair(type, value);
  if (named !== null && memo !== null && !(memo.type === 'id' && memo.value === named))
    throw notYours('memo');
  return { id, memo: memo ?? (named === null ? null : { type: 'id', value: named }) };
}

/** The deprecated type of the memo: `id` where it is missing (S12-07). */
function parseMemoPair(type: string | undefined, value: string | undefined): Memo | null {
  if (value !== undefined) return parseMemo(type ?? 'id', value);
  if (type !== undefined) throw parameterInvalid('memo_type', 'goes with a memo only.');
  return null;
}

/** The account is that of the login (S12-03); answers the id within an `M…` address where the login has none. */
export function parseAccount(account: string | undefined, principal: Principal): string | null {
  if (account === undefined) return null;
  if (isAccount(account) || isContract(account)) {
    if (account !== principal.account) throw notYours('account');
    return null;
  }
  if (!isMuxed(account)) throw parameterInvalid('account', 'must be a Stellar address: G…, M… or C….');
  const { account: base, id } = splitMuxed(account);
  if (base !== principal.account || (principal.memo !== null && principal.memo !== id))
    throw notYours('account');
  return principal.memo === null ? id : null;
}

/** @throws as parseIdentity; PARAMETER_INVALID where a transaction comes without the type (S12-21) */
export function parseCustomer(params: Fields, principal: Principal): CustomerRequest {
  const type = optional(params, 'type');
  const transactionId = optional(params, 'transaction_id');
  if (transactionId !== undefined && type === undefined) {
    throw parameterInvalid('type', 'must be given with transaction_id.');
  }
  return { ...parseIdentity(params, principal), type, transactionId, lang: optional(params, 'lang') };
}

/**
 * DELETE names the account in its path (S12-34, S12-36) and may name a memo in its body.
 *
 * @throws as parseIdentity
 */
export function parseErasure(account: string, body: Fields, principal: Principal): Memo | null {
  const { account: named, memo, memo_type } = body;
  const params: Fields = { account, ...(memo ? { memo } : {}), ...(memo_type ? { memo_type } : {}) };
  if (named && named !== account) throw notYours('account');
  return parseIdentity(params, principal).memo ?? null;
}

/** S12-42: one of the two. @throws PARAMETER_MISSING, PARAMETER_INVALID (400) */
export function parseFiles(params: Fields): { fileId?: string; customerId?: string } {
  const fileId = optional(params, 'file_id');
  const customerId = optional(params, 'customer_id');
  if (fileId === undefined && customerId === undefined) throw parameterMissing('file_id or customer_id');
  return { ...(fileId === undefined ? {} : { fileId }), ...(customerId === undefined ? {} : { customerId }) };
}
