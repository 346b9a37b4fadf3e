import { type Context, Hono } from 'hono';
import { AnchorError, badInput } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { isMemoId } from '../../kernel/memos.ts';
import { splitMuxed } from '../../kernel/strkey.ts';
import { keyPairFromSeed, seedMissing } from '../../stellar/keys.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { closeRoute, guarded, json } from '../shared/answers.ts';
import { type Fields, readBody, readQuery } from '../shared/body.ts';
import { type ClientDomains, clientDomainsOf, namedClientDomain } from '../shared/client-domain.ts';
import { allowPreflight } from '../shared/cors.ts';
import { refusedAsBad, tokenFor } from '../shared/login.ts';
import { tokensOf } from '../shared/tokens.ts';
import { createConsume } from '../shared/used.ts';
import { checkAuthorization } from './authorization.ts';
import {
  addressOf,
  buildChallenge,
  type ChallengeInput,
  MAX_DOMAIN_BYTES,
  networkIdOf,
  openChallenge,
  type Server,
} from './challenge.ts';
import { checkSignatures } from './signers.ts';

export const PATH = '/auth';

/** GET and POST of `WEB_AUTH_ENDPOINT` (SEP-10 v3.4.1). @throws SEED_MISSING, SEED_INVALID, JWT_KEY_MISSING at start */
export function routes(ctx: AnchorContext): Hono {
  const server = serverOf(ctx);
  const app = new Hono();
  app.get(PATH, guarded(ctx.log, giveChallenge(ctx, server)));
  app.post(PATH, guarded(ctx.log, giveToken(ctx, server)));
  allowPreflight(app, PATH);
  closeRoute(app, PATH, 'GET and POST');
  return app;
}

export function serverOf(ctx: AnchorContext): Server {
  const { project } = ctx;
  if (project.secrets.signingSeed === undefined) throw seedMissing('SIGNING_SEED');
  const homeDomains = [...new Set([project.homeDomain, ...project.homeDomains])];
  const long = homeDomains.find((domain) => Buffer.byteLength(domain) > MAX_DOMAIN_BYTES);
  if (long !== undefined) {
    throw badInput(
      'HOME_DOMAIN_TOO_LONG',
      `The home domain ${long} has more than ${MAX_DOMAIN_BYTES} bytes (S10-16).`,
    );
  }
  const url = new URL(project.hostUrl);
  return {
    keyPair: keyPairFromSeed(project.secrets.signingSeed),
    networkId: networkIdOf(project.network.passphrase),
    homeDomains,
    webAuthDomains: [...new Set([url.host, url.hostname])],
    lifetimeSeconds: limits.challengeLifetimeSeconds,
  };
}

const seconds = (ctx: AnchorContext): number => Math.floor(ctx.clock.now() / 1000);

function giveChallenge(ctx: AnchorContext, server: Server): (c: Context) => Response | Promise<Response> {
  const { project } = ctx;
  const domains = clientDomainsOf(ctx);
  const answer = (input: ChallengeInput): Response =>
    json({
      transaction: buildChallenge(server, ctx.ids, input),
      network_passphrase: project.network.passphrase,
    });
  return (c) => {
    const query = readQuery(c);
    const header = c.req.header('authorization');
    const { account, memo, base } = accountOf(server, query);
    const input: ChallengeInput = {
      account,
      memo,
      homeDomain: homeDomainOf(server, query),
      webAuthDomain: webAuthDomainFor(server, c.req.header('x-client-name')),
      client: null,
      now: seconds(ctx),
    };
    const checkHeader = (key: string): void => {
      if (header === undefined) return;
      checkAuthorization({ header, query, endpoint: `${project.hostUrl}${PATH}`, key, now: seconds(ctx) });
    };
    const domain = clientDomainOf(ctx, domains, query, { base, authorized: header !== undefined });
    if (domain === null) {
      checkHeader(base);
      return answer(input);
    }
    return domains.signingKeyOf(domain).then((signingKey) => {
      if (signingKey === server.keyPair.publicKey) {
        throw badInput('CLIENT_DOMAIN_REFUSED', 'The client domain names the key of this server as its own.');
      }
      checkHeader(signingKey);
      return answer({ ...input, client: { domain, signingKey }, now: seconds(ctx) });
    });
  };
}

