import type { Context, MiddlewareHandler } from 'hono';
import { type Principal, principalOf } from '../../kernel/principal.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { authenticationRequired, guarded, type Handler } from './answers.ts';
import { type Tokens, tokensOf } from './tokens.ts';

export { type Principal, parseSubject, principalOf } from '../../kernel/principal.ts';

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
 *
 * @param denied what is answered without a good token
 */
export function withPrincipal(
  ctx: AnchorContext,
  handler: PrincipalHandler,
  denied: () => Response = authenticationRequired,
): Handler {
  const tokens = tokensOf(ctx);
  return guarded(ctx.log, (c) => {
    const principal = authenticate(tokens, c.req.header('authorization'));
    return principal === null ? denied() : handler(c, principal);
  });
}

export type VisitorHandler = (c: Context, principal: Principal | null) => Response | Promise<Response>;

/** For routes that everybody may ask, and users for themselves: no token is nobody, a token that is not good is refused (S38-01). */
export function withOptionalPrincipal(ctx: AnchorContext, handler: VisitorHandler): Handler {
  const tokens = tokensOf(ctx);
  return guarded(ctx.log, (c) => {
    const header = c.req.header('authorization');
    if (header === undefined) return handler(c, null);
    const principal = authenticate(tokens, header);
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
