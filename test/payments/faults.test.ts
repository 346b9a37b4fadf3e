import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { readFreeze, submitPayments } from '../../src/payments/index.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import type { StellarNetwork } from '../../src/stellar/port.ts';
import type { AnchorContext, PassOptions, TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { faults, type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const INSUFFICIENT_FEE = 'AAAAAAAABdz////3AAAAAA==';

describeDatabases('payments under faults', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test);
  });
  afterEach(() => faults(money.sandbox, []));
  afterAll(() => money.close());

  interface Deposit {
    wallet: Seeded;
    row: TransactionRow;
  }

  const deposit = async (units = 10n): Promise<Deposit> => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, units * XLM);
    money.credit(row, String(units));
    await pollDeposits(money.ctx, money.options);
    return { wallet, row };
  };
  const submit = (ctx: AnchorContext = money.ctx, options: PassOptions = money.options) =>
    submitPayments(ctx, options);
  const expectPaidOnce = async ({ wallet, row }: Deposit): Promise<void> => {
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
    expect(await money.balance(wallet.publicKey)).toBe(row.amount_out_units as bigint);
  };
  const withNetwork = (over: Partial<StellarNetwork>): AnchorContext => ({
    ...money.ctx,
    network: { ...money.ctx.network, ...over },
  });
  const envelopes = (row: TransactionRow) =>
    money.ctx.db.read
      .selectFrom('envelopes')
      .innerJoin('envelope_obligations', 'envelope_hash', 'hash')
      .innerJoin('obligations', 'obligations.id', 'obligation_id')
      .selectAll('envelopes')
      .where('transaction_id', '=', row.id)
      .orderBy('envelopes.created_at')
      .execute();
  /** a deadline that has come after a few looks */
  const brief = (): PassOptions => {
    const deadlineMs = money.clock.now() + 3_000;
    return { ...money.options, deadlineMs };
  };

  it('F3: pays once when the answer is lost', async () => {
    const one = await deposit();
    await faults(money.sandbox, [{ on: 'POST /transactions_async', times: 1, after: true, reset: true }]);
    await submit();
    await expectPaidOnce(one);
    expect(await envelopes(one.row)).toHaveLength(1);
  });

  it.each([429, 500, 502, 503, 504])('F2: pays once when the submission is answered %i', async (status) => {
    const one = await deposit();
    const respond = { status, body: { type: 'x', status } };
    await faults(money.sandbox, [{ on: 'POST /transactions_async', times: 2, respond }]);
    await submit();
    await expectPaidOnce(one);
    expect(await envelopes(one.row)).toHaveLength(1);
  });

  it.each(['', '<html>', '{"hash":', '[]', '{"hash":"00","ledger":1,"successful":true,"result_xdr":"AAAA"}'])(
    'F2: pays once when the submission is answered 200 with %j',
    async (body) => {
      const one = await deposit();
      await faults(money.sandbox, [
        { on: 'POST /transactions_async', times: 1, after: true, respond: { status: 200, body } },
      ]);
      await submit();
      await expectPaidOnce(one);
    },
  );

  it.each([true, false])('F4: a false tx_bad_seq proves nothing (carried out: %s)', async (after) => {
    const one = await deposit();
    const body = {
      type: 'https://stellar.org/horizon-errors/transaction_failed',
      status: 400,
      extras: { result_codes: { transaction: 'tx_bad_seq' }, result_xdr: 'AAAAAAAAAAD////7AAAAAA==' },
    };
    await faults(money.sandbox, [
      { on: 'POST /transactions_async', times: 2, after, respond: { status: 400, body } },
    ]);
    await submit();
    money.clock.advance(10_000);
    await submit();
    await expectPaidOnce(one);
    expect(await envelopes(one.row)).toHaveLength(1);
  });

  it('F6: signs a dearer envelope in the same slot when the fee did not suffice, up to the cap', async () => {
    const one = await deposit();
    const body = {
      type: 'https://stellar.org/horizon-errors/transaction_failed',
      status: 400,
      extras: { result_codes: { transaction: 'tx_insufficient_fee' }, result_xdr: INSUFFICIENT_FEE },
    };
    await faults(money.sandbox, [
      { on: 'POST /transactions_async', times: 1, respond: { status: 400, body } },
    ]);
    await submit();
    await expectPaidOnce(one);
    const [first, second] = await envelopes(one.row);
    expect(first?.state).toBe('dead');
    expect(second).toMatchObject({ state: 'applied', sequence: first?.sequence, slot_id: first?.slot_id });
    // a fee bump: the operation and itself, at what the door has named
    expect(second?.fee_units).toBe(3000n);
    expect(second?.inner_hash).toBe(first?.hash);
  });

  it('F1: goes on after a crash between storing and sending', async () => {
    const one = await deposit();
    const crash = withNetwork({
      submitAsync: () => {
        throw new Error('killed');
      },
    });
    await submit(crash);
    const [owed] = await money.obligations(one.row.id);
    expect(owed?.state).toBe('bound');
    expect((await money.row(one.row.id)).status).toBe('pending_stellar');
    await submit();
    await expectPaidOnce(one);
    expect(await envelopes(one.row)).toHaveLength(1);
  });

  it('F1: goes on after a crash between sending and booking', async () => {
    const one = await deposit();
    const crash = withNetwork({
      submitAsync: async (xdr) => {
        await money.ctx.network.submitAsync(xdr);
        throw new Error('killed');
      },
    });
    await submit(crash);
    money.closeLedgers(1);
    expect(await money.deliveries(one.wallet.publicKey)).toHaveLength(1);
    expect((await money.row(one.row.id)).status).toBe('pending_stellar');
    await submit();
    await expectPaidOnce(one);
    expect(await envelopes(one.row)).toHaveLength(1);
  });

  it('F5: waits for a transaction that comes late, however often it is looked for in vain', async () => {
    const one = await deposit();
    await faults(money.sandbox, [{ on: 'POST /transactions_async', reset: true }]);
    await submit(money.ctx, brief());
    money.closeLedgers(15);
    await submit(money.ctx, brief());
    const [envelope] = await envelopes(one.row);
    expect(await envelopes(one.row)).toHaveLength(1);
    money.sandbox.closeLedger({ transactions: [envelope?.xdr ?? ''] });
    await submit();
    await expectPaidOnce(one);
  });

  it('R4: gives up an envelope only after its last ledger, and offers the same slot anew', async () => {
    const one = await deposit();
    await faults(money.sandbox, [{ on: 'POST /transactions_async', reset: true }]);
    await submit(money.ctx, brief());
    const [first] = await envelopes(one.row);
    const left = (first?.max_ledger ?? 0) - money.sandbox.ledger.header.sequence;
    money.closeLedgers(left - 1);
    await submit(money.ctx, brief());
    expect((await envelopes(one.row)).map((one) => one.state)).toEqual(['submitted']);
    money.closeLedgers(1);
    await submit(money.ctx, brief());
    await faults(money.sandbox, []);
    money.clock.advance(600_000);
    await submit();
    await expectPaidOnce(one);
    const all = await envelopes(one.row);
    expect(all.length).toBeGreaterThan(1);
    expect(new Set(all.map((envelope) => envelope.slot_id)).size).toBe(1);
    expect(all.at(-1)?.state).toBe('applied');
    // the dead one can never apply again
    const answer = money.sandbox.ledger.check(first?.xdr ?? '');
    expect(answer.status).toBe('error');
  });

  it('R4: a 404 of a node that lags proves nothing', async () => {
    const one = await deposit();
    const lagging = withNetwork({
      transaction: async () => null,
      submitAsync: async (xdr) => {
        await money.ctx.network.submitAsync(xdr);
        return { status: 'unknown', reason: 'lost' };
      },
    });
    await submit(lagging, brief());
    money.closeLedgers(40);
    await submit(lagging);
    await expectPaidOnce(one);
    expect(await envelopes(one.row)).toHaveLength(1);
  });

  it('F7: never takes a sequence number from a node that is behind our own book', async () => {
    const old = await money.ctx.network.account(money.distribution.publicKey);
    const before = await deposit();
    await submit();
    await expectPaidOnce(before);
    const one = await deposit();
    const stale = withNetwork({
      account: async (id) => (id === money.distribution.publicKey ? old : money.ctx.network.account(id)),
    });
    await submit(stale, brief());
    expect(await envelopes(one.row)).toHaveLength(0);
    await submit();
    await expectPaidOnce(one);
  });

  it('F9: says so when the network knows less than our own book, and signs nothing', async () => {
    const done = await deposit();
    await submit();
    await expectPaidOnce(done);
    const one = await deposit();
    const reset = withNetwork({
      account: async (id) => {
        const now = await money.ctx.network.account(id);
        return id === money.distribution.publicKey ? { ...now, sequence: 1n } : now;
      },
    });
    money.clock.advance(120_000);
    await submit(reset, brief());
    expect(await envelopes(one.row)).toHaveLength(0);
    expect(await money.obligations(one.row.id)).toMatchObject([
      { state: 'waiting', waiting_code: 'network' },
    ]);
    money.clock.advance(600_000);
    await submit();
    await expectPaidOnce(one);
  });

  it('R2: an operation that the door refuses is left out in the same slot, and the others are paid', async () => {
    const [bad, good] = [await deposit(), await deposit()];
    const [first] = [await money.obligations(bad.row.id)];
    const body = {
      type: 'https://stellar.org/horizon-errors/transaction_failed',
      status: 400,
      extras: { result_codes: { transaction: 'tx_failed', operations: ['op_malformed', 'op_success'] } },
    };
    await faults(money.sandbox, [
      { on: 'POST /transactions_async', times: 1, respond: { status: 400, body } },
    ]);
    await submit(money.ctx, brief());
    await expectPaidOnce(good);
    expect((await money.row(bad.row.id)).status).toBe('pending_anchor');
    expect(await money.obligations(bad.row.id)).toMatchObject([
      { id: first?.[0]?.id, waiting_code: 'network' },
    ]);
    const [one, two] = await envelopes(good.row);
    expect(two?.slot_id).toBe(one?.slot_id);
    money.clock.advance(600_000);
    await submit();
    await expectPaidOnce(bad);
  });

  it('F11: a trustline that goes between look and payment makes one wait and no other', async () => {
    const [bad, good] = [await deposit(), await deposit()];
    let done = false;
    const racing = withNetwork({
      submitAsync: async (xdr) => {
        if (!done) {
          done = true;
          await money.apply(bad.wallet, [{ type: 'changeTrust', asset: money.stellarAsset, limit: 0n }]);
        }
        return money.ctx.network.submitAsync(xdr);
      },
    });
    await submit(racing);
    await expectPaidOnce(good);
    expect((await money.row(bad.row.id)).status).toBe('pending_trust');
    await money.apply(bad.wallet, [{ type: 'changeTrust', asset: money.stellarAsset }]);
    money.clock.advance(600_000);
    await submit();
    await expectPaidOnce(bad);
  });

  it('F15: two workers at once pay each deposit once', async () => {
    const all: Deposit[] = [];
    for (let i = 0; i < 12; i++) {
      const wallet = await money.wallet();
      const memo = i % 3 === 0 ? { type: 'id' as const, value: String(i) } : null;
      const row = await money.started('deposit', wallet.publicKey, 10n * XLM, { memo });
      money.credit(row, '10');
      all.push({ wallet, row });
    }
    const [a, b] = [money.context(), money.context()];
    await Promise.all([
      pollDeposits(a, money.worker('a')).then(() => submit(a, money.worker('a'))),
      pollDeposits(b, money.worker('b')).then(() => submit(b, money.worker('b'))),
    ]);
    await submit();
    for (const one of all) await expectPaidOnce(one);
  });

  it('R6: a worker that has lost its lease writes nothing, and its work goes on elsewhere', async () => {
    const one = await deposit();
    const overtaken = withNetwork({
      submitAsync: async (xdr) => {
        const answer = await money.ctx.network.submitAsync(xdr);
        await money.ctx.db.read
          .updateTable('leases')
          .set((row) => ({ owner: 'thief', epoch: row('epoch', '+', 1), expires_ms: 0n }))
          .where('name', '=', `source:${money.distribution.publicKey}`)
          .execute();
        return answer;
      },
    });
    await submit(overtaken);
    expect((await money.row(one.row.id)).status).toBe('pending_stellar');
    await submit();
    await expectPaidOnce(one);
  });

  it('R6: a lease of a worker that is gone is free at once, of a live one it is not', async () => {
    const one = await deposit();
    const name = `source:${money.distribution.publicKey}`;
    const expires_ms = (await money.ctx.db.nowMs()) + 60_000n;
    await money.ctx.db.read
      .updateTable('leases')
      .set({ owner: 'dead', expires_ms })
      .where('name', '=', name)
      .execute();
    await submit();
    expect(await envelopes(one.row)).toHaveLength(0);
    const { worker } = money.options;
    const knows = { ...worker, isGone: (lease: { owner: string }) => lease.owner === 'dead' };
    await submit(money.ctx, { ...money.worker('one'), worker: knows });
    await expectPaidOnce(one);
  });

  it('R4: a foreign transaction in our slot stops all signing, and nothing is paid twice', async () => {
    const one = await deposit();
    await faults(money.sandbox, [{ on: 'POST /transactions_async', reset: true }]);
    await submit(money.ctx, brief());
    const hash = await money.apply(money.distribution, [{ type: 'manageData', name: 'foreign', value: 'x' }]);
    await faults(money.sandbox, []);
    await submit();
    expect(await readFreeze(money.ctx.db.read)).toMatchObject({ hash });
    expect(await money.deliveries(one.wallet.publicKey)).toHaveLength(0);
    money.clock.advance(600_000);
    await submit();
    expect(await money.deliveries(one.wallet.publicKey)).toHaveLength(0);
    expect(await money.obligations(one.row.id)).toMatchObject([{ waiting_code: 'operator' }]);
  });
});
