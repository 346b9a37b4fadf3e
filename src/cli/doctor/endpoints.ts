import { parse } from 'smol-toml';
import { systemIds } from '../../kernel/ids.ts';
import { encodeStrKey } from '../../kernel/strkey.ts';
import type { Fetch } from '../../stellar/port.ts';
import { type Finding, fail, guarded, ok, warn } from './check.ts';
import { checkCustomers } from './customers.ts';
import { checkDirectPayments } from './direct-payments.ts';
import { checkQuotes } from './quotes.ts';

const TIMEOUT_MS = 10_000;
const TOML_BYTES = 100_000;

type Toml = Record<string, unknown>;

/** Looks at an anchor as a wallet does: from outside, by its address alone (S1-01 to S1-04, S10, S24). */
export async function checkEndpoints(fetch: Fetch, homeUrl: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  let toml: Toml | null = null;
  findings.push(
    ...(await guarded('stellar_toml', async () => {
      const read = await readToml(fetch, homeUrl);
      toml = read.toml;
      return read.findings;
    })),
  );
  if (toml === null) return findings;
  findings.push(...(await guarded('sep10', () => checkLogin(fetch, homeUrl, toml as Toml))));
  findings.push(...(await guarded('sep24', () => checkInteractive(fetch, toml as Toml))));
  findings.push(...(await guarded('sep6', () => checkProgrammatic(fetch, toml as Toml))));
  const browse = (url: string, init?: RequestInit) => get(fetch, url, init);
  findings.push(...(await guarded('sep12', () => checkCustomers(fetch, browse, homeUrl, toml as Toml))));
  findings.push(...(await guarded('sep31', () => checkDirectPayments(browse, toml as Toml))));
  findings.push(...(await guarded('sep38', () => checkQuotes(browse, toml as Toml))));
  return findings;
}

async function get(fetch: Fetch, url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, {
    ...init,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { origin: 'https://wallet.example', ...init.headers },
  });
}

const allowsAll = (answer: Response): boolean => answer.headers.get('access-control-allow-origin') === '*';

async function readToml(fetch: Fetch, homeUrl: string): Promise<{ toml: Toml | null; findings: Finding[] }> {
  const url = `${homeUrl}/.well-known/stellar.toml`;
  const answer = await get(fetch, url);
  if (answer.status !== 200) {
    return { toml: null, findings: [fail('stellar_toml', `${url} answers ${answer.status}, not 200.`)] };
  }
  const text = await answer.text();
  const findings: Finding[] = [];
  if (Buffer.byteLength(text) > TOML_BYTES)
    findings.push(fail('stellar_toml_size', 'It is larger than 100 KB.'));
  if (!(answer.headers.get('content-type') ?? '').startsWith('text/plain')) {
    findings.push(warn('stellar_toml_type', 'Its content type should be text/plain.'));
  }
  findings.push(
    allowsAll(answer)
      ? ok('stellar_toml_cors')
      : fail(
          'stellar_toml_cors',
          'Access-Control-Allow-Origin: * is missing: wallets in browsers cannot read it.',
        ),
  );
  const toml = parse(text) as Toml;
  const lacking = ['NETWORK_PASSPHRASE', 'SIGNING_KEY', 'CURRENCIES', 'DOCUMENTATION'].filter(
    (key) => !(key in toml),
  );
  findings.push(
    lacking.length === 0 ? ok('stellar_toml', url) : warn('stellar_toml', `It lacks ${lacking.join(', ')}.`),
  );
  findings.push(...insecure(toml));
  return { toml, findings };
}

function insecure(toml: Toml): Finding[] {
  const plain = Object.entries(toml).filter(
    ([key, value]) => /_(?:SERVER|ENDPOINT)/.test(key) && typeof value === 'string' && isInsecure(value),
  );
  return plain.map(([key, value]) =>
    fail(`https_${key}`, `${key} is ${String(value)}: it must be https. Change HOST_URL.`),
  );
}

function isInsecure(value: string): boolean {
  if (!URL.canParse(value)) return true;
  const url = new URL(value);
  return url.protocol !== 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}

