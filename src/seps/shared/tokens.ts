import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import { AnchorError } from '../../kernel/errors.ts';
import type { AnchorContext } from '../../transfers/context.ts';

/** What a token is for. Each has a key and an audience of its own, so that none passes for another (SC-14, S10-61). */
export type TokenPurpose = 'api' | 'interactive' | 'more_info' | 'web';

export interface Claims {
  iss: string;
  aud: string;
  sub: string;
  /** Unix seconds */
  iat: number;
  exp: number;
  jti?: string;
  client_domain?: string;
  home_domain?: string;
  [name: string]: unknown;
}

export interface TokenInput {
  sub: string;
  lifetimeSeconds: number;
  /** Unix seconds; default now */
  issuedAt?: number | undefined;
  claims?: Record<string, unknown>;
}

/** HS256 JSON Web Tokens, by hand over node:crypto: the algorithm is pinned, never read from the token. */
export interface Tokens {
  readonly issuer: string;
  sign(purpose: TokenPurpose, input: TokenInput): string;
  /** null for anything but a token that this anchor issued for this purpose and that has not expired */
  verify(purpose: TokenPurpose, token: string): Claims | null;
}

const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
const MAX_TOKEN_CHARS = 4096;
/** seconds by which the clock of another of our machines may be ahead */
const CLOCK_SKEW_SECONDS = 60;
const MIN_SECRET_CHARS = 16;

/** One set per context: keys are derived once. */
const cache = new WeakMap<AnchorContext, Tokens>();

/** @throws JWT_KEY_MISSING, JWT_KEY_WEAK */
export function tokensOf(ctx: AnchorContext): Tokens {
  const known = cache.get(ctx);
  if (known !== undefined) return known;
  const { project } = ctx;
  const tokens = createTokens({
    secret: project.secrets.jwtKey,
    issuer: project.hostUrl,
    network: project.network.passphrase,
    clock: ctx.clock,
  });
  cache.set(ctx, tokens);
  return tokens;
}

export function createTokens(options: {
  /** SERVER_JWT_KEY */
  secret: string | undefined;
  issuer: string;
  /** passphrase: a token of one network is worth nothing on another */
  network: string;
  clock: Clock;
}): Tokens {
  const secret = checkSecret(options.secret);
  const keys = new Map<TokenPurpose, KeyObject>();
  const keyOf = (purpose: TokenPurpose): KeyObject => {
    const known = keys.get(purpose);
    if (known !== undefined) return known;
    const bytes = hkdfSync('sha256', secret, options.network, `create-anchor token ${purpose}`, 32);
    const key = createSecretKey(Buffer.from(bytes));
    keys.set(purpose, key);
    return key;
  };
  const audienceOf = (purpose: TokenPurpose): string => `${options.issuer}#${purpose}`;
  const now = (): number => Math.floor(options.clock.now() / 1000);
  return {
    issuer: options.issuer,
    sign(purpose, input) {
      const iat = input.issuedAt ?? now();
      const claims = {
        iss: options.issuer,
        aud: audienceOf(purpose),
        sub: input.sub,
        iat,
        exp: iat + input.lifetimeSeconds,
        ...input.claims,
      };
      const signed = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${signed}.${mac(keyOf(purpose), signed).toString('base64url')}`;
    },
    verify(purpose, token) {
      const claims = open(token, keyOf(purpose));
      if (claims === null) return null;
      const time = now();
      const good =
        claims.iss === options.issuer &&
        claims.aud === audienceOf(purpose) &&
        typeof claims.sub === 'string' &&
        typeof claims.exp === 'number' &&
        typeof claims.iat === 'number' &&
        time < claims.exp &&
        time >= claims.iat - CLOCK_SKEW_SECONDS;
      return good ? claims : null;
    },
  };
}

const mac = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The claims of a token with our header and a good signature. Other headers are not parsed: they cannot be ours. */
function open(token: string, key: KeyObject): Claims | null {
  if (token.length > MAX_TOKEN_CHARS || !token.startsWith(`${HEADER}.`)) return null;
  const end = token.lastIndexOf('.');
  if (end <= HEADER.length) return null;
  const given = Buffer.from(token.slice(end + 1));
  const expected = Buffer.from(mac(key, token.slice(0, end)).toString('base64url'));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  try {
    return JSON.parse(
      Buffer.from(token.slice(HEADER.length + 1, end), 'base64url').toString('utf8'),
    ) as Claims;
  } catch {
    return null;
  }
}

function checkSecret(secret: string | undefined): string {
  if (secret === undefined || secret === '') {
    throw new AnchorError({
      code: 'JWT_KEY_MISSING',
      message: 'SERVER_JWT_KEY is not set: without it no login can be confirmed.',
      hint: 'Put SERVER_JWT_KEY=<32 random bytes in hex> into .env, or run anchor setup.',
    });
  }
  if (secret.length < MIN_SECRET_CHARS) {
    throw new AnchorError({
      code: 'JWT_KEY_WEAK',
      message: `SERVER_JWT_KEY has fewer than ${MIN_SECRET_CHARS} characters.`,
      hint: 'Use 32 random bytes, for example from: openssl rand -hex 32',
    });
  }
  return secret;
}