/** S10-P01, S10-P02, S10-03, S10-04, S10-09. */
function accountOf(server: Server, query: Fields): { account: string; memo: string | null; base: string } {
  const account = query['account'];
  const memo = query['memo'];
  if (account === undefined || account === '') throw badInput('ACCOUNT_MISSING', 'account is missing.');
  const address = addressOf(account);
  if (Buffer.compare(address.key, server.keyPair.rawPublicKey) === 0) {
    throw badInput('ACCOUNT_REFUSED', 'The account of this server cannot log in to it.');
  }
  const base = address.muxedId === null ? account : splitMuxed(account).account;
  if (memo === undefined) return { account, memo: null, base };
  if (address.muxedId !== null)
    throw badInput('MEMO_REFUSED', 'An M account carries its id itself: leave out memo.');
  if (!isMemoId(memo)) throw badInput('MEMO_INVALID', 'memo must be a whole number from 0 to 2^64-1.');
  return { account, memo, base };
}

/** S10-05, S10-06. */
function homeDomainOf(server: Server, query: Fields): string {
  const wanted = query['home_domain'];
  if (wanted === undefined || wanted === '') return server.homeDomains[0] as string;
  if (!server.homeDomains.includes(wanted)) {
    throw badInput('HOME_DOMAIN_UNKNOWN', 'home_domain is not one that this server authenticates for.');
  }
  return wanted;
}

/** S10-P04. Null where there is none, or one that policy ignores (S10-07); with the header that is an error (S10-26, S10-29). */
function clientDomainOf(
  ctx: AnchorContext,
  domains: ClientDomains,
  query: Fields,
  { base, authorized }: { base: string; authorized: boolean },
): string | null {
  const { domain, supported } = namedClientDomain(ctx.project, domains, query['client_domain'], base);
  if (authorized && domain !== null && !supported) {
    throw new AnchorError({
      code: 'CLIENT_DOMAIN_FORBIDDEN',
      message: 'This anchor does not know that client_domain.',
      httpStatus: 403,
    });
  }
  return supported ? domain : null;
}

/**
 * S10-18 wants the host with its port. The TypeScript wallet SDK compares with the host name alone and fails on any other port
 * than the default, that is in development: it gets what it expects. Without a port both are the same.
 */
function webAuthDomainFor(server: Server, clientName: string | undefined): string {
  const [host = '', hostname = host] = server.webAuthDomains;
  return clientName === 'typescript-wallet-sdk' ? hostname : host;
}

function giveToken(ctx: AnchorContext, server: Server): (c: Context) => Promise<Response> {
  const tokens = tokensOf(ctx);
  const consume = createConsume(ctx);
  const exchange = async (c: Context): Promise<Response> => {
    const { transaction } = await readBody(c, { names: ['transaction'] });
    if (transaction === undefined || transaction === '') {
      throw badInput('CHALLENGE_MISSING', 'transaction is missing: the signed challenge in base64 XDR.');
    }
    if (transaction.length > limits.challengeEnvelopeChars) {
      throw badInput('CHALLENGE_MALFORMED', 'transaction is too long for a challenge.');
    }
    const challenge = openChallenge(server, transaction, seconds(ctx));
    const account = await ctx.network.account(challenge.account);
    checkSignatures(challenge, account, server.keyPair.publicKey);
    await consume(challenge.hash, challenge.maxTime);
    const { hash, homeDomain } = challenge;
    return tokenFor(ctx, tokens, {
      subject: challenge.subject,
      homeDomain,
      clientDomain: challenge.client?.domain ?? null,
      hash,
    });
  };
  return refusedAsBad(ctx, exchange);
}
