import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchPayments } from '../../../src/ingest/index.ts';
import { NATIVE } from '../../../src/kernel/assets.ts';
import { readFreeze, submitPayments } from '../../../src/payments/index.ts';
import { executePayouts, pollDeposits } from '../../../src/rails/index.ts';
import { buildTransaction } from '../../../src/stellar/build.ts';
import { refundPayment } from '../../../src/transfers/refunds.ts';
import { describeDatabases, type TestDatabase } from '../../support/databases.ts';
import { type Money, XLM } from '../../support/money.ts';
import { accept, all, codeOf, deposit, kinds, openAgreed, pass, withdrawal } from './support.ts';

/** Changes a row, and back again afterwards: whatever the rules of the tables say. */
async function tampered(test: TestDatabase, change: string, back: string, work: () => Promise<void>) {
  const run = (statement: string) => sql.raw(statement).execute(test.db.read);
  await run(change);
  try {
    await work();
  } finally {
    await run(back);
  }
}

describeDatabases('reconcile', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openAgreed(test);
  });
  afterAll(() => money.close());

  const found = async () => (await all(money.ctx)).list().map(({ kind, id }) => ({ kind, id }));

  it('finds nothing after deposits, withdrawals, suspense and a failed payment (M1 to M5)', async () => {
    await deposit(money, 100n);
    await deposit(money, 20n);
    await withdrawal(money, 30n);
    const stranger = await money.wallet({ units: 9n * XLM });
    const { publicKey: destination } = money.distribution;
    const payment = { type: 'payment', destination, asset: money.stellarAsset, amount: 9n * XLM } as const;
    await money.apply(stranger, [payment]);
    await pass(money);
    await money.wallet();
    const report = await all(money.ctx);
    expect(report.list()).toEqual([]);
    expect(report.pending).toBe(0);
  });

  it('lets what is young be under way: a payment to us that is not read yet, a credit that is not booked', async () => {
    const row = await withdrawal(money, 11n);
    const next = await deposit(money, 12n);
    money.bank.credits[money.bank.credits.length - 1]!.at = new Date(money.clock.now()).toISOString();
    const report = await all(money.ctx);
    expect(report.list()).toEqual([]);
    expect(report.pending).toBe(2);
    await pass(money);
    expect((await money.row(row.id)).status).toBe('completed');
    expect((await money.row(next.row.id)).status).toBe('completed');
    expect(await found()).toEqual([]);
  });

  it('tells what was not read for long, by a hint to start the job', async () => {
    const row = await withdrawal(money, 11n);
    const made = await deposit(money, 12n);
    money.clock.advance(3_600_000);
    const credit = money.bank.credits.at(-1)?.id;
    const report = await all(money.ctx);
    expect(report.list()).toMatchObject([
      { kind: 'incoming_not_read', hint: expect.stringContaining('anchor run watch-payments') },
      { kind: 'credit_not_booked', id: credit, hint: expect.stringContaining('anchor run poll-deposits') },
    ]);
    await pass(money);
    expect((await money.row(row.id)).status).toBe('completed');
    expect((await money.row(made.row.id)).status).toBe('completed');
    expect(await found()).toEqual([]);
    expect(await readFreeze(test.db.read)).toBeNull();
  });

  it('finds a payment to us whose amount or asset is another in the database, and the balance off by it (M3)', async () => {
    const incoming = await test.db.read
      .selectFrom('incoming_payments')
      .selectAll()
      .where('bucket', '=', 'suspense')
      .executeTakeFirstOrThrow();
    const id = incoming.operation_id;
    const set = (units: bigint) =>
      `update incoming_payments set amount_units = ${units} where operation_id = '${id}'`;
    await tampered(test, set(incoming.amount_units + 1n), set(incoming.amount_units), async () => {
      const key = `${money.distribution.publicKey} ${incoming.asset}`;
      expect(await found()).toEqual([
        { kind: 'incoming_differs', id },
        { kind: 'balance', id: key },
      ]);
    });
  });

  it('finds a payment to us that the database has and the ledger has not (M3, M8)', async () => {
    const { publicKey: account } = money.distribution;
    const ledger = (await money.ctx.network.latestLedger()).sequence;
    const id = String((BigInt(ledger - 3) << 32n) + 1n);
    await test.db.read
      .insertInto('incoming_payments')
      .values({
        operation_id: id,
        account,
        transaction_hash: 'f'.repeat(64),
        from_account: account,
        asset: 'native',
        amount_units: 5n,
        memo: null,
        memo_type: null,
        muxed_id: null,
        type: 'payment',
        ledger: ledger - 3,
        bucket: 'suspense',
        reason: 'no_memo',
        transaction_id: null,
        paid_at: '2026-01-01T00:00:00.000Z',
        created_at: '2026-01-01T00:00:00.000Z',
      })
      .execute();
    expect(await found()).toEqual([
      { kind: 'incoming_not_on_ledger', id },
      { kind: 'balance', id: `${account} native` },
    ]);
    // out of the ledgers that were gone through
    await sql
      .raw(`update incoming_payments set amount_units = 0, ledger = 2147483000 where operation_id = '${id}'`)
      .execute(test.db.read);
    expect(kinds(await all(money.ctx))).toEqual(['network_reset']);
    await sql
      .raw(`update incoming_payments set account = 'gone' where operation_id = '${id}'`)
      .execute(test.db.read);
    expect(await found()).toEqual([]);
    expect(await readFreeze(test.db.read)).toBeNull();
  });

  it('finds an obligation that is paid in the database and not on the ledger, and one with another amount (M1, M7)', async () => {
    const { row } = await deposit(money, 40n);
    await pass(money);
    const [paid] = await money.obligations(row.id);
    const set = (column: string, value: string) =>
      `update obligations set ${column} = ${value} where id = '${paid?.id}'`;
    const other = await test.db.read
      .selectFrom('envelopes')
      .select('hash')
      .where('purpose', '=', 'accepted')
      .executeTakeFirstOrThrow();
    await tampered(
      test,
      set('paid_by', `'${other.hash}'`),
      set('paid_by', `'${paid?.paid_by}'`),
      async () => {
        const list = (await all(money.ctx)).list();
        expect(list.map(({ kind }) => kind)).toEqual(['paid_twice', 'paid_not_on_ledger', 'balance']);
        expect(list[0]?.id).toBe(paid?.id);
      },
    );
    expect((await readFreeze(test.db.read))?.hash).toBe(paid?.paid_by);
    await sql.raw(`delete from facts where name = 'freeze:signing'`).execute(test.db.read);
    await tampered(
      test,
      set('amount_units', '1'),
      set('amount_units', String(paid?.amount_units)),
      async () => {
        expect(kinds(await all(money.ctx))).toEqual(['payment_differs', 'balance', 'transaction_total']);
      },
    );
    await sql.raw(`delete from facts where name = 'freeze:signing'`).execute(test.db.read);
    await tampered(test, set('state', `'held'`), set('state', `'paid'`), async () => {
      expect(kinds(await all(money.ctx))).toEqual(['payment_not_booked', 'transaction_status']);
    });
    await sql.raw(`delete from facts where name = 'freeze:signing'`).execute(test.db.read);
    expect(await found()).toEqual([]);
  });

  it('finds totals and statuses that do not follow from their rows (M4)', async () => {
    const { row } = await deposit(money, 40n);
    await pass(money);
    const set = (text: string) => `update transactions set ${text} where id = '${row.id}'`;
    const done = await money.row(row.id);
    await tampered(
      test,
      set('received_units = received_units + 1'),
      set('received_units = received_units - 1'),
      async () => {
        expect(await found()).toEqual([
          { kind: 'transaction_total', id: row.id },
          { kind: 'transaction_total', id: row.id },
        ]);
      },
    );
    const open = `status = 'pending_anchor', completed_at = null`;
    const back = `status = 'completed', completed_at = '${done.completed_at}'`;
    await tampered(test, set(open), set(back), async () => {
      expect(await found()).toEqual([]);
      money.clock.advance(3_600_000);
      expect(await found()).toEqual([{ kind: 'transaction_status', id: row.id }]);
    });
    expect(await found()).toEqual([]);
  });

  it('finds an envelope whose end the database has wrong, and stops (M6)', async () => {
    const { row } = await deposit(money, 40n);
    await pass(money);
    const hash = (await money.row(row.id)).stellar_transaction_id ?? '';
    const set = (state: string) => `update envelopes set state = '${state}' where hash = '${hash}'`;
    await tampered(test, set('dead'), set('applied'), async () => {
      expect(await found()).toContainEqual({ kind: 'envelope_state', id: hash });
    });
    expect((await readFreeze(test.db.read))?.hash).toBe(hash);
    await sql.raw(`delete from facts where name = 'freeze:signing'`).execute(test.db.read);
  });

  it('finds a credit with another amount, one the bank does not know', async () => {
    const { row } = await deposit(money, 40n);
    const credit = money.bank.credits.at(-1);
    await pass(money);
    expect((await money.row(row.id)).status).toBe('completed');
    credit!.amount = '41';
    expect(await found()).toEqual([{ kind: 'credit_differs', id: credit?.id }]);
    credit!.amount = '40';
    const kept = money.bank.credits.splice(0);
    money.clock.advance(3_600_000);
    expect(kinds(await all(money.ctx))).toEqual(['bank_unreadable']);
    money.bank.credits.push(...kept.filter((one) => one !== credit));
    expect(await found()).toEqual([{ kind: 'credit_unknown_to_bank', id: credit?.id }]);
    money.bank.credits.splice(0, money.bank.credits.length, ...kept);
    expect(await found()).toEqual([]);
  });

  it('finds payouts that the bank does not confirm, and has one looked up that it made already', async () => {
    const row = await withdrawal(money, 30n);
    await pass(money);
    const [payout] = await money.obligations(row.id);
    const key = payout?.id ?? '';
    const amount = money.bank.paid.get(key) ?? '';
    money.bank.paid.delete(key);
    expect(await found()).toEqual([{ kind: 'payout_unknown_to_bank', id: key }]);
    money.bank.paid.set(key, amount);
    expect(await found()).toEqual([]);
    // owed here, and paid by the bank: only looked up from now on
    const other = await withdrawal(money, 31n);
    await watchPayments(money.ctx, money.options);
    const [owed] = await money.obligations(other.id);
    money.bank.paid.set(owed?.id ?? '', '30.69');
    const ordered = money.bank.calls.payout.length;
    expect(await found()).toEqual([{ kind: 'payout_not_booked', id: owed?.id }]);
    await executePayouts(money.ctx, money.options);
    expect(money.bank.calls.payout).toHaveLength(ordered);
    expect((await money.row(other.id)).status).toBe('completed');
    expect(await found()).toEqual([]);
  });

  it('says that the bank cannot be read, and compares the rest', async () => {
    const poll = money.bank.rails.pollDeposits;
    money.bank.rails.pollDeposits = () => Promise.reject(new Error('closed'));
    const report = await all(money.ctx);
    money.bank.rails.pollDeposits = poll;
    expect(kinds(report)).toEqual(['bank_unreadable']);
    expect(report.compared.transactions).toBeGreaterThan(0);
  });

  it('stops all payments for a transaction that nobody here has signed, until it is accepted (M6, R3)', async () => {
    const wallet = await money.wallet();
    const amount = 7n * XLM;
    const payment = {
      type: 'payment',
      destination: wallet.publicKey,
      asset: money.stellarAsset,
      amount,
    } as const;
    const hash = await money.apply(money.distribution, [payment]);
    const report = await all(money.ctx);
    expect(report.list()).toMatchObject([
      { kind: 'unknown_transaction', id: hash, hint: expect.stringContaining(`--accept ${hash}`) },
    ]);
    expect((await readFreeze(test.db.read))?.hash).toBe(hash);
    const { row } = await deposit(money, 40n);
    await pollDeposits(money.ctx, money.options);
    await submitPayments(money.ctx, money.options);
    expect((await money.obligations(row.id))[0]?.state).toBe('owed');
    expect(await codeOf(accept(money.ctx, 'e'.repeat(64)))).toBe('TRANSACTION_NOT_FOUND');
    const other = await money.apply(money.issuer, [{ ...payment, amount: 1n }]);
    expect(await codeOf(accept(money.ctx, other))).toBe('TRANSACTION_NOT_OURS');
    expect(await accept(money.ctx, hash)).toEqual({ hash, paid: [] });
    expect(await found()).toEqual([]);
    const envelope = await test.db.read
      .selectFrom('envelopes')
      .selectAll()
      .where('hash', '=', hash)
      .executeTakeFirst();
    expect(envelope).toMatchObject({ purpose: 'accepted', state: 'applied' });
    expect(JSON.parse(envelope?.last_answer ?? '')).toMatchObject({
      accepted: { by: 'operator:test', reason: 'by hand', at: expect.any(String) },
    });
    await sql.raw(`delete from facts where name = 'freeze:signing'`).execute(test.db.read);
    await pass(money);
    expect((await money.row(row.id)).status).toBe('completed');
    expect(await found()).toEqual([]);
  });

  it('finds what took our key through another account, and what our channels did (M6)', async () => {
    const stranger = await money.wallet();
    const { publicKey: source } = money.distribution;
    const payment = {
      type: 'payment',
      source,
      destination: stranger.publicKey,
      asset: money.stellarAsset,
      amount: XLM,
    } as const;
    const account = await money.ctx.network.account(stranger.publicKey);
    if ('missing' in account) throw new Error('no account');
    const built = await buildTransaction({
      passphrase: money.sandbox.passphrase,
      source: stranger.publicKey,
      sequence: account.sequence + 1n,
      feePerOperation: 100n,
      operations: [payment],
      maxTime: 0,
      signers: [stranger, money.distribution],
    });
    money.sandbox.closeLedger({ transactions: [built.xdr] });
    expect(await found()).toEqual([{ kind: 'unknown_transaction', id: built.hash }]);
    await watchPayments(money.ctx, money.options);
    await accept(money.ctx, built.hash);
    const channel = await money.wallet();
    const created_at = new Date(Date.now() - 60_000).toISOString();
    await test.db.read
      .insertInto('keys')
      .values({ account: channel.publicKey, purpose: 'channel', seed: '', created_at })
      .execute();
    const [trust] = (await all(money.ctx)).list();
    expect(trust).toMatchObject({
      kind: 'unknown_transaction',
      found: expect.stringContaining('no payment'),
    });
    await watchPayments(money.ctx, money.options);
    await accept(money.ctx, trust?.id ?? '');
    const hash = await money.apply(channel, [{ ...payment, source: channel.publicKey, asset: NATIVE }]);
    expect(await found()).toEqual([{ kind: 'unknown_transaction', id: hash }]);
    await watchPayments(money.ctx, money.options);
    await accept(money.ctx, hash);
    expect(await found()).toEqual([]);
    await sql.raw(`delete from facts where name = 'freeze:signing'`).execute(test.db.read);
  });

  it('knows refunds: of a withdrawal, and of what lies in suspense', async () => {
    const stranger = await money.wallet({ units: 9n * XLM });
    const { publicKey: destination } = money.distribution;
    const sent = { type: 'payment', destination, asset: money.stellarAsset, amount: 9n * XLM } as const;
    const hash = await money.apply(stranger, [sent]);
    await watchPayments(money.ctx, money.options);
    const row = await test.db.read
      .selectFrom('incoming_payments')
      .selectAll()
      .where('transaction_hash', '=', hash)
      .executeTakeFirstOrThrow();
    const how = { by: 'operator:test', reason: 'sent by mistake' };
    await money.ctx.db.write((trx) => refundPayment(money.ctx, trx, row, how));
    expect(await found()).toEqual([]);
    await pass(money);
    expect(await money.balance(stranger.publicKey)).toBe(9n * XLM);
    expect(await found()).toEqual([]);
    const set = (units: bigint) =>
      `update incoming_payments set refunded_units = ${units} where operation_id = '${row.operation_id}'`;
    await tampered(test, set(0n), set(9n * XLM), async () => {
      expect(await found()).toEqual([{ kind: 'transaction_total', id: row.operation_id }]);
    });
  });
});
