import * as sdk from '@stellar/stellar-sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchPayments } from '../../src/ingest/index.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { executePayouts, pollDeposits } from '../../src/rails/index.ts';
import type { Operation } from '../../src/stellar/build.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import { createTransaction, submitInteractive, type TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

describeDatabases('defects in the reading of payments', (test) => {
  let money: Money;
  let wallet: Seeded;
  let us: string;
  beforeAll(async () => {
    money = await openMoney(test);
    wallet = await money.wallet({ units: 10_000n * XLM });
    us = money.distribution.publicKey;
  });
  afterAll(() => money.close());

  const watch = (ctx = money.ctx) => watchPayments(ctx, money.options);
  const started = (units = 50n) => money.started('withdrawal', wallet.publicKey, units * XLM);
  const memoOf = (row: TransactionRow) => ({ memo: { type: 'id', value: row.memo ?? '' } }) as const;
  const payment = (units: bigint, destination = us, asset = money.stellarAsset): Operation => ({
    type: 'payment',
    destination,
    asset,
    amount: units * XLM,
  });
  const stored = (hash: string) =>
    money.ctx.db.read
      .selectFrom('incoming_payments')
      .selectAll()
      .where('transaction_hash', '=', hash)
      .execute();
  const unpaid = async (row: TransactionRow) => {
    await executePayouts(money.ctx, money.options);
    expect(await money.obligations(row.id)).toEqual([]);
    expect(await money.row(row.id)).toMatchObject({
      status: 'pending_user_transfer_start',
      received_units: 0n,
    });
  };

  it('1196 muxed dest dropped: what comes to a muxed address is for its id, and a deposit goes to the muxed address', async () => {
    const row = await started();
    await money.apply(wallet, [payment(50n, joinMuxed(us, row.memo ?? ''))]);
    const other = await money.apply(wallet, [payment(50n, joinMuxed(us, '18446744073709551615'))]);
    await watch();
    expect((await money.row(row.id)).received_units).toBe(50n * XLM);
    expect(await stored(other)).toMatchObject([{ bucket: 'suspense', reason: 'unknown_memo' }]);

    const muxed = joinMuxed(wallet.publicKey, '77');
    const deposit = await money.started('deposit', wallet.publicKey, 20n * XLM, {
      owner: `${wallet.publicKey}:77`,
      subject: muxed,
      account: muxed,
    });
    money.credit(deposit, '20');
    await pollDeposits(money.ctx, money.options);
    await submitPayments(money.ctx, money.options);
    const { stellar_transaction_id: hash } = await money.row(deposit.id);
    const [paid] = (await money.deliveries(wallet.publicKey)).filter((one) => one.transaction.hash === hash);
    expect(paid?.raw).toMatchObject({ to_muxed: muxed, to_muxed_id: '77' });
  });

  it('1203 memo collision: a memo that a transaction has, or has had, is given to no other', async () => {
    const first = await started();
    const owner = wallet.publicKey;
    // a source of randomness that says three times what it said before
    const submitted = async (ctx: Money['ctx'], said: bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(said);
      let repeats = 3;
      const ids: Money['ctx']['ids'] = {
        uuid: () => ctx.ids.uuid(),
        bytes: (length) => (length === 8 && repeats-- > 0 ? Buffer.from(bytes) : ctx.ids.bytes(length)),
      };
      const made = await ctx.db.write((trx) =>
        createTransaction(ctx, trx, {
          sep: '24',
          kind: 'withdrawal',
          assetId: money.asset.id,
          owner,
          subject: owner,
          account: owner,
        }),
      );
      return submitInteractive({ ...ctx, ids }, made, { amountUnits: 50n * XLM, fields: {} });
    };
    const taken = BigInt(first.memo ?? '0');
    expect((await submitted(money.ctx, taken)).memo).not.toBe(first.memo);
    const set = { status: 'expired' } as const;
    await money.ctx.db.read.updateTable('transactions').set(set).where('id', '=', first.id).execute();
    expect((await submitted(money.ctx, taken)).memo).not.toBe(first.memo);

    // two processes that draw the same at the same time: the database lets one of them have it
    const apart = { ...money.ctx, db: await test.again() };
    for (let round = 1n; round <= 8n; round++) {
      const draws = [money.ctx, apart, money.ctx, apart].map((ctx) => submitted(ctx, 900_000n + round));
      const memos = (await Promise.allSettled(draws)).flatMap((one) =>
        one.status === 'fulfilled' ? [one.value.memo] : [],
      );
      expect(memos.length).toBeGreaterThan(0);
      expect(new Set(memos).size).toBe(memos.length);
    }
  });

  it('1218 RPC op index: a payment is read at every place of its transaction, with its own amount', async () => {
    const other = await money.wallet();
    for (const place of [0, 1, 5]) {
      const row = await started();
      const operations = Array.from({ length: 6 }, () => payment(7n, other.publicKey));
      operations[place] = payment(50n);
      const hash = await money.apply(wallet, operations, memoOf(row));
      await watch();
      expect(await stored(hash)).toMatchObject([{ bucket: 'matched', amount_units: 50n * XLM }]);
      expect((await money.row(row.id)).received_units).toBe(50n * XLM);
    }
    const rows = [await started(11n), await started(12n), await started(13n)];
    const to = (row: TransactionRow) => joinMuxed(us, row.memo ?? '');
    await money.apply(
      wallet,
      rows.flatMap((row, at) => [payment(1n, other.publicKey), payment(11n + BigInt(at), to(row))]),
    );
    await watch();
    for (const [at, row] of rows.entries()) {
      expect((await money.row(row.id)).received_units).toBe((11n + BigInt(at)) * XLM);
    }
  });

  it('1225 strict-send amount: what was delivered counts, never what was sent', async () => {
    const row = await started();
    // worthless: the sender's own asset, of which it spends as much as it should have paid, for one unit of ours
    const asset = { code: 'JUNK', issuer: wallet.publicKey };
    const maker = await money.wallet({ units: 100n * XLM });
    await money.apply(maker, [{ type: 'changeTrust', asset }]);
    await offer(money, maker, asset, '50');
    const sender = await money.wallet();
    await money.apply(sender, [{ type: 'changeTrust', asset }]);
    await money.apply(wallet, [payment(50n, sender.publicKey, asset)]);
    const hash = await money.apply(
      sender,
      [
        {
          type: 'pathPaymentStrictSend',
          sendAsset: asset,
          sendAmount: 50n * XLM,
          destination: us,
          asset: money.stellarAsset,
          minimum: 1n,
        },
      ],
      memoOf(row),
    );
    await watch();
    expect(await stored(hash)).toMatchObject([
      { bucket: 'suspense', reason: 'too_small', amount_units: XLM, transaction_id: row.id },
    ]);
    await unpaid(row);
  });

  it('1249 asset warn-only: another asset with the right memo and amount pays for nothing', async () => {
    const row = await started();
    const fake = { code: money.stellarAsset.code, issuer: wallet.publicKey };
    await money.apply(money.distribution, [{ type: 'changeTrust', asset: fake }]);
    await money.agree();
    const sender = await money.wallet();
    await money.apply(sender, [{ type: 'changeTrust', asset: fake }]);
    await money.apply(wallet, [payment(50n, sender.publicKey, fake)]);
    const native = { code: 'native', issuer: null };
    for (const asset of [native, fake]) {
      const hash = await money.apply(sender, [payment(50n, us, asset)], memoOf(row));
      await watch();
      expect(await stored(hash)).toMatchObject([{ bucket: 'suspense', reason: 'wrong_asset' }]);
    }
    await unpaid(row);
  });

  it('1231 RPC node skew: a node that lags behind the others hides payments for a while and loses none', async () => {
    await watch();
    const seen = BigInt(money.sandbox.ledger.header.sequence) << 32n;
    const rows: TransactionRow[] = [];
    for (let i = 0; i < 4; i++) {
      const row = await started();
      rows.push(row);
      await money.apply(wallet, [payment(50n)], memoOf(row));
      money.closeLedgers(3);
    }
    const urls: string[] = [];
    const direct: Fetch = (input, init) => money.sandbox.fetch(input, init);
    // lists come from the node that lags by so many ledgers, all else from one that does not
    const lagging = (ledgers: number): Fetch => {
      const until = seen + (BigInt(ledgers) << 32n);
      return async (input, init) => {
        urls.push(input);
        const answer = await direct(input, init);
        if (!new URL(input).pathname.endsWith('/operations') || !answer.ok) return answer;
        const page = (await answer.json()) as { _embedded: { records: { paging_token: string }[] } };
        const records = page._embedded.records.filter((one) => BigInt(one.paging_token) < until);
        return Response.json({ ...page, _embedded: { records } });
      };
    };
    for (const ledgers of [1, 6, 2, 1, 10]) await watch(money.context({ fetch: lagging(ledgers) }));
    await watch();
    for (const row of rows) expect((await money.row(row.id)).received_units).toBe(50n * XLM);
    // an operation and its transaction come in one answer: no second node is asked for the other half
    expect(urls.filter((url) => /\/transactions\/[0-9a-f]{64}/.test(url))).toEqual([]);
  });

  it('1311 observer halts: an operation that nobody can read is set aside, and those behind it are credited', async () => {
    const { network } = money.ctx;
    for (const change of [
      { amount: 'NaN' },
      { amount: undefined },
      { asset_type: 7 },
      { type: 'invoke_host_function', asset_balance_changes: [{ type: 'transfer', to: us, amount: {} }] },
    ]) {
      const [odd, good] = [await started(), await started()];
      const hash = await money.apply(wallet, [payment(50n)], memoOf(odd));
      await money.apply(wallet, [payment(50n)], memoOf(good));
      const operations: typeof network.operations = async (...args) =>
        (await network.operations(...args)).map((one) =>
          one.transaction.hash !== hash
            ? one
            : { ...one, type: change.type ?? one.type, raw: { ...one.raw, ...change } },
        );
      await watch({ ...money.context(), network: { ...network, operations } });
      await watch();
      expect(await stored(hash)).toMatchObject([{ bucket: 'suspense' }]);
      expect((await money.row(good.id)).received_units).toBe(50n * XLM);
      await unpaid(odd);
    }
  });
});

/** Of an offer, which our own builder does not make. */
async function offer(money: Money, maker: Seeded, sold: { code: string; issuer: string }, price: string) {
  const account = await money.ctx.network.account(maker.publicKey);
  if ('missing' in account) expect.unreachable();
  const { code, issuer } = money.stellarAsset;
  const transaction = new sdk.TransactionBuilder(
    new sdk.Account(maker.publicKey, account.sequence.toString()),
    { fee: '100', networkPassphrase: money.sandbox.passphrase },
  )
    .addOperation(
      sdk.Operation.manageSellOffer({
        selling: new sdk.Asset(code, issuer ?? ''),
        buying: new sdk.Asset(sold.code, sold.issuer),
        amount: '1',
        price,
      }),
    )
    .setTimeout(0)
    .build();
  transaction.sign(sdk.Keypair.fromSecret(maker.seed));
  const closed = money.sandbox.closeLedger({ transactions: [transaction.toXDR()] });
  expect(closed.successfulCount).toBe(1);
}
