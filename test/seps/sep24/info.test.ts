import { describe, expect, it } from 'vitest';
import { ISSUER, useTestAnchor } from '../../support/anchor.ts';
import { walletOf } from './client.ts';

const PATHS = [
  ['GET', '/sep24/info'],
  ['POST', '/sep24/transactions/deposit/interactive'],
  ['POST', '/sep24/transactions/withdraw/interactive'],
  ['GET', '/sep24/transactions'],
  ['GET', '/sep24/transaction'],
] as const;

describe('SEP-24 /info', () => {
  const anchor = useTestAnchor({
    assets: [
      { code: 'native', issuer: '', withdrawal_enabled: 0, deposit_max_units: null },
      { code: 'OFF', sep24_enabled: 0 },
      { code: 'FREE', deposit_fee_fixed_units: 0n, deposit_fee_minimum_units: 5_000_000n },
    ],
  });

  it('is public and lists each asset by code with numbers only (S24-01, S24-02, S24-03, S24-04, S24-05)', async () => {
    const answer = await anchor.request('/sep24/info?lang=xx');
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as Record<string, Record<string, Record<string, unknown>>>;
    expect(Object.keys(body)).toEqual(['deposit', 'withdraw', 'fee', 'features']);
    expect(Object.keys(body['deposit'] ?? {}).sort()).toEqual(['FREE', 'SRT', 'native']);
    expect(body['deposit']?.['SRT']).toEqual({
      enabled: true,
      min_amount: 1,
      max_amount: 10000,
      fee_fixed: 1,
      fee_percent: 0.1,
    });
    expect(body['deposit']?.['native']).not.toHaveProperty('max_amount');
    expect(body['deposit']?.['FREE']).toMatchObject({ fee_fixed: 0, fee_minimum: 0.5 });
    expect(JSON.stringify(body)).not.toContain('null');
  });

  it('tells features and the fee endpoint, and only that a switched-off asset is off (S24-07, S24-08, S24-09)', async () => {
    const body = (await (await anchor.request('/sep24/info')).json()) as Record<
      string,
      Record<string, unknown>
    >;
    expect(body['fee']).toEqual({ enabled: false });
    expect(body['features']).toEqual({ account_creation: true, claimable_balances: true });
    expect(body['withdraw']?.['native']).toEqual({ enabled: false });
    const wallet = walletOf(anchor);
    expect((await wallet.post('withdraw', { asset_code: 'native' })).status).toBe(400);
    expect((await wallet.post('deposit', { asset_code: 'OFF', asset_issuer: ISSUER })).status).toBe(400);
    expect((await wallet.ask('/sep24/fee?operation=deposit&asset_code=SRT&amount=1')).status).toBe(404);
  });

  it.each(PATHS)(
    'answers preflight, and errors with CORS too: %s %s (SC-02, SC-04, SC-05)',
    async (method, path) => {
      const preflight = await anchor.request(path, {
        method: 'OPTIONS',
        headers: { origin: 'https://wallet.example' },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
      const wrong = await anchor.request(path, { method: 'DELETE' });
      expect(wrong.status).toBe(405);
      for (const answer of [
        preflight,
        wrong,
        await anchor.request(path, { method }),
        await anchor.request('/sep24/x'),
      ]) {
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      }
    },
  );
});

describe('SEP-24 /fee', () => {
  const anchor = useTestAnchor({
    integrations: { fee: ({ amount }) => (amount === '13' ? 'much' : '2.50') },
  });

  it('is there when only code knows the fee (S24-05, S24-07, S24-76)', async () => {
    const info = (await (await anchor.request('/sep24/info')).json()) as Record<
      string,
      Record<string, object>
    >;
    expect(info['fee']).toEqual({ enabled: true, authentication_required: true });
    expect(Object.keys(info['deposit']?.['SRT'] ?? {})).toEqual(['enabled', 'min_amount', 'max_amount']);
    const wallet = walletOf(anchor);
    const fee = (query: string) => wallet.ask(`/sep24/fee?${query}`);
    expect((await fee('operation=deposit&asset_code=SRT&amount=100')).body).toEqual({ fee: 2.5 });
    expect((await anchor.request('/sep24/fee?operation=deposit&asset_code=SRT&amount=100')).status).toBe(403);
    for (const bad of [
      '',
      'operation=send&asset_code=SRT&amount=1',
      'operation=deposit&amount=1',
      'operation=withdraw&asset_code=SRT&amount=-1',
    ]) {
      const answer = await fee(bad);
      expect([answer.status, typeof answer.body['error']]).toEqual([400, 'string']);
    }
    const broken = await fee('operation=deposit&asset_code=SRT&amount=13');
    expect(broken.status).toBe(500);
    expect(broken.text).not.toContain('much');
  });
});
