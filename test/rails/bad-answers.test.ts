import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RailsIntegration } from '../../src/config/integrations.ts';
import { watchPayments } from '../../src/ingest/index.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { executePayouts, pollDeposits, pollPayouts } from '../../src/rails/index.ts';
import { inLanes } from '../../src/rails/lanes.ts';
import { type AnchorContext, type TransactionRow, waitingFor } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, scriptedBank, XLM } from '../support/money.ts';

const thenable = (answers: unknown[]) => ({
  // biome-ignore lint/suspicious/noThenProperty: an answer that resolves twice
  then(resolve: (value: unknown) => void) {
    for (const answer of answers) resolve(answer);
  },
});
const cyclic: Record<string, unknown> = { status: 'completed' };
cyclic['self'] = cyclic;
const getter = Object.defineProperty({}, 'status', {
  enumerable: true,
  get() {
    throw new Error('gotcha');
  },
});
const polluted = JSON.parse(
  '{"__proto__":{"status":"completed"},"constructor":{"prototype":{"polluted":true}}}',
);

/** What the code of an anchor may answer to `payout`: none of it says that the bank has paid, and none that it has not. */
const NONSENSE: [string, () => unknown][] = [
  ['nothing', () => undefined],
  ['null', () => null],
  ['a number', () => Number.NaN],
  ['minus one', () => -1],
  ['a text', () => 'completed'],
  ['a list', () => [{ status: 'completed' }]],
  ['true', () => true],
  ['a function', () => () => ({ status: 'completed' })],
  ['a symbol', () => Symbol('completed')],
  ['a bigint', () => ({ status: 'completed', externalId: 10n })],
  ['a status of its own', () => ({ status: 'COMPLETED' })],
  ['a rejection without a reason', () => ({ status: 'rejected' })],
  ['an id that is a number', () => ({ status: 'completed', externalId: 7 })],
  ['an id of 10 MB', () => ({ status: 'completed', externalId: 'x'.repeat(10_000_000) })],
  ['10 MB beside', () => ({ status: 'completed', more: 'x'.repeat(10_000_000) })],
  ['an amount that is a number', () => ({ status: 'completed', amount: 49.5 })],
  ['an amount that is negative', () => ({ status: 'completed', amount: '-49.5' })],
  ['an amount that is huge', () => ({ status: 'completed', amount: '9'.repeat(1000) })],
  ['a polluted prototype', () => polluted],
  ['a cycle', () => cyclic],
  ['a getter that throws', () => getter],
  [
    'a revoked proxy',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
  ['a thenable that resolves twice, nonsense first', () => thenable(['?', { status: 'completed' }])],
  [
    'a throw of nothing',
    () => {
      throw undefined;
    },
  ],
  [
    'a throw of a seed',
    () => {
      throw new Error(`key S${'A'.repeat(55)}`);
    },
  ],
  [
    'a throw of 10 MB',
    () => {
      throw new Error('x'.repeat(10_000_000));
    },
  ],
];

describeDatabases('answers of the anchor’s own code', (test) => {
  let money: Money;
  let wallet: Seeded;
  beforeAll(async () => {
    money = await openMoney(test, { bank: scriptedBank() });
    wallet = await money.wallet({ units: 10_000n * XLM });
  });
  afterAll(() => money.close());

  const owed = async (): Promise<TransactionRow> => {
    const row = await money.started('withdrawal', wallet.publicKey, 50n * XLM);
    const destination = row.anchor_account ?? '';
    await money.apply(
      wallet,
      [{ type: 'payment', destination, asset: money.stellarAsset, amount: 50n * XLM }],
      { memo: { type: 'id', value: row.memo ?? '' } },
    );
    await watchPayments(money.ctx, money.options);
    return row;
  };
  const withRails = (rails: Partial<RailsIntegration>): AnchorContext => ({
    ...money.ctx,
    project: { ...money.ctx.project, integrations: { rails: { ...money.bank.rails, ...rails } } },
  });
  const execute = (ctx: AnchorContext = money.ctx) =>
    executePayouts(ctx, { ...money.options, deadlineMs: money.clock.now() + 20_000 });
  const keyOf = async (row: TransactionRow) => (await money.obligations(row.id))[0]?.id ?? '';

  it('F16 R12: of all nonsense for one payout nothing is lost, paid twice or delayed', async () => {
    for (let i = 0; i < NONSENSE.length; i += 4) {
      const some = NONSENSE.slice(i, i + 4);
      const rows: TransactionRow[] = [];
      for (const _ of some) rows.push(await owed());
      const good = await owed();
      const nonsense = new Map<string, () => unknown>();
      for (const [index, row] of rows.entries())
        nonsense.set(await keyOf(row), some[index]?.[1] ?? (() => null));
      const calls: string[] = [];
      const ctx = withRails({
        payout: (async ({ key, amount }: { key: string; amount: string }) => {
          calls.push(key);
          const odd = nonsense.get(key);
          if (odd !== undefined) return odd();
          money.bank.paid.set(key, amount);
          return { status: 'completed' };
        }) as never,
      });
      await execute(ctx);
      expect((await money.row(good.id)).status).toBe('completed');
      for (const [index, row] of rows.entries()) {
        const what = some[index]?.[0];
        const [obligation] = await money.obligations(row.id);
        expect([what, obligation?.state, (await money.row(row.id)).status]).toEqual([
          what,
          'unknown',
          'pending_anchor',
        ]);
        expect(await waitingFor(money.ctx, await money.row(row.id)), what).not.toBeNull();
        expect(obligation?.waiting_text).not.toMatch(/SA{55}/);
        expect(calls.filter((key) => key === obligation?.id)).toHaveLength(1);
      }
      // the bank did not take them: after its settle time they go out under the same key
      money.clock.advance(200_000);
      await execute();
      money.clock.advance(600_000);
      await execute();
      for (const row of rows) expect((await money.row(row.id)).status).toBe('completed');
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('F16: nonsense of a look-up settles nothing, and the look-ups become rarer', async () => {
    const row = await owed();
    money.bank.onPayout = () => {
      throw new Error('timeout');
    };
    await execute();
    money.bank.onPayout = null;
    let asked = 0;
    const answers = [null, 'none', { status: 'unknown' }, [], { status: 'none ' }, undefined];
    const ctx = withRails({
      lookupPayout: async () => {
        asked += 1;
        return answers[asked % answers.length] as never;
      },
    });
    for (let minute = 0; minute < 60; minute++) {
      await execute(ctx);
      money.clock.advance(60_000);
    }
    expect(await money.obligations(row.id)).toMatchObject([{ state: 'unknown', attempts: 1 }]);
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(20);
    await pollUntilDone(row);
  });

  it('R7: believes none only after the settle time that the rails declare', async () => {
    const row = await owed();
    const mine = await keyOf(row);
    const calls: string[] = [];
    const ctx = withRails({
      settleSeconds: 3600,
      payout: async ({ key }) => {
        if (key === mine) calls.push(key);
        throw new Error('timeout');
      },
    });
    await execute(ctx);
    for (let minute = 0; minute < 50; minute++) {
      money.clock.advance(60_000);
      await execute(ctx);
    }
    expect(calls).toHaveLength(1);
    money.clock.advance(900_000);
    await execute(ctx);
    money.clock.advance(60_000);
    await execute(ctx);
    expect(calls).toEqual([mine, mine]);
    money.bank.paid.set(mine, '49.5');
    await pollUntilDone(row);
  });

  const pollUntilDone = async (row: TransactionRow): Promise<void> => {
    for (let i = 0; i < 5 && (await money.row(row.id)).status !== 'completed'; i++) {
      money.clock.advance(600_000);
      await execute();
    }
    expect((await money.row(row.id)).status).toBe('completed');
  };

  it('F18: an order that is not new is looked up before its first call', async () => {
    const row = await owed();
    const key = await keyOf(row);
    money.bank.paid.set(key, '49.5');
    money.bank.calls.payout.length = 0;
    money.clock.advance(3_600_000);
    await execute();
    expect((await money.row(row.id)).status).toBe('completed');
    expect(money.bank.calls.payout).not.toContain(key);
  });

  it('R12: a bank that is down spoils few orders, and the others go out when it is back', async () => {
    const rows: TransactionRow[] = [];
    for (let i = 0; i < 14; i++) rows.push(await owed());
    let up = false;
    let calls = 0;
    const ctx = withRails({
      payout: async ({ key, amount }) => {
        calls += 1;
        if (!up) throw new Error('503');
        money.bank.paid.set(key, amount);
        return { status: 'completed' };
      },
    });
    await execute(ctx);
    await execute(ctx);
    expect(calls).toBeGreaterThanOrEqual(5);
    expect(calls).toBeLessThanOrEqual(8);
    const waiting = await waitingFor(money.ctx, await money.row(rows.at(-1)?.id ?? ''));
    expect(waiting?.code).toMatch(/rails_credit|job_not_running/);
    up = true;
    for (let i = 0; i < 6; i++) {
      money.clock.advance(300_000);
      await execute(ctx);
    }
    for (const row of rows) expect((await money.row(row.id)).status).toBe('completed');
  });

  it('F16: nonsense in polls of credits and payouts throws or is kept, and the next poll goes on', async () => {
    const row = await money.started('deposit', wallet.publicKey, 100n * XLM);
    const good = { id: `good-${row.id}`, amount: '100', reference: row.reference };
    for (const answer of [
      null,
      7,
      'x',
      [],
      { credits: {} },
      { credits: [good], cursor: 7 },
      cyclic,
      getter,
    ]) {
      const ctx = withRails({ pollDeposits: async () => answer as never });
      await expect(pollDeposits(ctx, money.options)).rejects.toMatchObject({
        code: expect.stringMatching(/^HOOK_/),
      });
    }
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
    const odd = [
      { id: `n1-${row.id}`, amount: 10n },
      { id: `n2-${row.id}`, amount: '1', more: 'x'.repeat(1_000_000) },
      { id: `n3-${row.id}`, amount: '1', reference: 'a\0b\ud800' },
      { id: `n4-${row.id}`, amount: '9'.repeat(40) },
      { id: `n5\0${row.id}`, amount: '1' },
      cyclic,
      getter,
      polluted,
    ];
    await pollDeposits(
      withRails({ pollDeposits: async () => ({ credits: [...odd, good] as never }) }),
      money.options,
    );
    expect((await money.row(row.id)).status).toBe('pending_anchor');
    const news = withRails({ pollPayouts: async () => ({ length: 3 }) as never });
    const accepted = await owed();
    money.bank.onPayout = () => ({ status: 'accepted' });
    await execute();
    money.bank.onPayout = null;
    await expect(pollPayouts(news, money.options)).rejects.toMatchObject({ code: 'HOOK_ANSWER_INVALID' });
    expect((await money.row(accepted.id)).status).toBe('pending_external');
  });

  it('follows no cursor of an answer with entries that no bank sends, until they have come again for a while', async () => {
    const ctx = (cursor: string) =>
      withRails({ pollDeposits: async () => ({ credits: [cyclic as never], cursor }) });
    const stands = async () =>
      (
        await money.ctx.db.read
          .selectFrom('cursors')
          .select('cursor')
          .where('name', '=', 'rails:deposits')
          .executeTakeFirst()
      )?.cursor;
    await pollDeposits(
      withRails({ pollDeposits: async () => ({ credits: [], cursor: 'a' }) }),
      money.options,
    );
    await pollDeposits(ctx('b'), money.options);
    await pollDeposits(ctx('b'), money.options);
    expect(await stands()).toBe('a');
    money.clock.advance(601_000);
    await pollDeposits(ctx('b'), money.options);
    expect(await stands()).toBe('b');
  });
});

describe('lanes', () => {
  it('one that hangs keeps no other waiting, however many hang', async () => {
    let release = (): void => {};
    const hanging = new Promise<void>((done) => {
      release = done;
    });
    const done: number[] = [];
    const items = Array.from({ length: 20 }, (_, i) => i);
    await inLanes(
      systemClock,
      { width: 2, max: 8, signal: new AbortController().signal, deadlineMs: Number.POSITIVE_INFINITY },
      async () => items.shift() ?? null,
      async (item) => {
        if (item < 4) await hanging;
        done.push(item);
        if (done.length === 16) release();
      },
    );
    expect(done.slice(0, 16).every((item) => item >= 4)).toBe(true);
    expect(done).toHaveLength(20);
  });

  it('throws the first fault, after all that was begun has ended', async () => {
    const items = [1, 2, 3, 4];
    const ended: number[] = [];
    const run = inLanes(
      systemClock,
      { width: 2, max: 2, signal: new AbortController().signal, deadlineMs: Number.POSITIVE_INFINITY },
      async () => items.shift() ?? null,
      async (item) => {
        if (item === 1) throw new Error('one');
        await new Promise((done) => setImmediate(done));
        ended.push(item);
      },
    );
    await expect(run).rejects.toThrow('one');
    expect(ended).toEqual([2]);
  });
});
