import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { RailsIntegration } from '../../src/config/integrations.ts';
import { watchPayments } from '../../src/ingest/index.ts';
import { executePayouts, pollPayouts } from '../../src/rails/index.ts';
import { type AnchorContext, type TransactionRow, waitingFor } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, scriptedBank, XLM } from '../support/money.ts';

describeDatabases('payouts', (test) => {
  let money: Money;
  let wallet: Seeded;
  beforeAll(async () => {
    money = await openMoney(test, { bank: scriptedBank() });
    wallet = await money.wallet({ units: 10_000n * XLM });
  });
  beforeEach(() => {
    money.bank.onPayout = null;
    money.bank.calls.payout.length = 0;
    money.bank.calls.lookup.length = 0;
  });
  afterAll(() => money.close());

  const owed = async (): Promise<TransactionRow> => {
    const row = await money.started('withdrawal', wallet.publicKey, 50n * XLM);
    const asset = money.stellarAsset;
    const destination = row.anchor_account ?? '';
    await money.apply(wallet, [{ type: 'payment', destination, asset, amount: 50n * XLM }], {
      memo: { type: 'id', value: row.memo ?? '' },
    });
    await watchPayments(money.ctx, money.options);
    return row;
  };
  const execute = (ctx: AnchorContext = money.ctx) =>
    executePayouts(ctx, { ...money.options, deadlineMs: money.clock.now() + 20_000 });
  const keyOf = async (row: TransactionRow) => (await money.obligations(row.id))[0]?.id ?? '';
  const withRails = (rails: Partial<RailsIntegration>): AnchorContext => ({
    ...money.ctx,
    project: { ...money.ctx.project, integrations: { rails: { ...money.bank.rails, ...rails } } },
  });

  it('writes the attempt down before it calls the bank, with the obligation as key (R7)', async () => {
    const row = await owed();
    let seen: unknown;
    money.bank.onPayout = async (_key, take) => {
      [seen] = await money.obligations(row.id);
      take();
      return { status: 'completed', externalId: 'B-1' };
    };
    await execute();
    expect(seen).toMatchObject({ state: 'unknown', attempts: 1 });
    expect(money.bank.calls.payout).toEqual([await keyOf(row)]);
    expect(await money.row(row.id)).toMatchObject({ status: 'completed', external_transaction_id: 'B-1' });
  });

  it('never pays a withdrawal for which nothing arrived', async () => {
    const row = await money.started('withdrawal', wallet.publicKey, 50n * XLM);
    await execute();
    expect(money.bank.calls.payout).toEqual([]);
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
  });

  it('follows an accepted payout until the bank has paid it (S24-M18)', async () => {
    const row = await owed();
    money.bank.onPayout = () => ({ status: 'accepted', externalId: 'B-2' });
    await execute();
    expect(await money.row(row.id)).toMatchObject({
      status: 'pending_external',
      external_transaction_id: 'B-2',
    });
    await pollPayouts(money.ctx, money.options);
    expect((await money.row(row.id)).status).toBe('pending_external');
    money.bank.paid.set(await keyOf(row), '49.5');
    await pollPayouts(money.ctx, money.options);
    expect((await money.row(row.id)).status).toBe('completed');
    expect(money.bank.calls.payout).toHaveLength(1);
  });

  it('asks for many at once where the rails can, and keeps nonsense apart', async () => {
    const [a, b] = [await owed(), await owed()];
    money.bank.onPayout = () => ({ status: 'accepted' });
    await execute();
    const [keyA, keyB] = [await keyOf(a), await keyOf(b)];
    const news = [
      null,
      { key: keyB, status: 'perhaps' },
      { key: 'other', status: 'completed' },
      { key: keyA, status: 'completed' },
    ];
    await pollPayouts(withRails({ pollPayouts: async () => news as never }), money.options);
    expect((await money.row(a.id)).status).toBe('completed');
    expect((await money.row(b.id)).status).toBe('pending_external');
    await pollPayouts(
      withRails({ pollPayouts: async () => [{ key: keyB, status: 'completed' }] }),
      money.options,
    );
    expect((await money.row(b.id)).status).toBe('completed');
  });

  it.each(['throws', 'lies', 'hangs up after taking'])(
    'F16: a payout that %s is unknown, and only the look-up settles it',
    async (how) => {
      const row = await owed();
      money.bank.onPayout = (_key, take) => {
        if (how === 'lies') return { status: 'fine', amount: Number.NaN };
        if (how === 'hangs up after taking') take();
        throw new Error('connection reset');
      };
      await execute();
      expect(await money.obligations(row.id)).toMatchObject([{ state: 'unknown' }]);
      money.bank.onPayout = null;
      await execute();
      if (how === 'hangs up after taking') {
        expect((await money.row(row.id)).status).toBe('completed');
        expect(money.bank.calls.payout).toHaveLength(1);
        return;
      }
      // none so soon after the attempt proves nothing
      expect(money.bank.calls.payout).toHaveLength(1);
      expect(await money.obligations(row.id)).toMatchObject([{ state: 'unknown' }]);
      money.clock.advance(300_000);
      await execute();
      money.clock.advance(600_000);
      await execute();
      expect((await money.row(row.id)).status).toBe('completed');
      expect(money.bank.calls.payout).toEqual([await keyOf(row), await keyOf(row)]);
    },
  );

  it('R7: without a look-up an unclear payout is held for the operator and never sent again', async () => {
    const row = await owed();
    const calls: string[] = [];
    const ctx = withRails({
      lookupPayout: undefined as never,
      payout: async ({ key }) => {
        calls.push(key);
        throw new Error('timeout');
      },
    });
    await execute(ctx);
    money.clock.advance(3_600_000);
    await execute(ctx);
    expect(calls).toHaveLength(1);
    expect(await money.obligations(row.id)).toMatchObject([{ state: 'held', waiting_code: 'operator' }]);
    expect(await waitingFor(money.ctx, await money.row(row.id))).toMatchObject({ code: 'operator' });
    expect((await money.row(row.id)).status).toBe('pending_anchor');
  });

  it('holds what the bank rejects, with its reason', async () => {
    const row = await owed();
    money.bank.onPayout = () => ({ status: 'rejected', reason: 'account closed' });
    await execute();
    const [held] = await money.obligations(row.id);
    expect(held?.state).toBe('held');
    expect(held?.waiting_text).toContain('account closed');
  });

  it('F1: after a crash during the call it looks up first, once the call must have ended', async () => {
    const row = await owed();
    const key = await keyOf(row);
    money.bank.paid.set(key, '49.5');
    await money.ctx.db.read
      .updateTable('obligations')
      .set({
        state: 'unknown',
        attempts: 1,
        not_before_at: new Date(money.clock.now() + 70_000).toISOString(),
      })
      .where('id', '=', key)
      .execute();
    await execute();
    expect(money.bank.calls.lookup).toEqual([]);
    money.clock.advance(71_000);
    await execute();
    expect((await money.row(row.id)).status).toBe('completed');
    expect(money.bank.calls.payout).toEqual([]);
  });

  it('F15: two copies at once pay each withdrawal once, and one that fails keeps no other waiting', async () => {
    const rows = [];
    for (let i = 0; i < 6; i++) rows.push(await owed());
    const bad = await keyOf(rows[0] as TransactionRow);
    money.bank.onPayout = (key, take) => {
      if (key === bad) throw new Error('no');
      take();
      return { status: 'completed' };
    };
    await Promise.all([execute(money.context()), execute(money.context())]);
    const keys = money.bank.calls.payout;
    expect(new Set(keys).size).toBe(keys.length);
    for (const row of rows.slice(1)) expect((await money.row(row.id)).status).toBe('completed');
  });
});
