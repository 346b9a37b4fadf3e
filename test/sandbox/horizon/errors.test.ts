import { Keypair } from '@stellar/stellar-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Net } from '../support.ts';

const STRANGER = 'GDYZGDQRI347THN63NOQIJFWDD4ACAFM6II377KEJ7OPG2URVLU4CQV2';
const HASH = 'ab'.repeat(32);
const BALANCE = `00000000${HASH}`;

/** Every kind of bad text that a parameter or a part of a path may be. */
const BAD = [
  'GABC',
  'abc',
  '-1',
  '0',
  '1.5',
  '1e9',
  '99999999999999999999999999',
  '%00',
  '%ff%fe',
  '%',
  '%E2%80%AE',
  'é',
  "'; drop table--",
  '../../etc',
  'null',
  'undefined',
  '[object Object]',
  'A'.repeat(5000),
  HASH,
  STRANGER,
  `${STRANGER.slice(0, -1)}A`,
  'MDUN4V2R2WHXWBLWMM5JTNB4UKKXXRZCZTAZETSGYDUUIIA5N5MKMAAAAAAAAAAAAVEEK',
  '__proto__',
  'constructor',
];

const PATHS = [
  '/accounts/{}',
  '/accounts/{}/payments',
  '/accounts/{}/transactions',
  '/accounts/{}/operations',
  '/accounts/{}/effects',
  '/accounts/{}/offers',
  '/accounts/{}/trades',
  '/accounts/{}/data/k',
  `/accounts/${STRANGER}/data/{}`,
  '/accounts/{}/nope',
  '/operations/{}',
  '/operations/{}/effects',
  '/transactions/{}',
  '/transactions/{}/operations',
  '/transactions/{}/payments',
  '/transactions/{}/effects',
  '/ledgers/{}',
  '/ledgers/{}/transactions',
  '/ledgers/{}/operations',
  '/ledgers/{}/payments',
  '/ledgers/{}/effects',
  '/claimable_balances/{}',
  '/claimable_balances/{}/operations',
  '/claimable_balances/{}/transactions',
  '/offers/{}',
  '/offers/{}/trades',
  '/{}',
  '/liquidity_pools/{}',
];

const QUERIES = [
  '/accounts?signer={}',
  '/accounts?asset={}',
  '/accounts?sponsor={}',
  '/accounts?liquidity_pool={}',
  '/assets?asset_code={}',
  '/assets?asset_issuer={}',
  '/assets?cursor={}',
  '/claimable_balances?asset={}',
  '/claimable_balances?claimant={}',
  '/claimable_balances?sponsor={}',
  '/claimable_balances?cursor={}',
  '/offers?seller={}',
  '/offers?selling={}',
  '/offers?cursor={}',
  '/offers?selling_asset_type={}',
  '/order_book?selling_asset_type={}&buying_asset_type=native',
  '/paths/strict-receive?source_account={}&destination_asset_type=native&destination_amount=1',
  `/paths/strict-receive?source_account=${STRANGER}&destination_asset_type=native&destination_amount={}`,
  '/paths/strict-send?source_asset_type=native&source_amount={}&destination_assets=native',
  '/paths/strict-send?source_asset_type=native&source_amount=1&destination_assets={}',
  '/trades?base_asset_type={}',
  '/trades?offer_id={}',
  '/ledgers?cursor={}',
  '/ledgers?limit={}',
  '/ledgers?order={}',
  '/payments?cursor={}',
  '/payments?join={}',
  '/payments?include_failed={}',
  '/payments?limit={}',
  '/effects?cursor={}',
  '/transactions?cursor={}',
  '/operations?order={}',
  '/friendbot?addr={}',
];

