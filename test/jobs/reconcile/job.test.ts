import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runJobOnce } from '../../../src/jobs/index.ts';
import { reconcile } from '../../../src/jobs/reconcile/index.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { readFreeze } from '../../../src/payments/index.ts';
import { createSandbox } from '../../../src/sandbox/index.ts';
import { createHorizon } from '../../../src/stellar/horizon.ts';
import type { Fetch } from '../../../src/stellar/port.ts';
import { describeDatabases, useDatabase } from '../../support/databases.ts';
import { type Money, XLM } from '../../support/money.ts';
import { all, deposit, kinds, openAgreed, pass, signal, withdrawal } from './support.ts';

/** Counts requests, and answers some of them in its own way. */
function counted(direct: Fetch) {
  const seen: string[] = [];
  let fault: ((url: string) => Response | null) | null = null;
  const fetch: Fetch = async (url, init) => {
    seen.push(url);
    return fault?.(url) ?? direct(url, init);
  };
  const fail = (next: typeof fault): void => {
    fault = next;
  };
  return { fetch, seen, fail };
}

describeDatabases('the job reconcile', (test) => {
  let money: Money;
  let wire: ReturnType<typeof counted>;
  beforeAll(async () => {
    money = await openAgreed(test, {
      fetch: (direct) => {
        wire = counted(direct);
        return wire.fetch;
      },
    });
  });
  afterAll(() => money.close());

  const job = () => runJobOnce(money.ctx, 'reconcile', { signal });

  it('reads on from where it was last right', async () => {
    await deposit(money, 20n);
    await withdrawal(money, 30n);
    await pass(money);
    const first = await job();
    expect(first).toMatchObject({ job: 'reconcile', failed: 0 });
    expect(first.processed).toBeGreaterThan(0);
    money.closeLedgers(1);
    expect(await job()).toMatchObject({ processed: 0, failed: 0 });
    await deposit(money, 20n);
    await pass(money);
    expect(await job()).toMatchObject({ processed: 1, failed: 0 });
  });

  it('reports a difference in every pass until it is settled, and stops payments (R13)', async () => {
    const { publicKey: destination } = await money.wallet();
    const payment = { type: 'payment', destination, asset: money.stellarAsset, amount: XLM } as const;
    const hash = await money.apply(money.distribution, [payment]);
    await job();
    expect((await readFreeze(test.db.read))?.hash).toBe(hash);
    expect((await job()).failed).toBe(1);
    money.closeLedgers(3);
    expect((await job()).failed).toBe(1);
  });

  it('does not take a failed transaction that only names our account for one of ours (M6)', async () => {
    const before = (await all(money.ctx)).list();
    const stranger = await money.wallet();
    const { publicKey: source } = money.distribution;
    const destination = stranger.publicKey;
    await money.apply(stranger, [
      { type: 'payment', source, destination, asset: money.stellarAsset, amount: XLM },
    ]);
    const report = await all(money.ctx);
    expect(report.list()).toEqual(before);
  });

  it('waits as long as the network asks for, and goes on (F2)', async () => {
    let refused = 0;
    wire.fail((url) => {
      if (!url.includes('/transactions?') || refused >= 3) return null;
      refused += 1;
      return new Response('', { status: 429, headers: { 'retry-after': '2' } });
    });
    const report = await all(money.ctx);
    expect(refused).toBe(3);
    expect(kinds(report)).toEqual(['unknown_transaction']);
    wire.fail(null);
  });

  it('knows nothing when the network is away, and says so (F2)', async () => {
    wire.fail((url) => (url.includes('/accounts/') ? new Response('<html>', { status: 502 }) : null));
    await expect(all(money.ctx)).rejects.toMatchObject({ code: 'NETWORK_UNAVAILABLE' });
    wire.fail(null);
  });

  it('asks for pages, few requests for a long history', async () => {
    const before = wire.seen.length;
    const report = await all(money.ctx);
    expect(report.compared.transactions).toBeGreaterThan(5);
    // twice, because something differs and is looked at once more
    expect(wire.seen.length - before).toBeLessThan(2 * 8);
  });

  it('looks from a ledger on, where told so', async () => {
    const { sequence } = await money.ctx.network.latestLedger();
    const report = await reconcile(money.ctx, { signal, sinceLedger: sequence + 1 });
    expect(report.compared.transactions).toBe(0);
    expect(report.list()).toEqual([]);
  });
});

