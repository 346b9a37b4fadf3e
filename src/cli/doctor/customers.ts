import { systemIds } from '../../kernel/ids.ts';
import { encodeStrKey } from '../../kernel/strkey.ts';
import type { Fetch } from '../../stellar/port.ts';
import { login } from '../../wallet/login.ts';
import { type Finding, fail, ok } from './check.ts';

type Toml = Record<string, unknown>;
type Get = (url: string, init?: RequestInit) => Promise<Response>;

/** SEP-12 as a wallet finds it: shut without a token, and for a stranger a list of what is needed, without an id (S12-01, S12-12). */
export async function checkCustomers(
  fetch: Fetch,
  get: Get,
  homeUrl: string,
  toml: Toml,
): Promise<Finding[]> {
  const server = toml.KYC_SERVER;
  if (typeof server !== 'string') return [ok('sep12', 'not offered')];
  const url = `${server}/customer`;
  const preflight = await get(url, {
    method: 'OPTIONS',
    headers: { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' },
  });
  const cors = preflight.status < 300 && preflight.headers.get('access-control-allow-origin') === '*';
  const findings = [
    cors
      ? ok('sep12_cors')
      : fail('sep12_cors', `OPTIONS ${url} answers ${preflight.status} without CORS headers.`),
  ];
  const shut = await get(url);
  if (shut.status !== 401 && shut.status !== 403) {
    return [...findings, fail('sep12', `${url} answers ${shut.status} without a token, not 401.`)];
  }
  const { WEB_AUTH_ENDPOINT: auth, SIGNING_KEY: key, NETWORK_PASSPHRASE: passphrase } = toml;
  if (typeof auth !== 'string' || typeof key !== 'string' || typeof passphrase !== 'string') {
    return [...findings, fail('sep12', 'Nobody can log in: WEB_AUTH_ENDPOINT or SIGNING_KEY is missing.')];
  }
  const seed = encodeStrKey('seed', systemIds.bytes(32));
  const token = await login(
    { seed, homeUrl, fetch },
    { webAuthEndpoint: auth, signingKey: key, networkPassphrase: passphrase },
  );
  const answer = await get(url, { headers: { authorization: `Bearer ${token}` } });
  const body = (await answer.json()) as { id?: unknown; status?: unknown; fields?: unknown };
  const fine =
    answer.status === 200 &&
    body.id === undefined &&
    body.status === 'NEEDS_INFO' &&
    typeof body.fields === 'object';
  return [
    ...findings,
    fine
      ? ok('sep12', `${url}: ${Object.keys(body.fields as object).join(', ')}`)
      : fail('sep12', `${url} tells a stranger ${answer.status} ${String(body.status)}, not what is needed.`),
  ];
}
