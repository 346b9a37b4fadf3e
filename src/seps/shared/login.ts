import type { Context } from 'hono';
import { AnchorError, badInput } from '../../kernel/errors.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { json } from './answers.ts';
import type { Tokens } from './tokens.ts';

/** What a challenge that was answered well has proven. */
export interface Login {
  /** `sub` of the token */
  subject: string;
  homeDomain: string;
  clientDomain: string | null;
  /** of the challenge: the token's `jti` */
  hash: Buffer;
}

/** The token for a login (S10-55 to S10-57, S45-29). */
export function tokenFor(ctx: AnchorContext, tokens: Tokens, login: Login): Response {
  const client = login.clientDomain === null ? {} : { client_domain: login.clientDomain };
  const jti = login.hash.toString('hex');
  const token = tokens.sign('api', {
    sub: login.subject,
    lifetimeSeconds: ctx.project.sep10.tokenLifetimeSeconds,
    claims: { jti, home_domain: login.homeDomain, ...client },
  });
  ctx.log.info('login', { subject: login.subject, challenge: jti, ...client });
  return json({ token });
}

/** Wallets and the official suite know one answer to a bad POST: 400, also where its size or type is at fault (S10-32, S45-14). */
export const refusedAsBad =
  (ctx: AnchorContext, exchange: (c: Context) => Promise<Response>) =>
  async (c: Context): Promise<Response> => {
    try {
      return await exchange(c);
    } catch (error) {
      if (!AnchorError.is(error)) throw error;
      ctx.log.info('login_refused', { code: error.code });
      if (error.httpStatus >= 500 || error.httpStatus === 400) throw error;
      throw badInput(error.code, error.message, error.hint);
    }
  };
