import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeStrKey, joinMuxed } from '../../src/kernel/strkey.ts';
import { submitPayments } from '../../src/payments/index.ts';
import { pollDeposits } from '../../src/rails/index.ts';
import { waitingFor } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

describeDatabases('deposits', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test);
  });
  afterAll(() => money.close());

  const pass = async (): Promise<void> => {
    await pollDeposits(money.ctx, money.options);
    await submitPayments(money.ctx, money.options);
  };

  const trust = (wallet: Seeded) => money.apply(wallet, [{ type: 'changeTrust', asset: money.stellarAsset }]);

  it('pays a deposit to an existing account, with every status on the way (S24-M10, S24-F18, S24-F19)', async () => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 100n * XLM);
    money.credit(row, '100');
    await pass();
    const done = await money.row(row.id);
    expect(done.status).toBe('completed');
    expect(done.completed_at).not.toBeNull();
    expect(done.amount_out_units).toBe(99n * XLM);
    expect(await money.balance(wallet.publicKey)).toBe(99n * XLM);
    const [operation] = await money.deliveries(wallet.publicKey);
    expect(operation?.transaction.hash).toBe(done.stellar_transaction_id);
    const history = await money.ctx.db.read
      .selectFrom('transaction_history')
      .select('to_status')
      .where('transaction_id', '=', row.id)
      .orderBy('id')
      .execute();
    expect(history.map((one) => one.to_status)).toEqual([
      'incomplete',
      'pending_user_transfer_start',
      'pending_anchor',
      'pending_stellar',
      'completed',
    ]);
  });

  it('pays once, however often it is run again', async () => {
    const wallet = await money.wallet();
    const row = await money.started('deposit', wallet.publicKey, 50n * XLM);
    money.credit(row, '50');
    await pass();
    await pass();
    await pass();
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(1);
  });

  it('creates a missing account, waits in pending_trust, and pays when the trustline appears (S24-M09, S24-71, S24-72)', async () => {
    const wallet = await money.wallet({ funded: false });
    const row = await money.started('deposit', wallet.publicKey, 20n * XLM);
    money.credit(row, '20');
    await pass();
    const waiting = await money.row(row.id);
    expect(waiting.status).toBe('pending_trust');
    expect(await money.balance(wallet.publicKey, 'native')).toBe(money.ctx.project.stellar.startingBalance);
    expect(await waitingFor(money.ctx, waiting)).toMatchObject({ code: 'job_not_running' });
    const [owed] = await money.obligations(row.id);
    expect(owed).toMatchObject({ state: 'waiting', waiting_code: 'trustline', slot_id: null });
    await trust(wallet);
    money.clock.advance(600_000);
    await pass();
    expect(await money.row(row.id)).toMatchObject({ status: 'completed', message: null });
    expect(await money.balance(wallet.publicKey)).toBe(19n * XLM);
    expect(await money.deliveries(wallet.publicKey)).toHaveLength(2);
  });

  it('leaves a deposit without trustline waiting, looks at it less and less often, and delays nobody', async () => {
    const poor = await money.wallet({ trust: false });
    const good = await money.wallet();
    const first = await money.started('deposit', poor.publicKey, 20n * XLM);
    const second = await money.started('deposit', good.publicKey, 20n * XLM);
    money.credit(first, '20');
    money.credit(second, '20');
    await pass();
    expect((await money.row(first.id)).status).toBe('pending_trust');
    expect((await money.row(second.id)).status).toBe('completed');
    const [before] = await money.obligations(first.id);
    await pass();
    const [after] = await money.obligations(first.id);
    expect(after?.attempts).toBe(before?.attempts);
    money.clock.advance(600_000);
    await pass();
    const [later] = await money.obligations(first.id);
    expect(later?.attempts).toBe((before?.attempts ?? 0) + 1);
    expect(later?.updated_at).toBe(before?.updated_at);
  });

  it('hands out a claimable balance only where wallet and anchor take them (S24-73, S24-74, S24-75)', async () => {
    const [poor, absent] = [await money.wallet({ trust: false }), await money.wallet({ funded: false })];
    const more = { claimableBalanceSupported: true };
    for (const wallet of [poor, absent]) {
      const row = await money.started('deposit', wallet.publicKey, 30n * XLM, more);
      money.credit(row, '30');
      await pass();
      const done = await money.row(row.id);
      expect(done.status).toBe('completed');
      expect(done.claimable_balance_id).toMatch(/^00000000[0-9a-f]{64}$/);
      await money.apply(wallet, [
        { type: 'changeTrust', asset: money.stellarAsset },
        { type: 'claimClaimableBalance', balanceId: done.claimable_balance_id ?? '' },
      ]);
      expect(await money.balance(wallet.publicKey)).toBe(29n * XLM);
    }
  });

  it('pays the deposits without memo together and each with a memo alone (S24-P08)', async () => {
    const wallets = [await money.wallet(), await money.wallet(), await money.wallet()];
    const rows = [];
    for (const [index, wallet] of wallets.entries()) {
      const memo = index === 1 ? { type: 'id' as const, value: '18446744073709551615' } : null;
      const row = await money.started('deposit', wallet.publicKey, 10n * XLM, { memo });
      money.credit(row, '10');
      rows.push(row);
    }
    await pass();
    const [a, b, c] = await Promise.all(rows.map((row) => money.row(row.id)));
    expect([a?.status, b?.status, c?.status]).toEqual(['completed', 'completed', 'completed']);
    expect(a?.stellar_transaction_id).toBe(c?.stellar_transaction_id);
    expect(b?.stellar_transaction_id).not.toBe(a?.stellar_transaction_id);
    const [operation] = await money.deliveries(wallets[1]?.publicKey ?? '');
    expect(operation?.transaction).toMatchObject({ memoType: 'id', memo: '18446744073709551615' });
  });

  it('pays a muxed destination with its id (S24-P06)', async () => {
    const wallet = await money.wallet();
    const muxed = joinMuxed(wallet.publicKey, '77');
    const row = await money.started('deposit', muxed, 10n * XLM);
    money.credit(row, '10');
    await pass();
    const [operation] = await money.deliveries(wallet.publicKey);
    expect(operation?.raw['to_muxed_id']).toBe('77');
    expect((await money.row(row.id)).status).toBe('completed');
  });

  it('waits where the trustline has no room', async () => {
    const wallet = await money.wallet({ trust: false });
    await money.apply(wallet, [{ type: 'changeTrust', asset: money.stellarAsset, limit: XLM }]);
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(row, '10');
    await pass();
    const [owed] = await money.obligations(row.id);
    expect(owed).toMatchObject({ state: 'waiting', waiting_code: 'trustline' });
    await trust(wallet);
    money.clock.advance(600_000);
    await pass();
    expect((await money.row(row.id)).status).toBe('completed');
  });

  it('queues what the distribution account cannot pay, without an error for the user, and goes on later', async () => {
    const wallet = await money.wallet();
    const all = await money.balance(money.distribution.publicKey);
    await money.apply(money.distribution, [
      { type: 'payment', destination: money.issuer.publicKey, asset: money.stellarAsset, amount: all },
    ]);
    await money.agree();
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(row, '10');
    await pass();
    expect((await money.row(row.id)).status).toBe('pending_anchor');
    expect(await money.obligations(row.id)).toMatchObject([{ state: 'waiting', waiting_code: 'funds' }]);
    const give = { type: 'payment', asset: money.stellarAsset, amount: all } as const;
    await money.apply(money.issuer, [{ ...give, destination: money.distribution.publicKey }]);
    money.clock.advance(600_000);
    await pass();
    expect((await money.row(row.id)).status).toBe('completed');
  });

  it('pays 130 deposits in two transactions', async () => {
    const wallet = await money.wallet();
    const ids: string[] = [];
    for (let i = 0; i < 130; i++) {
      const row = await money.started('deposit', wallet.publicKey, 2n * XLM);
      money.credit(row, '2');
      ids.push(row.id);
    }
    await pass();
    const rows = await Promise.all(ids.map((id) => money.row(id)));
    expect(new Set(rows.map((row) => row.status))).toEqual(new Set(['completed']));
    expect(new Set(rows.map((row) => row.stellar_transaction_id)).size).toBe(2);
    expect(await money.balance(wallet.publicKey)).toBe(130n * XLM);
  });

  it('holds a payment to a contract account and pays the others (S24-18)', async () => {
    const contract = encodeStrKey('contract', new Uint8Array(32));
    const wallet = await money.wallet();
    const odd = await money.started('deposit', contract, 10n * XLM);
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(odd, '10');
    money.credit(row, '10');
    await pass();
    expect(await money.obligations(odd.id)).toMatchObject([{ state: 'held', waiting_code: 'operator' }]);
    expect((await money.row(row.id)).status).toBe('completed');
  });
});
