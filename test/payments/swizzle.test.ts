import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { submitPayments } from '../../src/payments/index.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import type { AnchorContext, TransactionRow } from '../../src/transfers/index.ts';
import { useDatabase } from '../support/databases.ts';
import { faults, type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const ROUNDS = Number(process.env['SWIZZLE_ROUNDS'] ?? 12);
const SEED = Number(process.env['SWIZZLE_SEED'] ?? 1);

/** mulberry32: the same seed, the same faults */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const refusal = (code: string) => ({
  status: 400,
  body: {
    type: 'https://stellar.org/horizon-errors/transaction_failed',
    status: 400,
    extras: { result_codes: { transaction: code } },
  },
});

describe('payments under many faults at once', () => {
  const test = useDatabase('sqlite');
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test);
  });
  afterAll(() => money.close());

  it(`M1, F22: each deposit is paid exactly once after ${ROUNDS} rounds of faults and crashes`, async () => {
    const roll = dice(SEED);
    const all: { wallet: Seeded; row: TransactionRow }[] = [];
    const rules = (): object[] => {
      const strike = (rule: object): object => ({
        on: 'POST /transactions_async',
        probability: 0.15,
        ...rule,
      });
      return [
        strike({ after: true, reset: true }),
        strike({ reset: true }),
        strike({ respond: { status: 504, body: {} } }),
        strike({ after: true, respond: { status: 504, body: {} } }),
        strike({ after: true, respond: refusal('tx_bad_seq') }),
        strike({ respond: refusal('tx_bad_seq') }),
        strike({ respond: refusal('tx_insufficient_fee') }),
        { on: 'GET /transactions/*', probability: 0.3, respond: { status: 500 } },
        { on: 'GET /accounts/*', probability: 0.1, reset: true },
        { on: 'GET /ledgers', probability: 0.1, respond: { status: 200, body: '<html>' } },
      ];
    };
    /** a process that dies before or after an effect, and one whose reading lags */
    const frail = (): AnchorContext => ({
      ...money.ctx,
      network: {
        ...money.ctx.network,
        transaction: async (hash) => (roll() < 0.3 ? null : money.ctx.network.transaction(hash)),
        submitAsync: async (xdr) => {
          if (roll() < 0.1) throw new Error('killed before');
          const answer = await money.ctx.network.submitAsync(xdr);
          if (roll() < 0.1) throw new Error('killed after');
          return answer;
        },
      },
      db: {
        ...money.ctx.db,
        write: async (work) => {
          if (roll() < 0.05) throw new Error('killed before the commit');
          const done = await money.ctx.db.write(work);
          if (roll() < 0.05) throw new Error('killed after the commit');
          return done;
        },
      },
    });
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < 4; i++) {
        const wallet = await money.wallet();
        const memo = roll() < 0.4 ? { type: 'id' as const, value: String(round) } : null;
        const row = await money.started('deposit', wallet.publicKey, 10n * XLM, { memo });
        money.credit(row, '10');
        all.push({ wallet, row });
      }
      await faults(money.sandbox, rules());
      const pass = async (name: string): Promise<void> => {
        const ctx = frail();
        const options = { ...money.worker(name), deadlineMs: money.clock.now() + 8_000 };
        await pollDeposits(money.ctx, options);
        await submitPayments(ctx, options).catch(() => undefined);
      };
      await Promise.all([pass('a'), pass('b')]);
      await faults(money.sandbox, []);
      if (roll() < 0.3) money.closeLedgers(25);
      money.clock.advance(30_000);
    }
    for (let i = 0; i < 6; i++) {
      money.clock.advance(600_000);
      await pollDeposits(money.ctx, money.options);
      // the killed ones are known to be gone
      const worker = { ...money.options.worker, isGone: () => true };
      await submitPayments(money.ctx, { ...money.options, worker, deadlineMs: money.clock.now() + 60_000 });
    }
    for (const { wallet, row } of all) {
      expect((await money.row(row.id)).status, row.id).toBe('completed');
      expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
      expect(await money.balance(wallet.publicKey)).toBe(9n * XLM);
    }
    const { count } = await money.ctx.db.read
      .selectFrom('facts')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('name', '=', 'freeze:signing')
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(0);
  });
});