async function checkLogin(fetch: Fetch, homeUrl: string, toml: Toml): Promise<Finding> {
  const endpoint = toml.WEB_AUTH_ENDPOINT;
  if (typeof endpoint !== 'string') return ok('sep10', 'not offered');
  const account = encodeStrKey('account', systemIds.bytes(32));
  const home = new URL(homeUrl).host;
  const answer = await get(fetch, `${endpoint}?account=${account}&home_domain=${encodeURIComponent(home)}`);
  const body = (await answer.json()) as {
    transaction?: unknown;
    network_passphrase?: unknown;
    error?: unknown;
  };
  if (answer.status !== 200 || typeof body.transaction !== 'string') {
    return fail('sep10', `${endpoint} gives no challenge: ${answer.status} ${String(body.error ?? '')}`);
  }
  if (body.network_passphrase !== toml.NETWORK_PASSPHRASE) {
    return fail('sep10', 'The network of the challenge is not that of stellar.toml.');
  }
  return allowsAll(answer)
    ? ok('sep10', endpoint)
    : fail('sep10', 'Access-Control-Allow-Origin: * is missing.');
}

/** SEP-6 (S6-02, S6-03, S6-06): what wallets and the test suite read of /info, and that nothing is told without a token. */
async function checkProgrammatic(fetch: Fetch, toml: Toml): Promise<Finding[]> {
  const server = toml.TRANSFER_SERVER;
  if (typeof server !== 'string') return [ok('sep6', 'not offered')];
  const answer = await get(fetch, `${server}/info`);
  const body = (await answer.json()) as Record<
    string,
    Record<string, { enabled?: unknown; types?: unknown }>
  >;
  const lacking = ['deposit', 'withdraw', 'fee', 'transaction', 'transactions'].filter((key) => !body[key]);
  if (answer.status !== 200 || lacking.length > 0) {
    return [
      fail('sep6', `${server}/info answers ${answer.status} and lacks ${lacking.join(', ') || 'nothing'}.`),
    ];
  }
  const { deposit = {}, withdraw = {} } = body;
  const bare = Object.entries(withdraw).filter(([, entry]) => entry.enabled && !entry.types);
  const assets = [...new Set([...Object.keys(deposit), ...Object.keys(withdraw)])];
  const findings: Finding[] = [
    assets.length === 0
      ? warn('sep6', 'It offers no asset. For one: anchor assets set CODE --seps 6')
      : ok('sep6', `${server}: ${assets.join(', ')}`),
  ];
  if (bare.length > 0) {
    findings.push(
      warn('sep6_types', `Withdrawals of ${bare.map(([code]) => code).join(', ')} list no types.`),
    );
  }
  const open = await get(
    fetch,
    `${server}/transactions?asset_code=${encodeURIComponent(assets[0] ?? 'native')}`,
  );
  findings.push(
    open.status === 403
      ? ok('sep6_auth')
      : fail('sep6_auth', `${server}/transactions answers ${open.status} without a token, not 403.`),
  );
  findings.push(
    allowsAll(answer) && allowsAll(open)
      ? ok('sep6_cors')
      : fail('sep6_cors', 'Access-Control-Allow-Origin: * is missing: wallets in browsers cannot use it.'),
  );
  return findings;
}

async function checkInteractive(fetch: Fetch, toml: Toml): Promise<Finding[]> {
  const server = toml.TRANSFER_SERVER_SEP0024;
  if (typeof server !== 'string') return [ok('sep24', 'not offered')];
  const answer = await get(fetch, `${server}/info`);
  const body = (await answer.json()) as { deposit?: object; withdraw?: object };
  if (answer.status !== 200 || body.deposit === undefined || body.withdraw === undefined) {
    return [fail('sep24', `${server}/info answers ${answer.status} without deposit and withdraw.`)];
  }
  const preflight = await get(fetch, `${server}/transactions`, {
    method: 'OPTIONS',
    headers: { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
  });
  const assets = [...new Set([...Object.keys(body.deposit), ...Object.keys(body.withdraw)])];
  return [
    assets.length === 0
      ? warn('sep24', 'It offers no asset.')
      : ok('sep24', `${server}: ${assets.join(', ')}`),
    preflight.status < 300 && allowsAll(preflight)
      ? ok('sep24_cors')
      : fail(
          'sep24_cors',
          `OPTIONS ${server}/transactions answers ${preflight.status} without CORS headers.`,
        ),
  ];
}
