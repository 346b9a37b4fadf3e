import { type AnchorError, badInput } from '../../kernel/errors.ts';
import { verify } from '../../stellar/keys.ts';
import type { Fields } from '../shared/body.ts';
import { bearerToken } from '../shared/principal.ts';

/** The query parameters that the header's token repeats (S10-28). */
const PARAMETERS = ['account', 'memo', 'home_domain', 'client_domain'] as const;
const CLOCK_SKEW_SECONDS = 60;

const invalid = (what: string): AnchorError =>
  badInput('AUTHORIZATION_INVALID', `The Authorization header of this request ${what}.`);

export interface AuthorizationInput {
  /** the header as it came */
  header: string;
  query: Fields;
  /** `WEB_AUTH_ENDPOINT` */
  endpoint: string;
  /** `G…`: the client domain's signing key where there is one, else the account's own (S10-27) */
  key: string;
  /** Unix seconds */
  now: number;
}

/**
 * The header by which a wallet may vouch for its request of a challenge (SEP-10 v3.4). This server demands none, but one that is
 * there must be right (S10-25).
 *
 * @throws AUTHORIZATION_INVALID (400)
 */
export function checkAuthorization(input: AuthorizationInput): void {
  const token = bearerToken(input.header);
  if (token === null) throw invalid('is not Bearer and a token');
  const [header = '', payload = '', signature = ''] = token.split('.');
  // pinned: the token does not choose how it is checked
  if (parse(header)['alg'] !== 'EdDSA') throw invalid('is not signed with EdDSA');
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify(input.key, signed, Buffer.from(signature, 'base64url'))) {
    throw invalid('is not signed by the client domain, or without one by the account');
  }
  checkClaims(parse(payload), input);
}

function checkClaims(claims: Record<string, unknown>, { query, endpoint, now }: AuthorizationInput): void {
  const { iat, exp } = claims;
  if (typeof iat !== 'number' || typeof exp !== 'number') throw invalid('has no iat or exp');
  if (now >= exp || iat > now + CLOCK_SKEW_SECONDS) throw invalid('is not valid now');
  if (claims['web_auth_endpoint'] !== endpoint) throw invalid('is for another server');
  for (const name of PARAMETERS) {
    const claim = claims[name] ?? '';
    if (String(claim) !== (query[name] ?? '')) throw invalid(`disagrees with the parameter ${name}`);
  }
}

function parse(part: string): Record<string, unknown> {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown;
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw invalid('is no JSON Web Token');
}