describe('a network that is not the one of our records (F9)', () => {
  const test = useDatabase('sqlite');
  let money: Money;
  beforeAll(async () => {
    money = await openAgreed(test);
    await deposit(money, 20n);
    await pass(money);
    money.closeLedgers(60);
  });
  afterAll(() => money.close());

  const lift = () => sql.raw(`delete from facts where name = 'freeze:signing'`).execute(test.db.read);

  it('is told as a reset when it begins anew, and nothing is paid; the freeze ends when it is the right one again', async () => {
    const fresh = createSandbox({ passphrase: money.sandbox.passphrase, close: 'manual', seed: 'other' });
    const network = createHorizon({
      url: 'http://sandbox',
      passphrase: fresh.passphrase,
      fetch: (input, init) => fresh.fetch(input, init),
      clock: money.clock,
      log: silentLog,
    });
    // so near to our first record it could be a server that lags behind
    const young = await all({ ...money.ctx, network });
    expect(young.list()).toEqual([]);
    expect(young.pending).toBe(1);
    for (let i = 0; i < 20; i++) fresh.closeLedger();
    const report = await all({ ...money.ctx, network });
    await fresh.close();
    expect(kinds(report)).toEqual(['network_reset']);
    expect(await readFreeze(test.db.read)).not.toBeNull();
    const { row } = await deposit(money, 30n);
    await pass(money);
    expect((await money.obligations(row.id))[0]?.state).toBe('owed');
    expect((await all(money.ctx)).list()).toEqual([]);
    expect(await readFreeze(test.db.read)).toBeNull();
    await pass(money);
    expect((await money.row(row.id)).status).toBe('completed');
  });

  it('is told as a reset when the sequence number of an account has fallen', async () => {
    const { account } = money.ctx.network;
    const network = {
      ...money.ctx.network,
      account: async (id: string) => {
        money.closeLedgers(6);
        const found = await account(id);
        return 'missing' in found ? found : { ...found, sequence: found.sequence - 5n };
      },
    };
    expect(kinds(await all({ ...money.ctx, network }))).toEqual(['network_reset']);
    await lift();
  });

  it('is told as too short when its history begins after our records, unless that was compared before', async () => {
    expect((await all(money.ctx)).list()).toEqual([]);
    money.closeLedgers(40);
    const { operations, transactions } = money.ctx.network;
    const { sequence } = await money.ctx.network.latestLedger();
    const elder = String(BigInt(sequence - 30) << 32n);
    const later = (cursor: string | null) =>
      cursor === null || BigInt(cursor) < BigInt(elder) ? elder : cursor;
    const short = {
      ...money.ctx.network,
      operations: (id: string, cursor: string | null, limit: number) => operations(id, later(cursor), limit),
      transactions: (id: string, cursor: string | null, limit: number) =>
        transactions(id, later(cursor), limit),
    };
    await deposit(money, 25n);
    await pass(money);
    // compared in the tests before: only what came since has to be there
    expect(kinds(await all({ ...money.ctx, network: short }))).toEqual([]);
    await sql.raw(`delete from facts where name like 'reconcile:%'`).execute(test.db.read);
    const report = await all({ ...money.ctx, network: short });
    expect(kinds(report)[0]).toBe('history_short');
    expect((await readFreeze(test.db.read))?.account).toBe(money.distribution.publicKey);
    expect((await all(money.ctx)).list()).toEqual([]);
    expect(await readFreeze(test.db.read)).toBeNull();
  });
});
