import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemIds } from '../../src/kernel/ids.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { ensureChannels } from '../../src/payments/provision/index.ts';
import { innerOf, isBump, wrap } from '../../src/payments/wrap.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import { buildFeeBump, buildTransaction } from '../../src/stellar/build.ts';
import { randomKeyPair } from '../../src/stellar/keys.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import type { PassOptions } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const silent = (): void => undefined;

const channelsOf = async (money: Money): Promise<string[]> => {
  const rows = await money.ctx.db.read
    .selectFrom('keys')
    .select('account')
    .where('purpose', '=', 'channel')
    .execute();
  return rows.map((row) => row.account);
};

interface Deposit {
  wallet: Seeded;
  id: string;
}

async function deposits(
  money: Money,
  count: number,
  memo: (at: number) => string | null,
): Promise<Deposit[]> {
  const wallet = await money.wallet();
  const all: Deposit[] = [];
  for (let at = 0; at < count; at++) {
    const value = memo(at);
    const row = await money.started('deposit', wallet.publicKey, 2n * XLM, {
      memo: value === null ? null : { type: 'id', value },
    });
    money.credit(row, '2');
    all.push({ wallet, id: row.id });
  }
  await pollDeposits(money.ctx, money.options);
  return all;
}

async function expectAllPaid(money: Money, all: readonly Deposit[]): Promise<Map<string, number>> {
  const rows = await Promise.all(all.map(({ id }) => money.row(id)));
  expect(new Set(rows.map((row) => row.status))).toEqual(new Set(['completed']));
  const wallet = all[0]?.wallet.publicKey ?? '';
  expect(await money.deliveries(wallet)).toHaveLength(all.length);
  expect(await money.balance(wallet)).toBe(BigInt(all.length) * XLM);
  const counts = new Map<string, number>();
  for (const row of rows) {
    const hash = row.stellar_transaction_id ?? '';
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  return counts;
}

describeDatabases('channels', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test);
    expect(await ensureChannels(money.ctx, { count: 4, sponsored: false }, silent)).toBe(4);
  });
  afterAll(() => money.close());

  it('are made once, hold their reserve only, and are on the book (R3)', async () => {
    const before = await money.balance(money.distribution.publicKey, 'native');
    expect(await ensureChannels(money.ctx, { count: 4, sponsored: false }, silent)).toBe(4);
    expect(await money.balance(money.distribution.publicKey, 'native')).toBe(before);
    for (const account of await channelsOf(money)) expect(await money.balance(account, 'native')).toBe(XLM);
  });

  it('carry payments beside the distribution account, several in one ledger, with fees paid by fee bumps (R5)', async () => {
    const all = await deposits(money, 260, (at) => (at < 2 ? String(at) : null));
    await submitPayments(money.ctx, money.options);
    const counts = await expectAllPaid(money, all);
    expect([...counts.values()].sort((a, b) => b - a)).toEqual([100, 100, 58, 1, 1]);
    const found = await Promise.all([...counts.keys()].map((hash) => money.ctx.network.transaction(hash)));
    expect(new Set(found.map((one) => one?.ledger)).size).toBe(1);
    const channels = await channelsOf(money);
    const sources = found.map((one) => one?.sourceAccount ?? '');
    expect(new Set(sources)).toEqual(new Set([money.distribution.publicKey, ...channels]));
    for (const one of found) {
      const bumped = channels.includes(one?.sourceAccount ?? '');
      expect(one?.innerHash !== null).toBe(bumped);
    }
    for (const account of channels) expect(await money.balance(account, 'native')).toBe(XLM);
  });

  it('are given back: no lease is left, and another worker takes them', async () => {
    const leases = await money.ctx.db.read
      .selectFrom('leases')
      .selectAll()
      .where('expires_ms', '>', 0n)
      .execute();
    expect(leases.filter(({ name }) => name.startsWith('source:'))).toEqual([]);
    const all = await deposits(money, 3, String);
    await submitPayments(money.context(), money.worker('other'));
    expect((await expectAllPaid(money, all)).size).toBe(3);
  });

  it('F1: a worker that dies with channels in flight is followed by another, which pays nothing twice', async () => {
    const all = await deposits(money, 120, (at) => (at < 3 ? String(at) : null));
    const crash = {
      ...money.ctx,
      network: {
        ...money.ctx.network,
        submitAsync: async (xdr: string) => {
          await money.ctx.network.submitAsync(xdr);
          throw new Error('killed');
        },
      },
    };
    await submitPayments(crash, money.options);
    const options: PassOptions = { ...money.worker('heir'), deadlineMs: money.clock.now() + 120_000 };
    await submitPayments(money.context(), options);
    await expectAllPaid(money, all);
  });

  it('sponsored ones hold nothing at all', async () => {
    const known = await channelsOf(money);
    await ensureChannels(money.ctx, { count: 6, sponsored: true }, silent);
    const made = (await channelsOf(money)).filter((account) => !known.includes(account));
    expect(made).toHaveLength(2);
    for (const account of made) expect(await money.balance(account, 'native')).toBe(0n);
    const all = await deposits(money, 7, String);
    await submitPayments(money.ctx, money.options);
    expect((await expectAllPaid(money, all)).size).toBe(7);
  });
});

