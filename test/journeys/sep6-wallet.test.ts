import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnchor, type TestAnchor } from '../../src/testing.ts';

// Our own wallet, without pages, against anchors with and without SEP-12 and SEP-24: what the tests of a generated project do.

describe.each([[[1, 6, 10]], [[1, 6, 10, 12]], [[1, 6, 10, 12, 24, 38]]])(
  'a project with SEPs %j',
  (seps) => {
    let anchor: TestAnchor;
    let root: string;
    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'sep6-'));
      writeFileSync(
        join(root, 'anchor.toml'),
        `seps = ${JSON.stringify(seps)}\n[organization]\nname = "Nordlicht Bank"\n`,
      );
      anchor = await startTestAnchor({ root });
    }, 60_000);
    afterAll(async () => {
      await anchor?.stop();
      rmSync(root, { recursive: true, force: true });
    });

    it('deposits and withdraws to completion (S6-09, S6-17, S6-36, S6-39)', { timeout: 60_000 }, async () => {
      const request = { asset: anchor.asset, sep: 6 as const, timeoutMs: 30_000 };
      const steps: string[] = [];
      const onStep = ({ text }: { text: string }) => steps.push(text);
      const deposit = await anchor.wallet.deposit({ ...request, amount: '100', onStep });
      expect(deposit.status).toBe('completed');
      expect(Number(deposit.amount_in) - Number(deposit.amount_fee)).toBeCloseTo(
        Number(deposit.amount_out),
        7,
      );
      expect(steps.some((text) => text.startsWith('SEP-12'))).toBe(seps.includes(12));
      const withdrawal = await anchor.wallet.withdraw({ ...request, amount: '50' });
      expect(withdrawal.status).toBe('completed');
      const payout = (await anchor.context.project.integrations.testBank?.statement())?.find(
        ({ kind }) => kind === 'payout',
      );
      expect(payout).toMatchObject({ amount: withdrawal.amount_out, counterparty: '0123456789' });
    });
  },
);
