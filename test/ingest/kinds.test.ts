import * as sdk from '@stellar/stellar-sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchPayments } from '../../src/ingest/index.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import {
  buildFeeBump,
  buildTransaction,
  claimableBalanceId,
  type Operation,
} from '../../src/stellar/build.ts';
import {
  insertObligation,
  matchSuspense,
  refundPayment,
  type TransactionRow,
} from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

const ANN = { by: 'operator:ann', reason: 'a test' };

describeDatabases('what payments bring', (test) => {
  let money: Money;
  let wallet: Seeded;
  let us: string;
  beforeAll(async () => {
    money = await openMoney(test);
    wallet = await money.wallet({ units: 10_000n * XLM });
    us = money.distribution.publicKey;
  });
  afterAll(() => money.close());

  const watch = () => watchPayments(money.ctx, money.options);
  const started = (units = 50n) => money.started('withdrawal', wallet.publicKey, units * XLM);
  const rows = (hash: string) =>
    money.ctx.db.read
      .selectFrom('incoming_payments')
      .selectAll()
      .where('transaction_hash', '=', hash)
      .orderBy('operation_id')
      .execute();
  const payment = (units: bigint, destination = us): Operation => ({
    type: 'payment',
    destination,
    asset: money.stellarAsset,
    amount: units,
  });
  const signed = async (source: Seeded, operations: Operation[], memo: string | null) => {
    const account = await money.ctx.network.account(source.publicKey);
    if ('missing' in account) expect.unreachable();
    return buildTransaction({
      passphrase: money.sandbox.passphrase,
      source: source.publicKey,
      sequence: account.sequence + 1n,
      feePerOperation: 100n,
      operations,
      memo: memo === null ? null : { type: 'id', value: memo },
      maxTime: 0,
      signers: [source],
    });
  };
  /** of operations that our own builder does not make */
  const applyRaw = async (source: Seeded, operation: sdk.xdr.Operation): Promise<string> => {
    const account = await money.ctx.network.account(source.publicKey);
    if ('missing' in account) expect.unreachable();
    const builder = new sdk.TransactionBuilder(
      new sdk.Account(source.publicKey, account.sequence.toString()),
      { fee: '100', networkPassphrase: money.sandbox.passphrase },
    );
    const transaction = builder.addOperation(operation).setTimeout(0).build();
    transaction.sign(sdk.Keypair.fromSecret(source.seed));
    money.sandbox.closeLedger({ transactions: [transaction.toXDR()] });
    return transaction.hash().toString('hex');
  };

  it('takes a payment whose fee somebody else has bumped, by the memo of the inner transaction (S24-68)', async () => {
    const row = await started();
    const other = await money.wallet({ trust: false });
    const inner = await signed(wallet, [payment(50n * XLM)], row.memo);
    const bump = await buildFeeBump({
      passphrase: money.sandbox.passphrase,
      innerXdr: inner.xdr,
      feeSource: other.publicKey,
      feePerOperation: 1_000n,
      signers: [other],
    });
    money.sandbox.closeLedger({ transactions: [bump.xdr] });
    await watch();
    expect(await money.row(row.id)).toMatchObject({
      status: 'pending_anchor',
      from_address: wallet.publicKey,
      stellar_transaction_id: bump.hash,
    });
  });

  it('takes sixty withdrawals that one transaction pays, each by its muxed id, and each once (S24-69)', async () => {
    const many: TransactionRow[] = [];
    for (let i = 0; i < 60; i++) many.push(await started(10n));
    const operations = many.map((row) => payment(10n * XLM, joinMuxed(us, row.memo ?? '')));
    const hash = await money.apply(wallet, [
      ...operations,
      payment(XLM),
      payment(10n * XLM, joinMuxed(us, many[0]?.memo ?? '')),
    ]);
    await watch();
    for (const row of many) expect((await money.row(row.id)).received_units).toBe(10n * XLM);
    const found = await rows(hash);
    expect(found).toHaveLength(62);
    expect(found.filter(({ bucket }) => bucket === 'matched')).toHaveLength(60);
    expect(found.flatMap(({ reason }) => reason ?? []).sort()).toEqual(['duplicate', 'no_memo']);
  });

  it('takes nothing of a transaction that failed, whatever its memo', async () => {
    const row = await started();
    const hash = await money.apply(wallet, [payment(50n * XLM), payment(1_000_000n * XLM)], {
      memo: { type: 'id', value: row.memo ?? '' },
    });
    await watch();
    expect(await rows(hash)).toEqual([]);
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
  });

  it('refuses to choose where muxed id and memo differ (R9)', async () => {
    const [one, other] = [await started(), await started()];
    const memo = { type: 'id', value: other.memo ?? '' } as const;
    const hash = await money.apply(wallet, [payment(50n * XLM, joinMuxed(us, one.memo ?? ''))], { memo });
    await watch();
    expect(await rows(hash)).toMatchObject([{ bucket: 'suspense', reason: 'memo_and_muxed' }]);
  });

  it('keeps a claimed balance in suspense with its amount, for an operator to match: nobody knows whose it was', async () => {
    const row = await started();
    const account = await money.ctx.network.account(wallet.publicKey);
    if ('missing' in account) expect.unreachable();
    const asset = money.stellarAsset;
    await money.apply(wallet, [
      { type: 'createClaimableBalance', asset, amount: 50n * XLM, claimants: [us] },
    ]);
    const balanceId = claimableBalanceId({
      source: wallet.publicKey,
      sequence: account.sequence + 1n,
      operationIndex: 0,
    });
    const hash = await money.apply(money.distribution, [{ type: 'claimClaimableBalance', balanceId }]);
    await watch();
    const [found] = await rows(hash);
    if (found === undefined) expect.unreachable();
    expect(found).toMatchObject({ reason: 'unsupported_operation', amount_units: 50n * XLM });
    const refund = money.ctx.db.write((trx) => refundPayment(money.ctx, trx, found, ANN));
    await expect(refund).rejects.toMatchObject({ code: 'REFUND_SENDER_UNKNOWN' });
    await matchSuspense(money.ctx, { kind: 'payment', row: found }, row, ANN);
    expect((await money.row(row.id)).received_units).toBe(50n * XLM);
  });

  it('says what an issuer has clawed back, and never takes it for money that came in', async () => {
    const issuer = await money.wallet({ trust: false });
    const asset = { code: 'CLAW', issuer: issuer.publicKey };
    await money.apply(issuer, [{ type: 'setOptions', options: { setFlags: 2 | 8 } }]);
    await money.apply(money.distribution, [{ type: 'changeTrust', asset }]);
    await money.apply(issuer, [{ type: 'payment', destination: us, asset, amount: 9n * XLM }]);
    const hash = await applyRaw(
      issuer,
      sdk.Operation.clawback({ asset: new sdk.Asset('CLAW', issuer.publicKey), from: us, amount: '4' }),
    );
    await watch();
    expect(await rows(hash)).toMatchObject([
      { type: 'clawback', bucket: 'internal', asset: `CLAW:${issuer.publicKey}`, amount_units: 4n * XLM },
    ]);
  });

  it("books what an imported account got before our time as the account's own past, and sends none of it back", async () => {
    const old = await money.apply(wallet, [payment(3n * XLM)]);
    const late = await started();
    const named = await money.apply(wallet, [payment(50n * XLM)], {
      memo: { type: 'id', value: late.memo ?? '' },
    });
    const created_at = new Date(money.clock.now() + 3_600_000).toISOString();
    const set = money.ctx.db.read.updateTable('assets').where('id', '=', money.asset.id);
    await set.set({ created_at, refund_after_hours: 0 }).execute();
    await watch();
    await set.set({ created_at: money.asset.created_at, refund_after_hours: null }).execute();
    expect(await rows(old)).toMatchObject([{ bucket: 'internal', refunded_units: 0n }]);
    expect(await rows(named)).toMatchObject([{ bucket: 'matched' }]);
  });

  it('lets no payment keep the others out: what cannot be booked lies in suspense, memos with NUL too', async () => {
    const [odd, good] = [await started(), await started()];
    const hashes: string[] = [];
    for (const row of [odd, good]) {
      const memo = { type: 'id', value: row.memo ?? '' } as const;
      hashes.push(await money.apply(wallet, [payment(50n * XLM)], { memo }));
    }
    const strange = await money.apply(wallet, [payment(XLM)], { memo: { type: 'text', value: 'a?b' } });
    // its obligation is there already: our book is broken
    const broken = { kind: 'withdrawal' as const, asset_id: money.asset.id, id: odd.id };
    const none = { destination: null, memo: null, memoType: null };
    const owed = { leg: 'rails', purpose: 'deliver', amountUnits: XLM, ...none } as const;
    await insertObligation(money.ctx, money.ctx.db.read, broken, owed);
    const { network } = money.ctx;
    const operations: typeof network.operations = async (...args) =>
      (await network.operations(...args)).map((one) =>
        one.transaction.memo === 'a?b' ? { ...one, transaction: { ...one.transaction, memo: 'a\0b' } } : one,
      );
    await watchPayments({ ...money.context(), network: { ...network, operations } }, money.options);
    expect((await money.row(good.id)).received_units).toBe(50n * XLM);
    expect((await money.row(odd.id)).received_units).toBe(0n);
    expect(await rows(hashes[0] ?? '')).toMatchObject([{ bucket: 'suspense', reason: 'internal_error' }]);
    expect(await rows(strange)).toMatchObject([{ reason: 'unknown_memo', memo: 'a\ufffdb' }]);
  });

  it('stores a page once, however often it is cut off before and after its commit (R8, F1)', async () => {
    const due: TransactionRow[] = [];
    for (let i = 0; i < 4; i++) {
      const row = await started();
      due.push(row);
      await money.apply(wallet, [payment(50n * XLM)], { memo: { type: 'id', value: row.memo ?? '' } });
    }
    for (const when of ['before', 'after', 'before', 'after'] as const) {
      await watchPayments(cutOff(money, when), money.options).catch(() => undefined);
    }
    await watch();
    for (const row of due) {
      expect((await money.row(row.id)).received_units).toBe(50n * XLM);
      expect(await money.obligations(row.id)).toHaveLength(1);
    }
  });
});

/** A process that dies at its first write: just before the commit, or just after it. */
function cutOff(money: Money, when: 'before' | 'after'): Money['ctx'] {
  const { db } = money.ctx;
  const write: typeof db.write = async (work) => {
    if (when === 'after') await db.write(work);
    else {
      await db.write(async (trx) => {
        await work(trx);
        throw new Error('killed before the commit');
      });
    }
    throw new Error('killed after the commit');
  };
  return { ...money.context(), db: { ...db, write } };
}
