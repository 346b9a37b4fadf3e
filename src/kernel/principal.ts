import { isMemoId, type Memo } from './memos.ts';
import { isAccount, isContract, isMuxed, joinMuxed, splitMuxed } from './strkey.ts';

declare const OWNER: unique symbol;
declare const PRINCIPAL: unique symbol;

/**
 * Normal form by which everything of a user is kept and looked up: `G…`, `G…:<id>` (for `M…` too) or `C…` (SC-15, SC-18). Columns named
 * `owner` are typed by it, so that a query which compares one with any other text does not compile.
 */
export type Owner = string & { readonly [OWNER]: true };

/** Who makes a request, as the login proved it (SC-15 to SC-18). Only `principalOf` and `parseSubject` make one. */
export interface Principal {
  readonly [PRINCIPAL]: true;
  /** the token's `sub`: `G…`, `G…:<memo id>`, `M…` or `C…` */
  readonly subject: string;
  readonly owner: Owner;
  /** `G…` or `C…` */
  readonly account: string;
  /** id of the user within a shared account, unsigned 64-bit decimal text: the login's memo or the id in `M…` */
  readonly memo: string | null;
  /** `M…` of the same user where there is an id, else null */
  readonly muxed: string | null;
  /** verified home of the wallet's server (SC-20), else null */
  readonly clientDomain: string | null;
  readonly homeDomain: string | null;
}

/** The claims of a verified token that say who it is for. */
export interface SubjectClaims {
  sub: string;
  client_domain?: unknown;
  home_domain?: unknown;
}

function make(
  subject: string,
  account: string,
  memo: string | null,
  muxed: string | null,
  claims?: SubjectClaims,
): Principal {
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
  const principal: Omit<Principal, typeof PRINCIPAL> = {
    subject,
    owner: (memo === null ? account : `${account}:${memo}`) as Owner,
    account,
    memo,
    muxed,
    clientDomain: text(claims?.client_domain),
    homeDomain: text(claims?.home_domain),
  };
  return principal as Principal;
}

/** Reads a subject that we know to be true (a verified token's, a stored row's); null for anything that is not one of the four forms. */
export function parseSubject(subject: string, claims?: SubjectClaims): Principal | null {
  if (subject.startsWith('M')) {
    if (!isMuxed(subject)) return null;
    const { account, id } = splitMuxed(subject);
    return make(subject, account, id, subject, claims);
  }
  const colon = subject.indexOf(':');
  if (colon < 0) {
    return isAccount(subject) || isContract(subject) ? make(subject, subject, null, null, claims) : null;
  }
  const account = subject.slice(0, colon);
  const memo = subject.slice(colon + 1);
  if (!isAccount(account) || !isMemoId(memo)) return null;
  return make(subject, account, memo, joinMuxed(account, memo), claims);
}

/** The principal of a verified token. */
export const principalOf = (claims: SubjectClaims): Principal | null => parseSubject(claims.sub, claims);

/**
 * The owner of what is kept for a user whom the holder of an account names by memo (S12-05): for a memo of type `id` the same as that of
 * a login with it. A login that has a memo or id of its own is that user, whatever it names.
 */
export function ownerFor(principal: Principal, memo: Memo | null): Owner {
  if (memo === null || principal.memo !== null) return principal.owner;
  const tail = memo.type === 'text' ? Buffer.from(memo.value, 'utf8').toString('base64url') : memo.value;
  return `${principal.account}:${memo.type === 'id' ? '' : `${memo.type}:`}${tail}` as Owner;
}
