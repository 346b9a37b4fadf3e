import { describe, expect, it } from 'vitest';
import { sep6 } from '../../../src/seps/sep06-transfer/index.ts';
import { useTestAnchor } from '../../support/anchor.ts';
import { QUOTES } from '../sep38/client.ts';
import { walletOf } from './client.ts';

type Body = Record<string, Record<string, Record<string, unknown>>>;
const SEPS = [1, 6, 10] as const;
const PATHS = ['info', 'deposit', 'withdraw', 'transaction', 'transactions', 'transactions/x'];

describe('SEP-6 /info', () => {
  const anchor = useTestAnchor({
    project: { seps: SEPS },
    assets: [
      { code: 'native', issuer: '', withdrawal_enabled: 0, deposit_max_units: null },
      { code: 'OFF', sep6_enabled: 0 },
    ],
  });
  const info = async (query = '') => (await (await anchor.request(`/sep6/info${query}`)).json()) as Body;

  it('is public, with every key that wallets read (S6-03, S6-05, S6-08)', async () => {
    const answer = await anchor.request('/sep6/info?lang=xx');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
    const body = (await answer.json()) as Body;
    expect(Object.keys(body).sort()).toEqual([
      'deposit',
      'deposit-exchange',
      'features',
      'fee',
      'transaction',
      'transactions',
      'withdraw',
      'withdraw-exchange',
    ]);
    expect(body['fee']).toEqual({ enabled: false, description: expect.any(String) });
    expect(body['transaction']).toEqual({ enabled: true, authentication_required: true });
    expect(body['transactions']).toEqual({ enabled: true, authentication_required: true });
    expect(body['features']).toEqual({ account_creation: true, claimable_balances: true });
    expect([body['deposit-exchange'], body['withdraw-exchange']]).toEqual([{}, {}]);
    expect(JSON.stringify(body)).not.toContain('null');
  });

  it('lists assets with their methods, limits and fees, and the older fields and types (S6-04, S6-06, S6-07)', async () => {
    const { deposit, withdraw } = await info();
    expect(deposit?.['SRT']).toEqual({
      enabled: true,
      authentication_required: true,
      funding_methods: ['bank_account'],
      min_amount: 1,
      max_amount: 10000,
      fee_fixed: 1,
      fee_percent: 0.1,
      fields: { type: { description: expect.any(String), optional: true, choices: ['bank_account'] } },
    });
    expect(withdraw?.['SRT']).toMatchObject({
      enabled: true,
      funding_methods: ['bank_account'],
      types: { bank_account: { fields: { dest: { description: expect.any(String) } } } },
    });
    expect(withdraw?.['native']).toEqual({ enabled: false });
    expect(deposit).not.toHaveProperty('OFF');
  });

  it('describes in the language asked for (S6-07, SC-26)', async () => {
    const described = async (lang: string) =>
      JSON.stringify((await info(`?lang=${lang}`))['withdraw']?.['SRT']?.['types']);
    const texts = await Promise.all(['en', 'es', 'pt', 'fr', 'id'].map(described));
    expect(new Set(texts).size).toBe(5);
    expect(await described('zz')).toBe(texts[0]);
  });

  it('refuses what is switched off (S6-P01, S6-P15)', async () => {
    const wallet = walletOf(anchor);
    expect((await wallet.withdraw({ asset_code: 'native' })).status).toBe(400);
    expect((await wallet.deposit({ asset_code: 'OFF' })).status).toBe(400);
    expect((await wallet.get('fee', { operation: 'deposit', asset_code: 'SRT', amount: '1' })).status).toBe(
      404,
    );
    expect((await wallet.get('deposit-exchange', {})).status).toBe(404);
  });

  it('names itself in stellar.toml (S6-03)', () => {
    expect(sep6.toml(anchor.ctx)).toEqual({ TRANSFER_SERVER: 'http://localhost:8000/sep6' });
  });

  it.each(PATHS)('answers preflight, and errors with CORS too: %s (SC-02, SC-04, SC-05)', async (path) => {
    const preflight = await anchor.request(`/sep6/${path}`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    const wrong = await anchor.request(`/sep6/${path}`, { method: 'DELETE' });
    expect(wrong.status).toBe(405);
    for (const answer of [
      preflight,
      wrong,
      await anchor.request(`/sep6/${path}`),
      await anchor.request('/sep6/x'),
    ]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });
});

describe('SEP-6 /info with SEP-12, SEP-38 and coded fees', () => {
  const anchor = useTestAnchor({
    project: { seps: [1, 6, 10, 12, 38], quotes: QUOTES },
    assets: [{ code: 'OWN', sep38_enabled: 1 }],
    integrations: { fee: ({ amount }) => (amount === '13' ? 'much' : '2.50') },
  });

  it('asks for nothing that SEP-12 asks, and lists exchanges with their delivery methods (S6-04, S6-19, S6-25)', async () => {
    const body = (await (await anchor.request('/sep6/info')).json()) as Body;
    expect(body['withdraw']?.['SRT']?.['types']).toEqual({ bank_account: { fields: {} } });
    expect(body['deposit']?.['SRT']).not.toHaveProperty('fee_fixed');
    expect(Object.keys(body['deposit-exchange'] ?? {})).toEqual(['OWN']);
    expect(body['deposit-exchange']?.['OWN']?.['funding_methods']).toEqual([
      'bank_account',
      'PIX',
      'cash',
      'SEPA',
    ]);
    expect(body['withdraw-exchange']?.['OWN']?.['funding_methods']).toEqual([
      'bank_account',
      'PIX',
      'ACH',
      'SEPA',
    ]);
    expect(body['fee']).toMatchObject({ enabled: true, authentication_required: true });
  });

  it('/fee tells what code counts (S6-41)', async () => {
    const wallet = walletOf(anchor);
    const good = { operation: 'withdraw', asset_code: 'SRT', amount: '100', type: 'SEPA' };
    expect((await wallet.get('fee', good)).body).toEqual({ fee: 2.5 });
    expect((await anchor.request(`/sep6/fee?${new URLSearchParams(good)}`)).status).toBe(403);
    for (const bad of [
      {},
      { ...good, operation: 'send' },
      { ...good, asset_code: 'NOPE' },
      { ...good, asset_code: '' },
      { ...good, amount: '-1' },
      { ...good, amount: '1e9' },
      { ...good, amount: '0' },
    ]) {
      const answer = await wallet.get('fee', bad);
      expect([answer.status, typeof answer.body['error']]).toEqual([400, 'string']);
    }
    const broken = await wallet.get('fee', { ...good, amount: '13' });
    expect(broken.status).toBe(500);
    expect(broken.text).not.toContain('much');
  });
});
