import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/database/index.ts';
import { watchPayments } from '../../../src/ingest/index.ts';
import { liftFreeze } from '../../../src/jobs/reconcile/index.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { readFreeze, submitPayments } from '../../../src/payments/index.ts';
import { executePayouts, pollDeposits } from '../../../src/rails/index.ts';
import type { AnchorContext } from '../../../src/transfers/index.ts';
import { createDatabase } from '../../support/databases.ts';
import { type Money, type Seeded, XLM } from '../../support/money.ts';
import { accept, all, codeOf, deposit, kinds, openAgreed, pass, withdrawal } from './support.ts';

interface Restored {
  money: Money;
  /** on the database as it was before the payments */
  ctx: AnchorContext;
  wallets: Seeded[];
  ids: string[];
  withdrawalId: string;
  balances(): Promise<bigint[]>;
}

/** Deposits are announced, the database is copied, the deposits and a withdrawal are paid, and the copy is put back. */
async function afterRestore(work: (restored: Restored) => Promise<void>): Promise<void> {
  const test = await createDatabase('sqlite');
  const money = await openAgreed(test);
  try {
    const made = [await deposit(money, 40n), await deposit(money, 40n), await deposit(money, 70n)];
    const paidOut = await withdrawal(money, 30n);
    const backup = join(test.root, 'backup.db');
    await test.db.read.executeQuery((await import('kysely')).CompiledQuery.raw(`vacuum into '${backup}'`));
    await pass(money);
    copyFileSync(backup, join(test.root, 'restored.db'));
    const db = await openDatabase({ url: 'sqlite:restored.db', root: test.root, log: silentLog });
    const wallets = made.map(({ wallet }) => wallet);
    const balances = () => Promise.all(wallets.map(({ publicKey }) => money.balance(publicKey)));
    expect(await balances()).toEqual([39n * XLM, 39n * XLM, 69n * XLM]);
    try {
      await work({
        money,
        ctx: { ...money.ctx, db },
        wallets,
        ids: made.map(({ row }) => row.id),
        withdrawalId: paidOut.id,
        balances,
      });
    } finally {
      await db.close();
    }
  } finally {
    await money.close();
    await test.drop();
  }
}

describe('a database restored from a backup (F18)', () => {
  it('pays nobody twice by the engine alone (M6, F18)', () =>
    afterRestore(async ({ money, ctx, balances }) => {
      const before = await balances();
      await pass(money, ctx);
      expect(await balances()).toEqual(before);
      expect(await readFreeze(ctx.db.read)).not.toBeNull();
    }));

  it('is stopped by reconcile before it pays, and pays nobody twice (M1, M6)', () =>
    afterRestore(async ({ money, ctx, balances }) => {
      const before = await balances();
      const report = await all(ctx);
      expect(new Set(kinds(report))).toContain('unknown_transaction');
      expect(await readFreeze(ctx.db.read)).not.toBeNull();
      await pass(money, ctx);
      await pass(money, ctx);
      expect(await balances()).toEqual(before);
    }));

  it('goes on when what it forgot is accepted: payments are recognized, also two of one amount (M1, M7)', () =>
    afterRestore(async ({ money, ctx, wallets, ids, balances }) => {
      const before = await balances();
      const first = await all(ctx);
      const unknown = first.list().filter(({ kind }) => kind === 'unknown_transaction');
      expect(unknown.length).toBeGreaterThan(0);
      for (const { id } of unknown) expect(await codeOf(accept(ctx, id))).toBe('CREDITS_NOT_READ');
      await pollDeposits(ctx, money.options);
      for (const { id } of unknown) expect(await codeOf(accept(ctx, id))).toBe('PAYMENTS_NOT_READ');
      await watchPayments(ctx, money.options);
      const paid: string[] = [];
      for (const { id } of unknown) paid.push(...(await accept(ctx, id)).paid);
      expect(paid).toHaveLength(3);
      await liftFreeze(ctx, 'operator:test', 'restored');
      await submitPayments(ctx, money.options);
      expect(await balances()).toEqual(before);
      for (const [at, id] of ids.entries()) {
        const row = await ctx.db.read
          .selectFrom('transactions')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst();
        expect(row?.status).toBe('completed');
        const [delivery] = await money
          .deliveries(wallets[at]?.publicKey ?? '')
          .then((all) => all.filter((one) => one.type === 'payment'));
        expect(row?.stellar_transaction_id).toBe(delivery?.transaction.hash);
      }
      // the bank has paid the withdrawal under the same key, and our book does not know it yet; the rest agrees
      expect(kinds(await all(ctx))).toEqual(['payout_not_booked']);
      await executePayouts(ctx, money.options);
      expect(money.bank.paid.size).toBe(1);
      expect(kinds(await all(ctx))).toEqual([]);
    }));

  // The key of a payout follows from what it is: after a restore the bank is asked for the same one as before.
  it('pays a withdrawal once (M2, F18)', () =>
    afterRestore(async ({ money, ctx }) => {
      await watchPayments(ctx, money.options);
      await executePayouts(ctx, money.options);
      expect(money.bank.paid.size).toBe(1);
    }));
});
