import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reconcile } from '../../../src/jobs/reconcile/index.ts';
import { startTestAnchor, type TestAnchor } from '../../../src/testing.ts';

describe('an untouched project on the sandbox', () => {
  let anchor: TestAnchor;
  let root: string;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'reconcile-'));
    writeFileSync(join(root, 'anchor.toml'), '[organization]\nname = "Nordlicht Bank"\n');
    anchor = await startTestAnchor({ root });
  }, 60_000);
  afterAll(async () => {
    await anchor?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  const { signal } = new AbortController();

  it('agrees as it was set up: its own transactions are on the books (R3)', async () => {
    const report = await reconcile(anchor.context, { signal });
    expect(report.list()).toEqual([]);
    expect(report.compared.transactions).toBeGreaterThan(0);
  }, 60_000);

  it('agrees after deposits and withdrawals, while every job runs (M1 to M6)', async () => {
    const transfer = (amount: string) => ({ asset: anchor.asset, amount, timeoutMs: 30_000 });
    await anchor.wallet.deposit(transfer('100'));
    await anchor.wallet.deposit(transfer('250.5'));
    await anchor.wallet.withdraw(transfer('50'));
    const report = await reconcile(anchor.context, { signal });
    expect(report.list()).toEqual([]);
    expect(report.compared.credits).toBe(2);
    expect(report.compared.obligations).toBeGreaterThanOrEqual(3);
  }, 60_000);
});
