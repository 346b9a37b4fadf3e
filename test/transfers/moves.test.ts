import * as v from 'valibot';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Principal, parseSubject } from '../../src/kernel/principal.ts';
import {
  callHook,
  createTransaction,
  creditDeposit,
  exchangeToken,
  findOwned,
  findOwnedBy,
  hookFaultOf,
  issueInteractiveToken,
  listOwned,
  mergeFields,
  moreInfoToken,
  moveTransaction,
  openMoreInfo,
  openSession,
  readFields,
  saveSessionStep,
  submitInteractive,
  type TransactionRow,
  waitingFor,
} from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney, XLM } from '../support/money.ts';

const G = 'GA7JFA6EGUUKTDZ4PAPOEJUWFNVHKI267WW6BU5N7AKEHMDKNHQWLF2B';

describeDatabases('transactions', (test) => {
  let money: Money;
  beforeAll(async () => {
    money = await openMoney(test);
  });
  afterAll(() => money.close());

  const create = (more: Partial<Parameters<typeof createTransaction>[2]> = {}): Promise<TransactionRow> =>
    money.ctx.db.write((trx) =>
      createTransaction(money.ctx, trx, {
        sep: '24',
        kind: 'deposit',
        assetId: money.asset.id,
        owner: G,
        subject: G,
        account: G,
        ...more,
      }),
    );
  const move = (row: TransactionRow, to: Parameters<typeof moveTransaction>[3]['to']) =>
    money.ctx.db.write((trx) => moveTransaction(money.ctx, trx, row, { to, by: 'test', reason: 'test' }));
  const outbox = (id: string) =>
    money.ctx.db.read
      .selectFrom('outbox')
      .selectAll()
      .where('transaction_id', '=', id)
      .orderBy('id')
      .execute();

  it('moves by compare-and-set: of two that read the same row one wins (S24-66, R11)', async () => {
    const row = await create();
    const outcomes = await Promise.allSettled([move(row, 'expired'), move(row, 'pending_anchor')]);
    expect(outcomes.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = outcomes.find((one) => one.status === 'rejected');
    expect(lost).toMatchObject({ reason: { code: 'TRANSACTION_MOVED' } });
    expect((await money.row(row.id)).version).toBe(row.version + 1);
  });

  it('refuses an undeclared move and any change of a terminal one', async () => {
    const row = await create();
    await expect(move(row, 'completed')).rejects.toMatchObject({ code: 'STATUS_MOVE_FORBIDDEN' });
    const ended = await move(row, 'expired');
    await expect(move(ended, 'pending_anchor')).rejects.toMatchObject({ code: 'STATUS_MOVE_FORBIDDEN' });
    await expect(move(ended, 'expired')).rejects.toMatchObject({ code: 'STATUS_MOVE_FORBIDDEN' });
  });

  it('writes the outbox: each change for on_change_callback, the end of the flow once for callback (S24-33, S24-34)', async () => {
    const row = await create({
      callback: 'https://wallet.example/done',
      onChangeCallback: 'https://wallet.example/change',
    });
    const waiting = await move(row, 'pending_anchor');
    const back = await move(waiting, 'incomplete');
    await move(back, 'pending_user_transfer_start');
    const rows = await outbox(row.id);
    expect(rows.filter((one) => one.kind === 'on_change_callback').map((one) => one.status)).toEqual([
      'pending_anchor',
      'incomplete',
      'pending_user_transfer_start',
    ]);
    expect(rows.filter((one) => one.kind === 'callback')).toHaveLength(1);
    const abandoned = await create({
      callback: 'https://wallet.example/done',
      onChangeCallback: 'postMessage',
    });
    await move(abandoned, 'expired');
    expect(await outbox(abandoned.id)).toEqual([]);
  });

  it('changes columns alone without history, and tells of kyc_verified (S24-34)', async () => {
    const row = await create({ onChangeCallback: 'https://wallet.example/change' });
    await money.ctx.db.write((trx) =>
      moveTransaction(money.ctx, trx, row, {
        to: 'incomplete',
        by: 'test',
        reason: 'kyc',
        set: { kyc_verified: 1 },
      }),
    );
    expect(await outbox(row.id)).toHaveLength(1);
    expect((await money.row(row.id)).updated_at).toBe(row.updated_at);
  });

  it('M4: the database itself keeps everything owed within what came in', async () => {
    const row = await money.started('deposit', G, 100n * XLM);
    const credit = {
      amountUnits: 100n * XLM,
      fee: { fee: XLM, details: [] },
      by: 'test',
      from: null,
      externalId: 'x',
    };
    const paid = await money.ctx.db.write((trx) => creditDeposit(money.ctx, trx, row, credit));
    const more = money.ctx.db.read.updateTable('transactions').where('id', '=', paid.id);
    await expect(more.set({ refunded_units: 1n }).execute()).rejects.toThrow();
    await expect(more.set({ paid_units: 100n * XLM }).execute()).rejects.toThrow();
    await expect(money.ctx.db.write((trx) => creditDeposit(money.ctx, trx, paid, credit))).rejects.toThrow();
    expect(await money.obligations(row.id)).toHaveLength(1);
  });

  it('M11: looks up by owner only, and lists newest first with exclusive pages (S24-45, S24-48, S24-54)', async () => {
    const owner = parseSubject(`${G}:77`) as Principal;
    const rows = [];
    for (let i = 0; i < 5; i++) rows.push(await create({ owner: owner.owner }));
    await create({ owner: `${G}:78` });
    const { db } = money.ctx;
    const [first] = rows as [TransactionRow];
    expect(await findOwned(db.read, first.id, owner)).toMatchObject({ id: first.id });
    expect(await findOwned(db.read, first.id, parseSubject(G) as Principal)).toBeNull();
    expect(await findOwnedBy(db.read, { id: first.id }, parseSubject(`${G}:78`) as Principal)).toBeNull();
    expect(await findOwnedBy(db.read, {}, owner)).toBeNull();
    const all = await listOwned(db.read, owner, { limit: 10 });
    expect(all).toHaveLength(5);
    const page = await listOwned(db.read, owner, { limit: 10, after: all[1] as TransactionRow });
    expect(page.map((row) => row.id)).toEqual(all.slice(2).map((row) => row.id));
  });

  it('seals answers in the database, bound to their transaction', async () => {
    const row = await create({ fields: { first_name: 'Grace' } });
    const merged = await money.ctx.db.write((trx) =>
      mergeFields(money.ctx, trx, row, { last_name: 'Hopper' }),
    );
    expect(readFields(money.ctx, merged)).toEqual({ first_name: 'Grace', last_name: 'Hopper' });
    expect(merged.fields).not.toContain('Grace');
    const other = await create();
    expect(() => readFields(money.ctx, { id: other.id, fields: merged.fields })).toThrow();
  });

  it('exchanges a token once, of many at the same time (S24-30)', async () => {
    const row = await create();
    const token = await issueInteractiveToken(money.ctx, row);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 16 }, () => exchangeToken(money.ctx, token)),
    );
    const won = outcomes.filter((one) => one.status === 'fulfilled');
    expect(won).toHaveLength(1);
    const { session } = (won[0] as PromiseFulfilledResult<Awaited<ReturnType<typeof exchangeToken>>>).value;
    await saveSessionStep(money.ctx, session.token, '{"step":"bank"}');
    const opened = await openSession(money.ctx, session.token);
    expect(opened).toMatchObject({
      row: { id: row.id },
      session: { csrf: session.csrf, step: '{"step":"bank"}' },
    });
    for (const bad of [token, '', 'x'.repeat(43), null, undefined, 7]) {
      await expect(openSession(money.ctx, bad)).rejects.toMatchObject({ code: 'INTERACTIVE_TOKEN_INVALID' });
    }
    await expect(exchangeToken(money.ctx, session.token)).rejects.toMatchObject({ httpStatus: 403 });
    const kept = await money.ctx.db.read.selectFrom('interactive_sessions').selectAll().execute();
    expect(JSON.stringify(kept)).not.toContain(session.token);
  });

  it('refuses a token after its time', async () => {
    const row = await create();
    const token = await issueInteractiveToken(money.ctx, row);
    const late = { ...money.ctx, clock: { ...money.clock, now: () => money.clock.now() + 301_000 } };
    await expect(exchangeToken(late, token)).rejects.toMatchObject({ code: 'INTERACTIVE_TOKEN_INVALID' });
  });

  it('opens more_info with its own token for its own transaction and time only (S24-42)', async () => {
    const [row, other] = [await create(), await create()];
    const token = moreInfoToken(money.ctx, row.id);
    expect(moreInfoToken(money.ctx, row.id)).toBe(token);
    expect(await openMoreInfo(money.ctx, row.id, token)).toMatchObject({ id: row.id });
    expect(await openMoreInfo(money.ctx, other.id, token)).toBeNull();
    for (const bad of ['', 'x', null, `${token}x`, token.replace(/^./, 'z'), `zzzz.${token.split('.')[1]}`]) {
      expect(await openMoreInfo(money.ctx, row.id, bad)).toBeNull();
    }
    const late = { ...money.ctx, clock: { ...money.clock, now: () => money.clock.now() + 40 * 86_400_000 } };
    expect(await openMoreInfo(late, row.id, token)).toBeNull();
  });

  it('a form sent twice counts once, and limits are kept (S24-M03)', async () => {
    const row = await create({ kind: 'withdrawal' });
    const input = { amountUnits: 50n * XLM, fields: {} };
    const outcomes = await Promise.allSettled([
      submitInteractive(money.ctx, row, input),
      submitInteractive(money.ctx, row, input),
    ]);
    expect(outcomes.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    const done = await money.row(row.id);
    expect(done).toMatchObject({ status: 'pending_user_transfer_start', memo_type: 'id' });
    expect(BigInt(done.memo ?? '')).toBeLessThan(2n ** 53n);
    const fresh = await create();
    const precise = { amountUnits: 50n * XLM + 1n, fields: {} };
    await expect(submitInteractive(money.ctx, fresh, precise)).rejects.toMatchObject({
      code: 'AMOUNT_TOO_PRECISE',
    });
    expect((await money.row(fresh.id)).status).toBe('incomplete');
  });

  it('says what each transaction waits for', async () => {
    const row = await create();
    expect(await waitingFor(money.ctx, row)).toMatchObject({ code: 'kyc' });
    const started = await money.started('deposit', G, 100n * XLM);
    expect(await waitingFor(money.ctx, started)).toMatchObject({ code: 'job_not_running' });
    const now = new Date(money.clock.now()).toISOString();
    await money.ctx.db.read
      .insertInto('job_runs')
      .values({
        job: 'poll-deposits',
        started_at: now,
        finished_at: now,
        ok: 1,
        error: null,
        loop: 1,
        interval_seconds: 1,
      })
      .execute();
    const waiting = await waitingFor(money.ctx, started);
    expect(waiting?.code).toBe('rails_credit');
    expect(waiting?.text).toContain(started.reference);
    const late = { ...money.ctx, clock: { ...money.clock, now: () => money.clock.now() + 60_000 } };
    expect(await waitingFor(late, started)).toMatchObject({ code: 'job_not_running' });
    expect(await waitingFor(money.ctx, await move(row, 'expired'))).toBeNull();
  });

  it('names hook, file and line of what the anchor’s own code throws, and what it answered wrongly (R12)', async () => {
    const root = import.meta.dirname;
    const ctx = { ...money.ctx, project: { ...money.ctx.project, root } };
    const thrown = await callHook(
      ctx,
      'fee',
      () => {
        throw new Error('no rates today');
      },
      v.string(),
    ).catch((error: unknown) => error);
    expect(hookFaultOf(thrown)).toMatchObject({
      hook: 'fee',
      file: 'moves.test.ts',
      line: expect.any(Number),
    });
    const wrong = await callHook(ctx, 'toml', () => ({ a: 7 }), v.object({ a: v.string() })).catch(
      (error: unknown) => error,
    );
    expect(wrong).toMatchObject({ code: 'HOOK_ANSWER_INVALID' });
    expect(hookFaultOf(wrong)).toMatchObject({ expected: 'string at a', found: '7 at a' });
    const never = callHook(ctx, 'slow', () => new Promise(() => {}), v.any(), { timeoutMs: 10 });
    await expect(never).rejects.toMatchObject({ code: 'HOOK_FAILED' });
    const polluted = await callHook(
      ctx,
      'p',
      () => JSON.parse('{"__proto__":{"bad":1},"a":"x"}'),
      v.object({ a: v.string() }),
    );
    expect(polluted).toEqual({ a: 'x' });
    expect((polluted as { bad?: unknown }).bad).toBeUndefined();
  });
});
