import type { Context, MiddlewareHandler } from 'hono';
import { isMemoId } from '../../kernel/memos.ts';
import { isAccount, isContract, isMuxed, joinMuxed, splitMuxed } from '../../kernel/strkey.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { authenticationRequired, guarded, type Handler } from './answers.ts';
import { type Claims, type Tokens, tokensOf } from './tokens.ts';

/** Who makes a request, as the login proved it (SC-15 to SC-18). */
export interface Principal {
  /** the token's `sub`: `G…`, `G…:<memo id>`, `M…` or `C…` */
  readonly subject: string;
  /** normal form, by which everything is kept and looked up: `G…`, `G…:<id>` (for `M…` too) or `C…` */
  readonly owner: string;
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

type Identity = Pick<Principal, 'subject' | 'owner' | 'account' | 'memo' | 'muxed'>;

/** Reads a subject; null for anything that is not one of the four forms. */
export function parseSubject(subject: string): Identity | null {
  if (subject.startsWith('M')) {
    if (!isMuxed(subject)) return null;
    const { account, id } = splitMuxed(subject);
    return { subject, owner: `${account}:${id}`, account, memo: id, muxed: subject };
  }
  const colon = subject.indexOf(':');
  if (colon < 0) {
    if (!isAccount(subject) && !isContract(subject)) return null;
    return { subject, owner: subject, account: subject, memo: null, muxed: null };
  }
  const account = subject.slice(0, colon);
  const memo = subject.slice(colon + 1);
  if (!isAccount(account) || !isMemoId(memo)) return null;
  return { subject, owner: subject, account, memo, muxed: joinMuxed(account, memo) };
}

/** The principal of a verified token. */
export function principalOf(claims: Claims): Principal | null {
  const identity = parseSubject(claims.sub);
  if (identity === null) return null;
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
  return { ...identity, clientDomain: text(claims.client_domain), homeDomain: text(claims.home_domain) };
}

/** SC-11: `Authorization: Bearer <token>`, the scheme in any case; two such headers are none. */
export function bearerToken(header: string | null | undefined): string | null {
  if (header === null || header === undefined || header.length > 8192) return null;
  const match = /^bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i.exec(header);
  return match?.[1] ?? null;
}

export function authenticate(tokens: Tokens, header: string | null | undefined): Principal | null {
  const token = bearerToken(header);
  if (token === null) return null;
  const claims = tokens.verify('api', token);
  return claims === null ? null : principalOf(claims);
}

export type PrincipalHandler = (c: Context, principal: Principal) => Response | Promise<Response>;

/**
 * A route handler for authenticated users. Answers 403 (SC-12) before the body or its type is looked at, and turns faults
 * into protocol answers. Quicker than a middleware: Hono calls a single handler directly.
 */
export function withPrincipal(ctx: AnchorContext, handler: PrincipalHandler): Handler {
  const tokens = tokensOf(ctx);
  return guarded(ctx.log, (c) => {
    const principal = authenticate(tokens, c.req.header('authorization'));
    return principal === null ? authenticationRequired() : handler(c, principal);
  });
}

export interface PrincipalVariables {
  principal: Principal;
}

/** The same as a middleware: `app.use('/sep24/transactions/*', requirePrincipal(ctx))`, then `c.get('principal')`. */
export function requirePrincipal(ctx: AnchorContext): MiddlewareHandler<{ Variables: PrincipalVariables }> {
  const tokens = tokensOf(ctx);
  return async (c, next) => {
    const principal = authenticate(tokens, c.req.header('authorization'));
    if (principal === null) return authenticationRequired();
    c.set('principal', principal);
    await next();
  };
}