describe('bad input', () => {
  const net = new Net({ submitTimeoutMs: 1 });
  let known: string;
  beforeAll(() => {
    known = net.account().publicKey();
  });
  afterAll(() => net.sandbox.close());

  const statusOf = async (path: string, init: RequestInit = {}) => {
    const response = await net.sandbox.fetch(`http://localhost${path}`, init);
    const text = await response.text();
    if (response.status >= 400 && text !== '') {
      expect(response.headers.get('content-type'), path).toContain('application/problem+json');
      expect(JSON.parse(text).status).toBe(response.status);
    }
    return response.status;
  };

  it('never answers 5xx, whatever stands in the path', async () => {
    const before = net.sandbox.ledger.header.hash;
    for (const path of PATHS) {
      for (const bad of BAD) {
        const status = await statusOf(path.replace('{}', bad));
        expect(status, `${path} ${bad.slice(0, 40)}`).toBeLessThan(500);
      }
    }
    expect(net.sandbox.ledger.header.hash).toBe(before);
  });

  it('never answers 5xx, whatever stands in the query', async () => {
    for (const path of QUERIES) {
      for (const bad of BAD) {
        if (path.startsWith('/friendbot') && bad === STRANGER) continue;
        const status = await statusOf(path.replace('{}', bad));
        expect(status, `${path} ${bad.slice(0, 40)}`).toBeLessThan(500);
      }
    }
  });

  it('says which field of a request is invalid', async () => {
    const { status, body } = await net.get('/accounts/GABC');
    expect(status).toBe(400);
    expect(body.extras).toEqual({
      invalid_field: 'account_id',
      reason: 'Account ID must start with `G` and contain 56 alphanum characters',
    });
  });

  it.each([
    ['/accounts/GABC', 400],
    [`/accounts/${STRANGER}`, 404],
    [`/accounts/${STRANGER}/payments`, 404],
    ['/transactions/xyz', 400],
    [`/transactions/${HASH}`, 404],
    [`/transactions/${HASH.toUpperCase()}`, 400],
    ['/operations/abc', 400],
    ['/operations/1', 410],
    ['/operations/9000000000000000000', 404],
    ['/ledgers/abc', 400],
    ['/ledgers/0', 400],
    ['/ledgers/2000000000', 404],
    ['/claimable_balances/xyz', 400],
    [`/claimable_balances/${BALANCE}`, 404],
    ['/offers/0', 400],
    ['/offers/77', 404],
    ['/liquidity_pools', 404],
    ['/nope', 404],
    ['/payments?limit=201', 400],
    ['/payments?limit=0', 400],
    ['/payments?limit=x', 400],
    ['/payments?order=up', 400],
    ['/payments?join=effects', 400],
    ['/payments?include_failed=maybe', 400],
    ['/assets?asset_issuer=GABC', 400],
  ])('answers %s with %i', async (path, status) => {
    expect(await statusOf(path)).toBe(status);
  });

  it('answers other methods with 405 and unknown formats with 406', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD']) {
      const response = await net.sandbox.fetch(`http://localhost/accounts/${known}`, { method });
      expect(response.status).toBe(405);
      expect(await response.text()).toBe('');
    }
    expect(await statusOf(`/accounts/${known}`, { headers: { accept: 'text/html' } })).toBe(406);
    expect(await statusOf(`/accounts/${known}`, { headers: { accept: 'text/html;q=0.9, */*;q=0.1' } })).toBe(
      200,
    );
    expect(await statusOf('/', { headers: { accept: '' } })).toBe(200);
  });

  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  it.each([
    ['', form, 400],
    ['foo=bar', form, 400],
    ['tx=AAAA', form, 400],
    ['tx=%%%', form, 400],
    ['tx=', form, 400],
    ['tx=AAAA&tx=BBBB', form, 400],
    [`tx=${'A'.repeat(400_000)}`, form, 400],
    [`tx=${'A'.repeat(1_100_000)}`, form, 413],
    ['{"tx":"AAAA"}', { 'content-type': 'application/json' }, 415],
    ['tx=AAAA', { 'content-type': 'text/plain' }, 415],
    ['x', { 'content-type': 'multipart/form-data' }, 400],
  ])('refuses the body %#', async (body, headers, status) => {
    for (const path of ['/transactions', '/transactions_async']) {
      expect(await statusOf(path, { method: 'POST', body, headers })).toBe(status);
    }
    expect(net.sandbox.ledger.pending()).toEqual([]);
  });

  it('echoes a malformed envelope', async () => {
    const { body } = await net.submit('AAAA');
    expect(body.type).toMatch(/transaction_malformed$/);
    expect(body.extras).toEqual({ envelope_xdr: 'AAAA' });
  });

  it('answers an address that friendbot cannot use with 400 and funds nothing', async () => {
    const answer = await net.get(`/friendbot?addr=${Keypair.random().secret()}`);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).not.toMatch(/S[A-Z2-7]{55}/);
    expect(net.sandbox.ledger.pending()).toEqual([]);
  });
});

describe('headers', () => {
  const net = new Net();
  afterAll(() => net.sandbox.close());

  it('sends Latest-Ledger where the answer is about state, also with an error', async () => {
    const root = net.root.publicKey();
    for (const path of [
      `/accounts/${root}`,
      `/accounts/${STRANGER}`,
      '/assets',
      '/claimable_balances',
      '/offers',
    ]) {
      expect((await net.get(path)).headers.get('latest-ledger'), path).toBe('1');
    }
    for (const path of ['/', '/payments', '/ledgers', '/fee_stats', `/accounts/${STRANGER}/payments`]) {
      expect((await net.get(path)).headers.has('latest-ledger'), path).toBe(false);
    }
  });

  it('lets any origin read and send X-Client-Name', async () => {
    const origin = 'https://wallet.example';
    const plain = await net.get('/', { origin });
    expect(plain.headers.get('access-control-allow-origin')).toBe(origin);
    expect(plain.headers.get('access-control-expose-headers')).toBe('Date, Latest-Ledger');
    const preflight = await net.sandbox.fetch('http://localhost/transactions', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-client-name',
      },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('X-Client-Name');
    expect(preflight.headers.get('access-control-allow-methods')).toBe('POST');
  });

  it('answers the same with a slash at the end', async () => {
    const path = `/accounts/${net.root.publicKey()}`;
    expect((await net.get(`${path}/`)).body).toEqual((await net.get(path)).body);
  });
});
