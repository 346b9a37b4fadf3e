import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RailsIntegration } from '../../../src/config/integrations.ts';
import { checkRails } from '../../../src/rails/conformance/index.ts';
import { RULES, type RuleId } from '../../../src/rails/conformance/rules.ts';
import { fakeBank } from '../../../src/rails/fake-bank/index.ts';
import { goodRails, type HttpBank, openHttpBank } from './http-bank.ts';

type Rails = ReturnType<typeof goodRails>;

const quick = { timeoutSeconds: 2, bookingSeconds: 0.1 };

/** Planted mistakes: the rule that has to catch each, and the adapter that makes it. */
const BROKEN: [
  RuleId,
  string,
  (good: Rails, bank: HttpBank) => RailsIntegration | Promise<RailsIntegration>,
][] = [
  [
    'RAILS-01',
    'answers something of its own',
    (good) => ({
      ...good,
      payout: async (order, ctx) => ({ ...(await good.payout(order, ctx)), status: 'ok' }) as never,
    }),
  ],
  [
    'RAILS-02',
    'counts in single precision',
    (good) => ({
      ...good,
      payout: (order, ctx) =>
        good.payout({ ...order, amount: String(Math.fround(Number(order.amount))) }, ctx),
    }),
  ],
  [
    'RAILS-02',
    'counts in cents by multiplication',
    (good) => ({
      ...good,
      payout: (order, ctx) =>
        good.payout({ ...order, amount: String(Math.trunc(Number(order.amount) * 100) / 100) }, ctx),
    }),
  ],
  [
    'RAILS-03',
    'makes a new key for each attempt',
    (good) => ({
      ...good,
      payout: (order, ctx) => good.payout({ ...order, key: crypto.randomUUID() }, ctx),
    }),
  ],
  [
    'RAILS-04',
    'looks first and then orders',
    (good, bank) => {
      const taken = new Map<string, string>();
      return {
        ...good,
        async payout(order, ctx) {
          if (!taken.has(order.key)) {
            await fetch(`${bank.url}/payouts/x`, { signal: ctx.signal });
            await good.payout({ ...order, key: crypto.randomUUID() }, ctx);
            taken.set(order.key, order.amount);
          }
          return { status: 'completed' };
        },
        lookupPayout: async (key) => (taken.has(key) ? { status: 'completed' } : { status: 'none' }),
      };
    },
  ],
  [
    'RAILS-05',
    'has the amount in its key',
    (good) => ({
      ...good,
      payout: (order, ctx) => good.payout({ ...order, key: `${order.key} ${order.amount}` }, ctx),
    }),
  ],
  [
    'RAILS-06',
    'takes the amount for the order',
    (good) => ({
      ...good,
      payout: (order, ctx) => good.payout({ ...order, key: order.amount }, ctx),
    }),
  ],
  ['RAILS-07', 'declares no number', (good) => ({ ...good, settleSeconds: Number.NaN })],
  [
    'RAILS-11',
    'takes an unknown key for rejected',
    (good) => ({
      ...good,
      async lookupPayout(key, ctx) {
        const found = await good.lookupPayout(key, ctx);
        return found.status === 'none' ? { status: 'rejected', reason: 'not found' } : found;
      },
    }),
  ],
  [
    'RAILS-12',
    'looks under another id',
    (good) => ({
      ...good,
      lookupPayout: (key, ctx) => good.lookupPayout(`P-${key}`, ctx),
    }),
  ],
  [
    'RAILS-13',
    'takes a failed look-up for none',
    (good) => ({
      ...good,
      lookupPayout: (key, ctx) => good.lookupPayout(key, ctx).catch(() => ({ status: 'none' })),
    }),
  ],
  [
    'RAILS-20',
    'takes a refused connection for a refusal',
    (good) => ({
      ...good,
      payout: (order, ctx) =>
        good.payout(order, ctx).catch((error) => ({ status: 'rejected', reason: String(error) })),
    }),
  ],
  [
    'RAILS-21',
    'takes a lost answer for a refusal',
    (good) => ({
      ...good,
      payout: (order, ctx) =>
        good.payout(order, ctx).catch((error) => {
          if (String(error).includes('refused')) throw error;
          return { status: 'rejected', reason: String(error) };
        }),
    }),
  ],
  [
    'RAILS-21',
    'orders again under another key when the answer gets lost',
    (good) => ({
      ...good,
      async payout(order, ctx) {
        try {
          return await good.payout(order, ctx);
        } catch {
          return good.payout({ ...order, key: `${order.key}-2` }, ctx);
        }
      },
    }),
  ],
  [
    'RAILS-22',
    'believes every answer',
    (good, bank) => ({
      ...good,
      async payout({ key, amount }, { signal }) {
        const headers = { 'idempotency-key': key };
        const body = JSON.stringify({ amount });
        await fetch(`${bank.url}/payouts`, { method: 'POST', headers, body, signal });
        return { status: 'accepted' };
      },
    }),
  ],
  [
    'RAILS-23',
    'does not hand the signal on',
    (good) => ({
      ...good,
      payout: (order, ctx) => good.payout(order, { ...ctx, signal: new AbortController().signal }),
    }),
  ],
  [
    'RAILS-30',
    'answers numbers',
    (good) => ({
      ...good,
      async pollDeposits(request, ctx) {
        const { credits, cursor } = await good.pollDeposits(request, ctx);
        return {
          credits: credits.map((credit) => ({ ...credit, amount: Number(credit.amount) as never })),
          cursor,
        };
      },
    }),
  ],
  [
    'RAILS-31',
    'loses the reference',
    (good) => ({
      ...good,
      async pollDeposits(request, ctx) {
        const { credits, cursor } = await good.pollDeposits(request, ctx);
        return { credits: credits.map((credit) => ({ ...credit, reference: null })), cursor };
      },
    }),
  ],
  [
    'RAILS-32',
    'keeps its own place',
    (good) => {
      let place: string | null = null;
      return {
        ...good,
        async pollDeposits(_request, ctx) {
          const { credits, cursor } = await good.pollDeposits({ cursor: place, waiting: [] }, ctx);
          place = cursor ?? place;
          return { credits, cursor };
        },
      };
    },
  ],
  [
    'RAILS-32',
    'makes ids of its own',
    (good) => ({
      ...good,
      async pollDeposits(request, ctx) {
        const { credits, cursor } = await good.pollDeposits(request, ctx);
        return { credits: credits.map((credit) => ({ ...credit, id: crypto.randomUUID() })), cursor };
      },
    }),
  ],
  [
    'RAILS-33',
    'takes the present for the cursor',
    (good) => ({
      ...good,
      async pollDeposits({ cursor }, ctx) {
        const from = cursor === null ? null : String(Number(cursor) + 1);
        return good.pollDeposits({ cursor: from, waiting: [] }, ctx);
      },
    }),
  ],
  [
    'RAILS-34',
    'takes the reference for the id',
    (good) => ({
      ...good,
      async pollDeposits(request, ctx) {
        const { credits, cursor } = await good.pollDeposits(request, ctx);
        return { credits: credits.map((credit) => ({ ...credit, id: credit.reference ?? '' })), cursor };
      },
    }),
  ],
  [
    'RAILS-35',
    'moves on when the bank cannot be asked',
    (good) => ({
      ...good,
      async pollDeposits(request, ctx) {
        try {
          return await good.pollDeposits(request, ctx);
        } catch {
          return { credits: [], cursor: '100000' };
        }
      },
    }),
  ],
  [
    'RAILS-41',
    'refunds once more each time',
    (good) => ({
      ...good,
      refund: (order, ctx) => good.refund({ ...order, key: crypto.randomUUID() }, ctx),
    }),
  ],
  [
    'RAILS-50',
    'invents news',
    (good) => ({
      ...good,
      pollPayouts: async (waiting) => waiting.map(({ key }) => ({ key, status: 'completed' })),
    }),
  ],
];

