import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeBank } from '../../src/rails/fake-bank/index.ts';
import { bankRoutes } from '../../src/web/bank/index.ts';
import { demoWalletRoutes } from '../../src/web/demo-wallet/index.ts';
import { createTestAnchor, type TestAnchor, type TestAnchorOptions } from '../support/anchor.ts';

const folder = mkdtempSync(join(tmpdir(), 'bank-'));
const open: TestAnchor[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((anchor) => anchor.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function counter(options: TestAnchorOptions = {}) {
  const bank = fakeBank(join(folder, 'bank.jsonl'));
  const anchor = await createTestAnchor({ integrations: { testBank: bank }, ...options });
  open.push(anchor);
  const app = bankRoutes(anchor.ctx);
  const pay = (body: unknown, headers: Record<string, string> = {}) =>
    app.request('http://localhost:8000/bank/pay', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { anchor, bank, app, pay };
}

describe('the counter of the test bank', () => {
  it('books what is paid in with a reference, and shows it', async () => {
    const { app, bank, pay } = await counter();
    const answer = await pay({ reference: 'ABCD1234', amount: '100.50' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ amount: '100.5', reference: 'ABCD1234' });
    expect(await bank.statement()).toMatchObject([
      { kind: 'credit', amount: '100.5', reference: 'ABCD1234' },
    ]);
    const page = await (await app.request('http://localhost:8000/bank')).text();
    expect(page).toContain('ABCD1234');
  });

  const bad: [string, unknown, number][] = [
    ['no amount', { reference: 'A' }, 400],
    ['zero', { reference: 'A', amount: '0' }, 400],
    ['three decimals', { reference: 'A', amount: '1.001' }, 400],
    ['an exponent', { reference: 'A', amount: '1e3' }, 400],
    ['no reference', { amount: '1' }, 400],
    ['a reference with markup', { reference: '<script>', amount: '1' }, 400],
    ['an unknown transaction', { transaction_id: '6c1a2b1e-3c55-4f4e-8a46-0d3f0a1f7f10', amount: '1' }, 404],
    ['an id that is none', { transaction_id: "' OR 1=1", amount: '1' }, 404],
    ['a list', [], 400],
    ['broken JSON', '{', 400],
  ];
  it.each(bad)('refuses %s and books nothing', async (_name, body, status) => {
    const { bank, pay } = await counter();
    const answer = await pay(body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: expect.any(String) });
    expect(await bank.statement()).toEqual([]);
  });

  it('refuses a form of another site, on a page that echoes nothing unescaped', async () => {
    const { app, bank, pay } = await counter();
    const foreign = await pay({ reference: 'A', amount: '1' }, { 'sec-fetch-site': 'cross-site' });
    expect(foreign.status).toBe(403);
    const page = await app.request('http://localhost:8000/bank/pay', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'reference=%22%3E%3Cscript%3E&amount=1',
    });
    expect(page.status).toBe(400);
    expect(await page.text()).not.toContain('"><script>');
    expect(await bank.statement()).toEqual([]);
  });

  it('does not exist on the public network, nor does the demo wallet beyond the sandbox', async () => {
    const { anchor } = await counter({ project: { network: 'public' } });
    for (const routes of [bankRoutes(anchor.ctx), demoWalletRoutes(anchor.ctx)]) {
      for (const path of ['/bank', '/bank/pay', '/demo-wallet', '/demo-wallet/open']) {
        const method = path.split('/').length > 2 ? 'POST' : 'GET';
        expect((await routes.request(`http://localhost:8000${path}`, { method })).status).toBe(404);
      }
    }
  });

  it('keeps the lists to the sandbox: on testnet there is only the form', async () => {
    const { app, bank } = await counter({ project: { network: 'testnet' } });
    await bank.pay({ amount: '5', reference: 'SECRET99', from: 'Somebody' });
    const page = await (await app.request('http://localhost:8000/bank')).text();
    expect(page).toContain('name="reference"');
    expect(page).not.toContain('SECRET99');
  });
});
