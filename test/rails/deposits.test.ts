import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RailsIntegration } from '../../src/config/integrations.ts';
import { classifyCredit, pollDeposits } from '../../src/rails/index.ts';
import type { AnchorContext, TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

describeDatabases('bank credits', (test) => {
  let money: Money;
  let wallet: Seeded;
  beforeAll(async () => {
    money = await openMoney(test);
    wallet = await money.wallet();
  });
  afterAll(() => money.close());

  const started = (units = 100n) => money.started('deposit', wallet.publicKey, units * XLM);
  const poll = (ctx: AnchorContext = money.ctx) => pollDeposits(ctx, money.options);
  const stored = (id: string) =>
    money.ctx.db.read.selectFrom('bank_credits').selectAll().where('id', '=', id).executeTakeFirst();
  const withRails = (pollDeposits: RailsIntegration['pollDeposits']): AnchorContext => ({
    ...money.ctx,
    project: {
      ...money.ctx.project,
      integrations: { rails: { ...money.bank.rails, pollDeposits } },
    },
  });

  it('moves the deposit and writes down what is owed in one go (R1, S24-M05)', async () => {
    const row = await started();
    const credit = money.credit(row, '100.00');
    await poll();
    expect(await stored(credit.id)).toMatchObject({
      bucket: 'matched',
      transaction_id: row.id,
      payer: 'Ada',
    });
    expect(await money.row(row.id)).toMatchObject({
      status: 'pending_anchor',
      received_units: 100n * XLM,
      fee_units: XLM,
      paid_units: 99n * XLM,
      external_transaction_id: credit.id,
    });
    expect(await money.obligations(row.id)).toMatchObject([
      {
        leg: 'stellar',
        purpose: 'deliver',
        amount_units: 99n * XLM,
        destination: wallet.publicKey,
        state: 'owed',
      },
    ]);
  });

  it('finds the reference however the payer wrote it', async () => {
    const row = await started();
    const reference = ` ${row.reference.slice(0, 4).toLowerCase()}-${row.reference.slice(4)} `;
    money.credit(row, '100', { reference });
    await poll();
    expect((await money.row(row.id)).status).toBe('pending_anchor');
  });

  it('takes ten percent more or less with the fee computed anew, and no more (S24-70)', async () => {
    const [less, over, under] = [await started(), await started(), await started()];
    money.credit(less, '90');
    const tooMuch = money.credit(over, '110.01');
    const tooLittle = money.credit(under, '89.99');
    await poll();
    expect(await money.row(less.id)).toMatchObject({
      amount_in_units: 90n * XLM,
      amount_out_units: 89n * XLM,
      status: 'pending_anchor',
    });
    expect(await stored(tooMuch.id)).toMatchObject({
      bucket: 'suspense',
      reason: 'too_large',
      transaction_id: over.id,
    });
    expect(await stored(tooLittle.id)).toMatchObject({ bucket: 'suspense', reason: 'too_small' });
    expect((await money.row(under.id)).status).toBe('pending_user_transfer_start');
  });

  it('keeps everything else in suspense with its reason', async () => {
    const row = await started();
    const withdrawal = await money.started('withdrawal', wallet.publicKey, 100n * XLM);
    const cases = [
      [money.credit(row, '100', { reference: null }), 'no_reference'],
      [money.credit(row, '100', { reference: 'ZZZZZZZZ' }), 'unknown_reference'],
      [money.credit(withdrawal, '100'), 'unknown_reference'],
      [money.credit(row, '1e2'), 'unreadable'],
      [money.credit(row, '-100'), 'unreadable'],
      [money.credit(row, 'NaN'), 'unreadable'],
    ] as const;
    await poll();
    for (const [credit, reason] of cases) {
      expect(await stored(credit.id)).toMatchObject({ bucket: 'suspense', reason });
    }
    expect((await money.row(row.id)).status).toBe('pending_user_transfer_start');
  });

  it('takes a credit once by the bank’s own id, and a second one for the same deposit as a duplicate', async () => {
    const row = await started();
    const credit = money.credit(row, '100');
    money.bank.credits.push({ ...credit });
    const second = money.credit(row, '100');
    await poll();
    await poll(withRails(async () => ({ credits: money.bank.credits, cursor: null })));
    expect((await money.row(row.id)).received_units).toBe(100n * XLM);
    expect(await stored(second.id)).toMatchObject({
      bucket: 'suspense',
      reason: 'duplicate',
      transaction_id: row.id,
    });
    const later = money.credit(row, '100');
    await poll();
    expect(await stored(later.id)).toMatchObject({ reason: 'duplicate' });
  });

  it('keeps money for an expired deposit in suspense (S24-65)', async () => {
    const row = await started();
    await money.ctx.db.read
      .updateTable('transactions')
      .set({ status: 'expired' })
      .where('id', '=', row.id)
      .execute();
    const credit = money.credit(row, '100');
    await poll();
    expect(await stored(credit.id)).toMatchObject({ bucket: 'suspense', reason: 'expired' });
    expect((await money.row(row.id)).status).toBe('expired');
  });

  it('keeps nonsense entries, and stores the good ones beside them', async () => {
    const row = await started();
    const good = { id: `good-${row.id}`, amount: '100', reference: row.reference };
    const odd = [null, 7, 'x', [], {}, { id: '' }, { id: 'a'.repeat(201) }, { id: 5, amount: '1' }, good];
    const result = await poll(withRails(async () => ({ credits: odd as never })));
    expect(result).toMatchObject({ processed: 1, failed: 0 });
    const held = await money.ctx.db.read
      .selectFrom('bank_credits')
      .select('id')
      .where('reason', '=', 'unreadable')
      .where('created_at', '>=', row.started_at)
      .execute();
    expect(held).toHaveLength(8);
    expect((await money.row(row.id)).status).toBe('pending_anchor');
    const again = await poll(withRails(async () => ({ credits: odd as never })));
    expect(again).toMatchObject({ processed: 0, failed: 0 });
  });

  it.each([
    [
      'throws',
      async () => {
        throw new Error('bank is down');
      },
    ],
    ['answers nothing', async () => undefined],
    ['answers no list', async () => ({ credits: 'many' })],
    ['answers 9 MB', async () => ({ credits: Array(500).fill('x'.repeat(19_000)) })],
    [
      'answers a cycle',
      async () => {
        const a: Record<string, unknown> = {};
        a['a'] = a;
        return { credits: [], cursor: a };
      },
    ],
  ])('R12: stores nothing when the hook %s, and asks again with the same cursor', async (_, hook) => {
    const cursors: (string | null)[] = [];
    await expect(
      poll(
        withRails(async ({ cursor }) => {
          cursors.push(cursor);
          return (await hook()) as never;
        }),
      ),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^HOOK_/) });
    await poll(
      withRails(async ({ cursor }) => {
        cursors.push(cursor);
        return { credits: [] };
      }),
    );
    expect(cursors[1]).toEqual(cursors[0]);
  });

  it('F1: what was stored before a crash is stored once', async () => {
    const row = await started();
    money.credit(row, '100');
    let crashes = 2;
    const broken: AnchorContext = {
      ...money.ctx,
      db: {
        ...money.ctx.db,
        write: async (work) => {
          if (crashes === 2) {
            crashes -= 1;
            return money.ctx.db.write(async (trx) => {
              await work(trx);
              throw Object.assign(new Error('killed'));
            }) as never;
          }
          return money.ctx.db.write(work);
        },
      },
    };
    await poll(broken).catch(() => undefined);
    await poll();
    expect((await money.row(row.id)).received_units).toBe(100n * XLM);
    expect(await money.obligations(row.id)).toHaveLength(1);
  });

  it('F15: two copies at once take each credit once', async () => {
    const rows = [];
    for (let i = 0; i < 20; i++) {
      const row = await started();
      money.credit(row, '100');
      rows.push(row);
    }
    await Promise.all([poll(money.context()), poll(money.context())]);
    for (const row of rows) {
      expect(await money.row(row.id)).toMatchObject({ status: 'pending_anchor', received_units: 100n * XLM });
      expect(await money.obligations(row.id)).toHaveLength(1);
    }
  });
});

