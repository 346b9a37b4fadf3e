import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { Sep45Settings } from '../../config/project.ts';
import { AnchorError, badInput } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { isContract } from '../../kernel/strkey.ts';
import { keyPairFromSeed, seedMissing } from '../../stellar/keys.ts';
import { createRpc, type StellarRpc } from '../../stellar/rpc.ts';
import { loadSdk } from '../../stellar/sdk.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { closeRoute, guarded, json } from '../shared/answers.ts';
import { type Fields, readBody, readQuery } from '../shared/body.ts';
import { type ClientDomains, clientDomainsOf, namedClientDomain } from '../shared/client-domain.ts';
import { allowPreflight } from '../shared/cors.ts';
import { refusedAsBad, tokenFor } from '../shared/login.ts';
import { tokensOf } from '../shared/tokens.ts';
import { createConsume } from '../shared/used.ts';
import { buildChallenge, type ChallengeInput, type Server } from './challenge.ts';
import { PATH } from './path.ts';
import { simulated } from './simulation.ts';
import { checkLedgers, openChallenge } from './verification.ts';

/** @throws SEP45_SETTINGS_MISSING */
export function settingsOf({ project }: AnchorContext): Sep45Settings {
  if (project.sep45 !== undefined) return project.sep45;
  throw new AnchorError({
    code: 'SEP45_SETTINGS_MISSING',
    message: 'SEP-45 is switched on, and sep45.contract or sep45.rpc_url is not set.',
    hint: 'Set both in anchor.toml, or take 45 out of seps.',
    exitStatus: 2,
  });
}

/** GET and POST of `WEB_AUTH_FOR_CONTRACTS_ENDPOINT`. @throws SEP45_SETTINGS_MISSING, SEED_MISSING, JWT_KEY_MISSING at start */
export function routes(ctx: AnchorContext): Hono {
  const server = serverOf(ctx);
  const rpc = createRpc({ url: settingsOf(ctx).rpcUrl, fetch: ctx.fetch, clock: ctx.clock });
  const app = new Hono();
  app.get(PATH, guarded(ctx.log, giveChallenge(ctx, server, rpc)));
  app.post(PATH, guarded(ctx.log, giveToken(ctx, server, rpc)));
  allowPreflight(app, PATH);
  closeRoute(app, PATH, 'GET and POST');
  return app;
}

function serverOf(ctx: AnchorContext): Server {
  const { project } = ctx;
  if (project.secrets.signingSeed === undefined) throw seedMissing('SIGNING_SEED');
  return {
    keyPair: keyPairFromSeed(project.secrets.signingSeed),
    networkId: createHash('sha256').update(project.network.passphrase).digest(),
    contract: settingsOf(ctx).contract,
    homeDomains: [...new Set([project.homeDomain, ...project.homeDomains])],
    webAuthDomain: new URL(project.hostUrl).host,
  };
}

const seconds = (ctx: AnchorContext): number => Math.floor(ctx.clock.now() / 1000);

function giveChallenge(
  ctx: AnchorContext,
  server: Server,
  rpc: StellarRpc,
): (c: Context) => Promise<Response> {
  const { network } = ctx.project;
  const domains = clientDomainsOf(ctx);
  const latestLedger = shared(ctx, rpc);
  return async (c) => {
    const query = readQuery(c);
    const account = accountOf(server, query);
    const homeDomain = homeDomainOf(server, query);
    const client = await clientOf(ctx, server, domains, account, query['client_domain']);
    const input: ChallengeInput = {
      account,
      homeDomain,
      client,
      latestLedger: await latestLedger(),
      now: seconds(ctx),
    };
    const entries = buildChallenge(await loadSdk(), server, ctx.ids, input);
    return json({ authorization_entries: entries, network_passphrase: network.passphrase });
  };
}

/** Milliseconds for which the number of the latest ledger is kept: a ledger takes longer, and strangers could have us ask at will. */
const LEDGER_KEPT_MS = 2_000;

function shared(ctx: AnchorContext, rpc: StellarRpc): () => Promise<number> {
  let known: { ledger: Promise<number>; until: number } | undefined;
  return () => {
    const now = ctx.clock.now();
    if (known !== undefined && now < known.until) return known.ledger;
    const asked = { ledger: rpc.latestLedger(), until: now + LEDGER_KEPT_MS };
    known = asked;
    asked.ledger.catch(() => {
      if (known === asked) known = undefined;
    });
    return asked.ledger;
  };
}

/** S45-01. There is no memo: the address is the whole identity (S45-04). */
function accountOf(server: Server, query: Fields): string {
  const account = query['account'];
  if (account === undefined || account === '') throw badInput('ACCOUNT_MISSING', 'account is missing.');
  if (!isContract(account)) {
    throw badInput(
      'ACCOUNT_INVALID',
      'account must be the address of a contract: C… (G… and M… log in by SEP-10).',
    );
  }
  if (account === server.contract) {
    throw badInput('ACCOUNT_REFUSED', 'The contract of this server cannot log in to it.');
  }
  return account;
}

/** S45-02. */
function homeDomainOf(server: Server, query: Fields): string {
  const wanted = query['home_domain'];
  if (wanted === undefined || wanted === '') return server.homeDomains[0] as string;
  if (!server.homeDomains.includes(wanted)) {
    throw badInput('HOME_DOMAIN_UNKNOWN', 'home_domain is not one that this server authenticates for.');
  }
  return wanted;
}

/** S45-03. */
async function clientOf(
  ctx: AnchorContext,
  server: Server,
  domains: ClientDomains,
  account: string,
  wanted: string | undefined,
): Promise<ChallengeInput['client']> {
  const { domain, supported } = namedClientDomain(ctx.project, domains, wanted, account);
  if (domain === null || !supported) return null;
  const signingKey = await domains.signingKeyOf(domain);
  if (signingKey === server.keyPair.publicKey) {
    throw badInput('CLIENT_DOMAIN_REFUSED', 'The client domain names the key of this server as its own.');
  }
  return { domain, signingKey };
}

function giveToken(ctx: AnchorContext, server: Server, rpc: StellarRpc): (c: Context) => Promise<Response> {
  const tokens = tokensOf(ctx);
  const consume = createConsume(ctx);
  const exchange = async (c: Context): Promise<Response> => {
    const { authorization_entries: entries } = await readBody(c, { names: ['authorization_entries'] });
    if (entries === undefined || entries === '') {
      throw badInput(
        'CHALLENGE_MISSING',
        'authorization_entries is missing: the signed entries in base64 XDR.',
      );
    }
    if (entries.length > limits.challengeEnvelopeChars) {
      throw badInput('CHALLENGE_MALFORMED', 'authorization_entries is too long for a challenge.');
    }
    const sdk = await loadSdk();
    const challenge = openChallenge(sdk, server, entries, seconds(ctx));
    const latestLedger = await simulated(ctx, sdk, server, rpc, challenge);
    checkLedgers(challenge, latestLedger);
    await consume(challenge.hash, challenge.maxTime);
    const { hash, homeDomain } = challenge;
    return tokenFor(ctx, tokens, {
      subject: challenge.account,
      homeDomain,
      clientDomain: challenge.clientDomain,
      hash,
    });
  };
  return refusedAsBad(ctx, exchange);
}
