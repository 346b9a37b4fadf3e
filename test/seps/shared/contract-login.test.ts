import { describe, expect, it } from 'vitest';
import { parseSubject } from '../../../src/kernel/principal.ts';
import { CONTRACT, useTestAnchor } from '../../support/anchor.ts';
import { QUOTES } from '../sep38/client.ts';

const SEPS = [1, 6, 10, 12, 24, 31, 38, 45] as const;

describe('the login of a contract', () => {
  const anchor = useTestAnchor({
    project: { seps: SEPS, quotes: QUOTES },
    assets: [{ code: 'USDC', sep31_enabled: 1 }],
  });
  const id = '7d3f9c1e-9c3f-4c62-8a0b-0d6a1f0c7a11';
  const routes: [string, string, number][] = [
    ['GET', '/sep6/transactions?asset_code=SRT', 200],
    ['GET', `/sep6/transaction?id=${id}`, 404],
    ['GET', '/sep24/transactions?asset_code=SRT', 200],
    ['POST', '/sep24/transactions/withdraw/interactive', 400],
    ['GET', '/kyc/customer', 200],
    ['GET', `/sep31/transactions/${id}`, 404],
    ['GET', '/sep38/info', 200],
    ['GET', `/sep38/quote/${id}`, 404],
  ];

  it.each(routes)('opens %s %s as that of an account does (SC-19)', async (method, path, status) => {
    const headers = { authorization: `Bearer ${anchor.token(CONTRACT)}` };
    const answer = await anchor.request(path, { method, headers });
    expect(answer.status).toBe(status);
  });

  it('has no memo (SC-19)', async () => {
    expect(parseSubject(CONTRACT)).toMatchObject({ account: CONTRACT, memo: null, muxed: null });
    expect(parseSubject(`${CONTRACT}:7`)).toBeNull();
    const headers = { authorization: `Bearer ${anchor.token(`${CONTRACT}:7`)}` };
    expect((await anchor.request('/sep24/transactions?asset_code=SRT', { headers })).status).toBe(403);
    const own = { authorization: `Bearer ${anchor.token(CONTRACT)}` };
    expect((await anchor.request('/kyc/customer?memo=7&memo_type=id', { headers: own })).status).toBe(400);
  });
});