describe('matching of credits', () => {
  it('agrees with a brute-force oracle', () => {
    const status = fc.constantFrom(
      'incomplete',
      'pending_user_transfer_start',
      'pending_external',
      'pending_anchor',
      'completed',
      'expired',
    );
    const amount = fc.bigInt({ min: 1n, max: 2_000n });
    fc.assert(
      fc.property(
        status,
        amount,
        fc.option(amount),
        fc.boolean(),
        fc.constantFrom('deposit', 'withdrawal'),
        (at, expected, arrived, paid, kind) => {
          const row = {
            id: 'x',
            kind,
            status: at,
            received_units: paid ? 1n : 0n,
            amount_expected_units: expected,
          } as TransactionRow;
          const credit = { id: 'c', amountUnits: arrived, reference: 'R', payer: null, at: null };
          const policy = {
            tolerance_percent_units: 100_000_000n,
            wrong_amount: 'wait',
            accept_late: 0,
          } as const;
          const decided = classifyCredit(credit, row, policy);
          const open = at === 'pending_user_transfer_start' || at === 'pending_external';
          const near = arrived !== null && 10n * arrived >= 9n * expected && 10n * arrived <= 11n * expected;
          expect('row' in decided).toBe(arrived !== null && kind === 'deposit' && open && !paid && near);
        },
      ),
    );
  });
});
