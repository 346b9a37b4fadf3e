import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchPayments } from '../../src/ingest/index.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { executePayouts, pollDeposits } from '../../src/rails/index.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import { readFreeze, waitingFor } from '../../src/transfers/index.ts';
import { createDatabase, DATABASES, type TestDatabase } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const problem = (status: number, type: string): Response =>
  new Response(JSON.stringify({ type: `https://stellar.org/horizon-errors/${type}`, title: type, status }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });

for (const { kind, available } of DATABASES) {
  const name = `the history that payments are read from, on ${kind}`;
  it.skipIf(!available)(`${name}: resumes after an outage of any length (R8)`, () =>
    within(kind, async ({ money, wallet, watch, paid }) => {
      const first = await paid();
      await watch();
      const missed = [];
      for (let i = 0; i < 5; i++) {
        missed.push(await paid());
        money.closeLedgers(200);
      }
      money.clock.advance(40 * 24 * 3_600_000);
      await expect(watch(away)).rejects.toMatchObject({ code: 'NETWORK_UNAVAILABLE' });
      await watch();
      for (const row of [first, ...missed]) {
        const { received_units: units } = await money.row(row.id);
        expect(units).toBe(50n * XLM);
      }
      expect(wallet.publicKey).toBeTruthy();
    }),
  );

  it.skipIf(!available)(`${name}: stops all payments where it is shorter than the gap (F7)`, () =>
    within(kind, async ({ money, wallet, watch, paid }) => {
      const before = await paid();
      await watch();
      const lost = await paid();
      money.closeLedgers(300);
      const seen = await paid();
      const deposit = await money.started('deposit', wallet.publicKey, 20n * XLM);
      money.credit(deposit, '20');
      await pollDeposits(money.ctx, money.options);
      const elder = money.sandbox.ledger.header.sequence - 5;
      await expect(watch(shortFrom(elder))).rejects.toMatchObject({ code: 'HISTORY_SHORT' });
      expect(await readFreeze(money.ctx.db.read)).toMatchObject({ cause: 'history_short' });
      await submitPayments(money.ctx, money.options);
      await executePayouts(money.ctx, money.options);
      expect((await money.row(deposit.id)).status).toBe('pending_anchor');
      expect((await money.row(before.id)).status).toBe('pending_anchor');
      expect(await waitingFor(money.ctx, await money.row(deposit.id))).toMatchObject({ code: 'operator' });
      // nothing was passed over: the whole history is read where it stopped
      for (const row of [lost, seen]) {
        expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
      }
      await watch();
      expect(await readFreeze(money.ctx.db.read)).toBeNull();
      for (const row of [lost, seen]) expect((await money.row(row.id)).received_units).toBe(50n * XLM);
      await submitPayments(money.ctx, money.options);
      await executePayouts(money.ctx, money.options);
      expect((await money.row(deposit.id)).status).toBe('completed');
      expect((await money.row(before.id)).status).toBe('completed');
    }),
  );

  it.skipIf(!available)(`${name}: a quiet account needs no server that keeps everything`, () =>
    within(kind, async ({ money, watch, paid }) => {
      await paid();
      await watch();
      money.closeLedgers(1_500);
      money.clock.advance(3_600_000);
      await watch();
      money.closeLedgers(10);
      await paid();
      await watch(shortFrom(money.sandbox.ledger.header.sequence - 500));
      expect(await readFreeze(money.ctx.db.read)).toBeNull();
    }),
  );

  it.skipIf(!available)(`${name}: tells a network that was reset, and one that is another (F9)`, () =>
    within(kind, async ({ money, watch, paid }) => {
      money.closeLedgers(100);
      const row = await paid();
      await watch();
      await reset(money, 3);
      await expect(watch()).rejects.toMatchObject({ code: 'NETWORK_RESET' });
      expect(await readFreeze(money.ctx.db.read)).toMatchObject({ cause: 'network_reset' });
      await executePayouts(money.ctx, money.options);
      expect((await money.row(row.id)).status).toBe('pending_anchor');
      await reset(money, 5_000);
      money.closeLedgers(5);
      await expect(watch()).rejects.toMatchObject({ code: /NETWORK_RESET|HISTORY_SHORT/ });
      expect(await readFreeze(money.ctx.db.read)).not.toBeNull();
    }),
  );

  it.skipIf(!available)(`${name}: a server that lags is no other network`, () =>
    within(kind, async ({ money, watch, paid }) => {
      await paid();
      await watch();
      const lags: Wrap = (fetch) => async (input, init) =>
        /\/ledgers\/\d+$/.test(input) ? problem(404, 'not_found') : fetch(input, init);
      await watch(lags);
      expect(await readFreeze(money.ctx.db.read)).toBeNull();
    }),
  );
}

type Wrap = (fetch: Fetch) => Fetch;

const away: Wrap = () => async () => {
  throw new TypeError('connection refused');
};

/** A Horizon that keeps ledgers from `elder` on: it answers 410 for older ones, and begins lists there without a word. */
const shortFrom =
  (elder: number): Wrap =>
  (fetch) =>
  async (input, init) => {
    const ledger = /\/ledgers\/(\d+)$/.exec(input);
    if (ledger !== null && Number(ledger[1]) < elder) return problem(410, 'before_history');
    const url = new URL(input);
    const cursor = BigInt(url.searchParams.get('cursor') ?? '0');
    const least = BigInt(elder) << 32n;
    if (url.pathname.endsWith('/operations') && cursor < least) {
      url.searchParams.set('cursor', least.toString());
      return fetch(url.href, init);
    }
    return fetch(input, init);
  };

async function reset(money: Money, sequence: number): Promise<void> {
  const answer = await money.sandbox.app.request('http://sandbox/sandbox/reset', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ledger: { sequence, close_time: 1_700_000_000 } }),
  });
  expect(answer.status).toBe(200);
}

interface Scene {
  money: Money;
  wallet: Seeded;
  /** a pass of a process that has just started */
  watch(wrap?: Wrap): Promise<unknown>;
  /** a withdrawal of 50 that the wallet has paid */
  paid(): ReturnType<Money['started']>;
}

let open: { money: Money; test: TestDatabase } | null = null;

beforeEach(() => {
  open = null;
});

afterEach(async () => {
  await open?.money.close();
  await open?.test.drop();
});

async function within(kind: 'sqlite' | 'postgres', work: (scene: Scene) => Promise<void>): Promise<void> {
  const test = await createDatabase(kind);
  const money = await openMoney(test);
  open = { money, test };
  const wallet = await money.wallet({ units: 1_000n * XLM });
  const direct: Fetch = (input, init) => money.sandbox.fetch(input, init);
  await work({
    money,
    wallet,
    watch: (wrap = (fetch) => fetch) => watchPayments(money.context({ fetch: wrap(direct) }), money.options),
    async paid() {
      const row = await money.started('withdrawal', wallet.publicKey, 50n * XLM);
      const asset = money.stellarAsset;
      const destination = row.anchor_account ?? '';
      await money.apply(wallet, [{ type: 'payment', destination, asset, amount: 50n * XLM }], {
        memo: { type: 'id', value: row.memo ?? '' },
      });
      return row;
    },
  });
}
