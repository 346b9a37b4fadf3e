import { parse } from 'smol-toml';
import { clientOf } from '../../config/clients.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AnchorError, badInput } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { isAccount } from '../../kernel/strkey.ts';
import { request } from '../../stellar/http.ts';
import type { Fetch } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { isLoopbackHost } from './addresses.ts';
import { guardedFetchOf } from './guarded-fetch.ts';

export interface ClientDomainOptions {
  /** guarded against private addresses (shared/guarded-fetch.ts) */
  fetch: Fetch;
  clock: Clock;
  /** plain http for loopback hosts: local mode */
  local: boolean;
  /** ports other than 443: not on the public network */
  allowPorts: boolean;
}

/** The signing keys that wallets' servers publish (S10-04, S1-33). */
export interface ClientDomains {
  /** the domain in its normal form. @throws CLIENT_DOMAIN_INVALID (400) */
  normalize(domain: string): string;
  /** `G…` of a normal domain. @throws CLIENT_DOMAIN_UNREADABLE (400), CLIENT_DOMAIN_BUSY (429) */
  signingKeyOf(domain: string): Promise<string>;
}

/** Names only: no addresses, no user, no path, at least one dot, a last label that is no number, no trailing dot. */
const NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LOCAL_NAME = /^(?:localhost|127\.0\.0\.1)$/;
/** `client_domain` is the value of a ManageData operation */
const MAX_CHARS = 64;
const CACHED_DOMAINS = 1000;
/** short, so that who mends a file need not wait */
const FAULT_KEPT_MS = 5_000;

interface Known {
  result: string | AnchorError;
  until: number;
}

const unreadable = (reason: string): AnchorError =>
  badInput('CLIENT_DOMAIN_UNREADABLE', `The SIGNING_KEY of the client domain cannot be read: ${reason}.`);

export function createClientDomains(options: ClientDomainOptions): ClientDomains {
  const known = new Map<string, Known>();
  const running = new Map<string, Promise<string>>();

  const look = async (domain: string): Promise<string> => {
    let result: string | AnchorError;
    try {
      result = await fetchSigningKey(options, domain);
    } catch (error) {
      result = AnchorError.is(error) ? error : unreadable('it failed');
    }
    if (known.size >= CACHED_DOMAINS) known.delete(known.keys().next().value ?? '');
    known.delete(domain);
    const keptMs = typeof result === 'string' ? limits.clientTomlCacheMs : FAULT_KEPT_MS;
    known.set(domain, { result, until: options.clock.now() + keptMs });
    if (typeof result === 'string') return result;
    throw result;
  };

  return {
    normalize: (domain) => normalize(domain, options),
    async signingKeyOf(domain) {
      const cached = known.get(domain);
      if (cached !== undefined && options.clock.now() < cached.until) {
        if (typeof cached.result === 'string') return cached.result;
        throw cached.result;
      }
      const already = running.get(domain);
      if (already !== undefined) return already;
      if (running.size >= limits.clientTomlInFlight) throw busy();
      const started = look(domain).finally(() => running.delete(domain));
      running.set(domain, started);
      return started;
    },
  };
}

export function clientDomainsOf(ctx: AnchorContext): ClientDomains {
  const { localMode, network } = ctx.project;
  const real = network.name === 'public';
  return createClientDomains({
    fetch: guardedFetchOf(ctx),
    clock: ctx.clock,
    local: localMode && !real,
    allowPorts: !real,
  });
}

/**
 * The domain that a login names, and whether policy verifies it (S10-07, S45-03).
 *
 * @param wanted the parameter `client_domain`
 * @param account `G…` or `C…` of the login
 * @throws CLIENT_DOMAIN_INVALID, CLIENT_DOMAIN_REQUIRED (400)
 */
export function namedClientDomain(
  project: AnchorContext['project'],
  domains: ClientDomains,
  wanted: string | undefined,
  account: string,
): { domain: string | null; supported: boolean } {
  const { clientDomains, clientDomainRequired } = project.sep10;
  const listed = [...clientDomains, ...(project.clients ?? []).flatMap((client) => client.domains)];
  // the demo wallet sends an empty one for none
  const domain = wanted === undefined || wanted === '' ? null : domains.normalize(wanted);
  const supported = domain !== null && (listed.length === 0 || listed.includes(domain));
  // a custodial wallet is known by the accounts it logs in with (SC-20)
  const custodial = clientOf(project, null, account) !== undefined;
  if (clientDomainRequired && !supported && !custodial) {
    throw badInput(
      'CLIENT_DOMAIN_REQUIRED',
      'This anchor asks for the client_domain of a wallet that it knows.',
    );
  }
  return { domain, supported };
}

/** The fault of many, not of the one who asks. */
const busy = (): AnchorError =>
  new AnchorError({
    code: 'CLIENT_DOMAIN_BUSY',
    message: 'Too many client domains are being looked up. Try again in some seconds.',
    httpStatus: 429,
  });

function normalize(domain: string, options: ClientDomainOptions): string {
  const lower = domain.toLowerCase();
  const [host = '', port, rest] = lower.split(':');
  const local = options.local && LOCAL_NAME.test(host);
  const portGood =
    port === undefined ||
    ((local || options.allowPorts) && /^[1-9]\d{0,4}$/.test(port) && Number(port) < 65536);
  if (rest !== undefined || !portGood || lower.length > MAX_CHARS || !(local || NAME.test(host))) {
    throw badInput(
      'CLIENT_DOMAIN_INVALID',
      'client_domain must be a domain name such as wallet.example.com.',
    );
  }
  return lower;
}

async function fetchSigningKey(options: ClientDomainOptions, domain: string): Promise<string> {
  const local = options.local && isLoopbackHost(domain.split(':')[0] ?? '');
  const answer = await request(
    { fetch: options.fetch, clock: options.clock, headers: { Accept: 'text/plain, application/toml' } },
    {
      url: `${local ? 'http' : 'https'}://${domain}/.well-known/stellar.toml`,
      timeoutMs: limits.clientTomlTimeoutMs,
      maxBytes: limits.clientTomlBytes,
    },
  ).catch(() => {
    // why it failed would tell a stranger about our network
    throw unreadable('its stellar.toml cannot be fetched');
  });
  if (answer.status !== 200) throw unreadable('its stellar.toml cannot be fetched');
  let key: unknown;
  try {
    key = parse(answer.text)['SIGNING_KEY'];
  } catch {
    throw unreadable('its stellar.toml is not valid TOML');
  }
  if (!isAccount(key)) throw unreadable('its stellar.toml has no valid SIGNING_KEY');
  return key;
}