describeDatabases('the queue of the network', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test);
  });
  afterAll(() => money.close());

  it('R5: what a node has dropped is heard again under a fee bump of the same transaction only', async () => {
    const [one] = await deposits(money, 1, () => null);
    const direct: Fetch = (input, init) => money.sandbox.fetch(input, init);
    let posts = 0;
    const ctx = money.context({
      fetch: async (input, init) => {
        const answer = await direct(input, init);
        if (init?.method !== 'POST') return answer;
        posts += 1;
        // five ledgers that have no room for it: then it is out of the queue and banned
        if (posts === 1) for (let i = 0; i < 5; i++) money.sandbox.closeLedger({ transactions: [] });
        else setImmediate(() => money.sandbox.closeLedger());
        return answer;
      },
    });
    await submitPayments(ctx, { ...money.worker('one'), deadlineMs: money.clock.now() + 120_000 });
    await expectAllPaid(money, [one as Deposit]);
    const rows = await money.ctx.db.read.selectFrom('envelopes').selectAll().orderBy('created_at').execute();
    const [first, ...more] = rows;
    expect(more.length).toBeGreaterThan(0);
    for (const row of more) expect(row.inner_hash).toBe(first?.hash);
    expect(new Set(rows.map((row) => row.slot_id)).size).toBe(1);
    expect(rows.map((row) => row.state).sort()).toContain('applied');
  });
});

describe('fee bumps of our own make', () => {
  it('are byte for byte those of the SDK', async () => {
    const passphrase = 'Test SDF Network ; September 2015';
    const [source, payer] = [randomKeyPair(systemIds), randomKeyPair(systemIds)];
    const destination = randomKeyPair(systemIds).publicKey;
    const inner = await buildTransaction({
      passphrase,
      source: source.publicKey,
      sequence: 77n,
      feePerOperation: 100n,
      operations: [
        {
          type: 'payment',
          source: payer.publicKey,
          destination,
          asset: { code: 'XLM', issuer: null },
          amount: 5n,
        },
        {
          type: 'payment',
          source: payer.publicKey,
          destination,
          asset: { code: 'XLM', issuer: null },
          amount: 6n,
        },
      ],
      memo: { type: 'text', value: 'an own memo' },
      maxTime: 1_900_000_000,
      maxLedger: 1234,
      signers: [source, payer],
    });
    const theirs = await buildFeeBump({
      passphrase,
      innerXdr: inner.xdr,
      feeSource: payer.publicKey,
      feePerOperation: 250n,
      signers: [payer],
    });
    const ours = wrap(inner.xdr, 750n, payer, passphrase);
    expect(ours).toEqual(theirs);
    expect(innerOf(ours.xdr)).toBe(inner.xdr);
    expect([isBump(ours.xdr), isBump(inner.xdr)]).toEqual([true, false]);
  });
});