describe('checkRails', () => {
  let bank: HttpBank;
  beforeAll(async () => {
    bank = await openHttpBank();
  });
  afterAll(() => bank.close());
  const check = (rails: RailsIntegration, more: Parameters<typeof checkRails>[1] = {}) =>
    checkRails(rails, { bank: bank.bank, ...quick, ...more });

  it('finds nothing wrong with an adapter that keeps the contract, and checks every rule', async () => {
    const report = await check(goodRails(bank), { restart: () => goodRails(bank) });
    expect(report.findings).toEqual([]);
    expect(report.kept).toEqual(Object.keys(RULES));
    expect(report.ok).toBe(true);
  });

  it.each(BROKEN)('R7 F16: %s catches an adapter that %s', async (rule, _how, make) => {
    const report = await check(await make(goodRails(bank), bank));
    expect(report.findings.map((finding) => finding.rule)).toContain(rule);
    expect(report.ok).toBe(false);
    expect(report.text).toContain(rule);
    for (const { expected, found, fix } of report.findings) {
      expect([expected, found, fix].every((text) => text.length > 2)).toBe(true);
    }
  });

  it('RAILS-60 catches an adapter that remembers keys in a variable', async () => {
    bank.idempotent = false;
    const forgetful = (): RailsIntegration => {
      const known = new Map<string, ReturnType<Rails['payout']>>();
      const good = goodRails(bank);
      return {
        ...good,
        payout(order, ctx) {
          const made = known.get(order.key) ?? good.payout(order, ctx);
          known.set(order.key, made);
          return made;
        },
      };
    };
    const report = await check(forgetful(), { restart: forgetful });
    bank.idempotent = true;
    expect(report.findings.map((finding) => finding.rule)).toContain('RAILS-60');
    expect(report.findings.map((finding) => finding.rule)).not.toContain('RAILS-03');
  });

  it('advises where nothing is wrong, and says what it could not check', async () => {
    const { lookupPayout: _lookup, refund: _refund, ...few } = goodRails(bank);
    const report = await check(few, { bank: {} });
    expect(report.ok).toBe(true);
    expect(report.findings.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['RAILS-10', 'advice'],
      ['RAILS-40', 'advice'],
    ]);
    expect(report.notChecked.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['RAILS-02', 'RAILS-04', 'RAILS-31', 'RAILS-60']),
    );
  });

  it('leaves fetch as it was', async () => {
    const before = globalThis.fetch;
    await check(goodRails(bank));
    expect(globalThis.fetch).toBe(before);
  });

  it('passes the fake bank as the starter uses it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
    const file = join(folder, 'bank.jsonl');
    const { rails, testBank } = sample(file);
    const report = await checkRails(rails, { bank: testBank, ...quick, restart: () => sample(file).rails });
    rmSync(folder, { recursive: true, force: true });
    expect(report.findings).toEqual([]);
    expect(report.notChecked.map(({ rule }) => rule)).toEqual(['RAILS-22', 'RAILS-23', 'RAILS-50']);
  });

  it('refuses to check nothing', async () => {
    await expect(checkRails(undefined)).rejects.toMatchObject({ code: 'RAILS_CHECK_IMPOSSIBLE' });
  });
});

/** The rails of templates/project/integrations.ts. */
function sample(file: string): { rails: RailsIntegration; testBank: ReturnType<typeof fakeBank> } {
  const bank = fakeBank(file);
  const order = async (key: string, amount: string, to: string) => {
    const payout = await bank.send({ key, amount, to });
    return { status: 'completed' as const, externalId: payout.id };
  };
  return {
    testBank: bank,
    rails: {
      pollDeposits: ({ cursor }) => bank.creditsSince(cursor),
      payout: ({ key, amount, transaction }) =>
        order(key, amount, transaction.fields['bank_account_number'] ?? ''),
      async lookupPayout(key) {
        const payout = await bank.find(key);
        return payout === null ? { status: 'none' } : { status: 'completed', externalId: payout.id };
      },
      refund: ({ key, credit, amount }) => order(key, amount, credit.from ?? 'payer'),
    },
  };
}
