import { afterEach, describe, expect, it } from 'vitest';
import { reconcile } from '../../src/jobs/reconcile/reconcile.ts';
import { followSends, listSends, send, showSend, updateSend } from '../../src/sending/index.ts';
import { moveTransaction, refundTransaction, transactionOf } from '../../src/transfers/index.ts';
import { type TwoAnchors, twoAnchors } from './two-anchors.ts';

const XLM = 10_000_000n;

let both: TwoAnchors | undefined;
afterEach(async () => {
  await both?.close();
  both = undefined;
});

const pass = () => ({
  signal: new AbortController().signal,
  deadlineMs: Date.now() + 20_000,
  worker: { owner: 'test', machine: 'test', boot: 'test', isGone: () => false },
});

const payment = (to: string, more: object = {}) => ({
  key: 'order-4711',
  to,
  asset: 'SRT',
  amount: '100',
  sender: { id: 'ada', fields: { first_name: 'Ada', last_name: 'Lovelace', bank_account_number: 'ADA-1' } },
  receiver: { id: 'bob', fields: { first_name: 'Bob', last_name: 'Builder', bank_account_number: 'BOB-2' } },
  ...more,
});

describe('two anchors', () => {
  it('pay each other from bank to bank (S31-M01, S31-M03, S31-M06, S31-15, S31-F11)', async () => {
    both = await twoAnchors();
    const { a, b, until } = both;
    const before = { a: await a.balance(), b: await b.balance() };
    const begun = await send(a.ctx, payment(b.home));
    expect(begun).toMatchObject({
      state: 'awaiting_funds',
      amount: '100',
      amount_fee: '1',
      amount_sent: '99',
    });
    expect(await send(a.ctx, payment(b.home))).toMatchObject({ id: begun.id });
    await a.bank.pay({ amount: '100', reference: begun.reference ?? '', from: 'Ada' });
    const done = await until('the end', async () => {
      const now = await showSend(a.ctx, 'order-4711');
      return now.ended_at !== null && now;
    });
    expect(done).toMatchObject({ state: 'completed', remote: { status: 'completed', amount_out: '97' } });
    // the truth: both banks and the ledger
    expect(await a.statement('credit')).toMatchObject([{ amount: '100' }]);
    expect(await a.statement('payout')).toEqual([]);
    expect(await b.statement('payout')).toMatchObject([{ amount: '97', counterparty: 'BOB-2' }]);
    expect(await a.balance()).toBe(before.a - 99n * XLM);
    expect(await b.balance()).toBe(before.b + 99n * XLM);
    expect(await listSends(a.ctx, { limit: 10, open: true })).toEqual([]);
    for (const { ctx } of [a, b]) {
      const report = await reconcile(ctx, { signal: new AbortController().signal });
      expect(report.differences).toEqual([]);
    }
  });

  it('get the money back when the receiver cannot be paid, and the customer too (S31-26, S31-M09, S31-F14)', async () => {
    both = await twoAnchors({
      b: {
        integrations: {
          rails: {
            pollDeposits: async ({ cursor }) => ({ credits: [], cursor }),
            payout: async () => ({ status: 'rejected', reason: 'no such account' }),
          },
        },
      },
    });
    const { a, b, until } = both;
    const before = { a: await a.balance(), b: await b.balance() };
    const begun = await send(a.ctx, payment(b.home));
    await a.bank.pay({ amount: '100', reference: begun.reference ?? '', from: 'Ada' });
    const theirs = await until('the payment at the other anchor', async () => {
      const found = await b.ctx.db.read
        .selectFrom('obligations')
        .selectAll()
        .where('state', '=', 'held')
        .executeTakeFirst();
      return found !== undefined && transactionOf(b.ctx.db.read, found.transaction_id);
    });
    await b.ctx.db.write((trx) =>
      refundTransaction(b.ctx, trx, theirs, {
        by: 'operator:test',
        reason: 'no such account',
        notPaid: true,
      }),
    );
    const done = await until('the end', async () => {
      const now = await showSend(a.ctx, begun.id);
      return now.ended_at !== null && now;
    });
    expect(done).toMatchObject({ state: 'refunded' });
    // the customer has all that was sent on; our fee was for the way there
    expect(await a.statement('payout')).toMatchObject([{ amount: '99', counterparty: 'ADA-1' }]);
    expect([await a.balance(), await b.balance()]).toEqual([before.a, before.b]);
  });

  it('pay once, whatever gets lost between them (S31-08, S31-15)', async () => {
    both = await twoAnchors();
    const { a, b, until, wire } = both;
    const before = await b.balance();
    const lost = new Map<string, number>();
    // each kind of request is carried out once with its answer lost; the one that counts also once not carried out at all
    wire.between = async (url, init, pass) => {
      const what = `${init?.method ?? 'GET'} ${url.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ':id').replace(/\?.*/, '')}`;
      const times = lost.get(what) ?? 0;
      lost.set(what, times + 1);
      if (times === 0) await pass();
      const posts = what.startsWith('POST') && what.endsWith('/transactions');
      if (times < (posts ? 2 : 1)) throw new Error('the connection was lost');
      return pass();
    };
    const begun = await send(a.ctx, payment(b.home));
    expect(begun.state).not.toBe('failed');
    const ready = await until('the reference', async () => {
      // the pauses between attempts grow; here nobody waits for them
      await a.ctx.db.read.updateTable('sends').set({ failures: 0 }).where('failures', '>', 0).execute();
      const now = await showSend(a.ctx, begun.id);
      return now.reference !== null && now;
    });
    await Promise.all(
      [1, 2].map(() => a.bank.pay({ amount: '100', reference: ready.reference ?? '', from: 'Ada' })),
    );
    const done = await until('the end', async () => {
      const now = await showSend(a.ctx, begun.id);
      return now.ended_at !== null && now;
    });
    expect(done.state).toBe('completed');
    expect(lost.get(`POST ${b.home}/sep31/transactions`)).toBeGreaterThan(2);
    expect(await b.statement('payout')).toHaveLength(1);
    expect(await b.balance()).toBe(before + 99n * XLM);
    // what was paid in twice lies in suspense; what the other anchor took on twice waits there for nothing
    const credits = await a.ctx.db.read.selectFrom('bank_credits').select(['bucket', 'reason']).execute();
    expect(credits.map(({ bucket }) => bucket).sort()).toEqual(['matched', 'suspense']);
  });

  it('take on once what is asked for many times at once, and go on after a crash at any point before the money', async () => {
    both = await twoAnchors({ jobs: false });
    const { a, b, wire } = both;
    let posts = 0;
    let crash = false;
    wire.between = async (url, init, pass) => {
      const post = init?.method === 'POST' && url.endsWith('/sep31/transactions');
      if (post) posts += 1;
      const answer = await pass();
      // the process ends between the other anchor's answer and our writing it down
      if (post && crash) return new Promise<Response>(() => {});
      return answer;
    };
    const views = await Promise.all([1, 2, 3, 4].map(() => send(a.ctx, payment(b.home))));
    expect(new Set(views.map(({ id }) => id)).size).toBe(1);
    expect([posts, (await showSend(a.ctx, 'order-4711')).state]).toEqual([1, 'awaiting_funds']);

    crash = true;
    void send(a.ctx, payment(b.home, { key: 'order-2' }));
    await both.until('the POST', async () => posts === 2);
    crash = false;
    const stuck = await showSend(a.ctx, 'order-2');
    expect(stuck).toMatchObject({ state: 'asked', transaction_id: null });
    // nobody else touches it before the time of the one that is gone is up
    await followSends(a.ctx, pass());
    expect((await showSend(a.ctx, 'order-2')).state).toBe('asked');
    await a.ctx.db.read
      .updateTable('sends')
      .set({ not_before_at: '2000-01-01T00:00:00.000Z' })
      .where('idempotency_key', '=', 'order-2')
      .execute();
    await Promise.all([followSends(a.ctx, pass()), followSends(a.ctx, pass())]);
    expect(await showSend(a.ctx, 'order-2')).toMatchObject({
      state: 'awaiting_funds',
      reference: expect.any(String),
    });
    expect(posts).toBe(3);
    // two ways for the money per payment, and no more
    const legs = await a.ctx.db.read.selectFrom('transactions').select('kind').execute();
    expect(legs.map(({ kind }) => kind).sort()).toEqual(['deposit', 'deposit', 'withdrawal', 'withdrawal']);
  });

  it('convert by a firm quote of the receiving anchor (S31-20, S31-P06, S31-16)', async () => {
    const toml = 'seps = [1, 10, 12, 31, 38]\n[[quotes.assets]]\nasset = "iso4217:BRL"\n';
    both = await twoAnchors({ b: { toml } });
    const { a, b, until } = both;
    const begun = await send(a.ctx, payment(b.home, { destinationAsset: 'iso4217:BRL' }));
    expect(begun).toMatchObject({ state: 'awaiting_funds', amount_sent: '99' });
    await a.bank.pay({ amount: '100', reference: begun.reference ?? '', from: 'Ada' });
    const done = await until('the end', async () => {
      const now = await showSend(a.ctx, begun.id);
      return now.ended_at !== null && now;
    });
    // 99 less one percent, at 5.42
    expect(done).toMatchObject({
      state: 'completed',
      remote: { amount_out: '531.21', amount_out_asset: 'iso4217:BRL' },
    });
    expect(await b.statement('payout')).toMatchObject([{ amount: '531.21', counterparty: 'BOB-2' }]);
  });

  it('say what is missing, take it, and end what nobody pays for (S31-11, S31-M09)', async () => {
    both = await twoAnchors();
    const { a, b, until } = both;
    const begun = await send(
      a.ctx,
      payment(b.home, { receiver: { id: 'bob', fields: { first_name: 'Bob', last_name: 'B' } } }),
    );
    expect(begun).toMatchObject({
      state: 'preparing',
      waiting_for: expect.stringContaining('bank_account_number'),
    });
    const told = await updateSend(a.ctx, begun.id, { receiver: { bank_account_number: 'BOB-2' } });
    expect(told.id).toBe(begun.id);
    const ready = await until('the reference', async () => {
      const now = await showSend(a.ctx, begun.id);
      return now.reference !== null && now;
    });
    const theirs = await b.ctx.db.read.selectFrom('transactions').selectAll().executeTakeFirstOrThrow();
    await b.ctx.db.write((trx) =>
      moveTransaction(b.ctx, trx, theirs, { to: 'expired', by: 'test', reason: 'test' }),
    );
    const done = await until('the end', async () => {
      const now = await showSend(a.ctx, begun.id);
      return now.ended_at !== null && now;
    });
    expect(done.state).toBe('failed');
    // money that comes now is not sent anywhere
    await a.bank.pay({ amount: '100', reference: ready.reference ?? '', from: 'Ada' });
    const credit = await until('the credit', () =>
      a.ctx.db.read.selectFrom('bank_credits').selectAll().executeTakeFirst(),
    );
    expect([credit.bucket, credit.reason]).toEqual(['suspense', 'expired']);
    expect(await a.ctx.db.read.selectFrom('obligations').select('id').execute()).toEqual([]);
    await expect(updateSend(a.ctx, begun.id, { fields: { a: 'b' } })).rejects.toMatchObject({
      code: 'SEND_ENDED',
    });
    await expect(send(a.ctx, payment(b.home, { amount: '7' }))).rejects.toMatchObject({
      code: 'SEND_KEY_TAKEN',
    });
  });

  it('take nothing but the agreed amount for what is sent on', async () => {
    both = await twoAnchors();
    const { a, b, until } = both;
    const begun = await send(a.ctx, payment(b.home));
    await a.bank.pay({ amount: '95', reference: begun.reference ?? '', from: 'Ada' });
    const credit = await until('the credit', () =>
      a.ctx.db.read.selectFrom('bank_credits').selectAll().executeTakeFirst(),
    );
    expect([credit.bucket, credit.reason]).toEqual(['suspense', 'too_small']);
    await a.bank.pay({ amount: '100', reference: begun.reference ?? '', from: 'Ada' });
    const done = await until('the end', async () => {
      const now = await showSend(a.ctx, begun.id);
      return now.ended_at !== null && now;
    });
    expect(done.state).toBe('completed');
  });
});
