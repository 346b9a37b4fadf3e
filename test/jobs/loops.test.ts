import { afterAll, beforeAll, expect, it } from 'vitest';
import { JOBS, runAllLoop, runAllOnce, runJobLoop, runJobOnce } from '../../src/jobs/index.ts';
import { type AnchorContext, jobHealth } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { faults, type Money, openMoney, type Seeded, XLM } from '../support/money.ts';

describeDatabases('jobs', (test) => {
  let money: Money;
  let wallet: Seeded;
  beforeAll(async () => {
    money = await openMoney(test);
    wallet = await money.wallet({ units: 1_000n * XLM });
  });
  afterAll(() => money.close());

  const signal = (): AbortSignal => new AbortController().signal;
  const withPoll = (pollDeposits: () => Promise<never>): AnchorContext => ({
    ...money.ctx,
    project: { ...money.ctx.project, integrations: { rails: { ...money.bank.rails, pollDeposits } } },
  });
  const until = async (done: () => Promise<boolean>): Promise<void> => {
    while (!(await done())) await new Promise((resolve) => setImmediate(resolve));
  };
  const deposit = async () => {
    const row = await money.started('deposit', wallet.publicKey, 10n * XLM);
    money.credit(row, '10');
    return row;
  };
  const completed = async (id: string) => (await money.row(id)).status === 'completed';

  it('refuses an unknown job as wrong use', async () => {
    await expect(runJobOnce(money.ctx, 'poll-deposit', { signal: signal() })).rejects.toMatchObject({
      code: 'JOB_UNKNOWN',
      exitStatus: 2,
    });
  });

  it('one pass of poll-deposits finishes a deposit whose money arrived', async () => {
    const row = await deposit();
    const report = await runJobOnce(money.ctx, 'poll-deposits', { signal: signal() });
    expect(report).toMatchObject({ job: 'poll-deposits', failed: 0 });
    expect(await completed(row.id)).toBe(true);
    // a single pass is no running job
    expect(await jobHealth(money.ctx, 'poll-deposits')).toMatchObject({ running: false, error: null });
  });

  it('one pass returns at its timeout while an envelope is in flight, and the next takes it up', async () => {
    const row = await deposit();
    await faults(money.sandbox, [{ on: 'POST /transactions_async', reset: true }]);
    await runJobOnce(money.ctx, 'poll-deposits', { signal: signal(), timeoutSeconds: 2 });
    expect((await money.row(row.id)).status).toBe('pending_stellar');
    await faults(money.sandbox, []);
    await runJobOnce(money.ctx, 'submit-payments', { signal: signal() });
    expect(await completed(row.id)).toBe(true);
  });

  it('a pass that throws is written down and never ends the loop', async () => {
    let calls = 0;
    const row = await deposit();
    const ctx = withPoll(async () => {
      calls += 1;
      if (calls < 4)
        throw new Error('the bank is away: SAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
      return { credits: money.bank.credits } as never;
    });
    const stop = new AbortController();
    const seen: (string | undefined)[] = [];
    const looping = runJobLoop(ctx, 'poll-deposits', {
      signal: stop.signal,
      intervalSeconds: 1,
      onPass: (report) => seen.push(report.error?.message),
    });
    await until(() => completed(row.id));
    stop.abort();
    await looping;
    expect(calls).toBeGreaterThanOrEqual(4);
    expect(seen[0]).toContain('the bank is away');
    expect(seen.at(-1)).toBeUndefined();
    const runs = await money.ctx.db.read.selectFrom('job_runs').selectAll().where('ok', '=', 0).execute();
    expect(runs.length).toBeGreaterThan(0);
    expect(JSON.stringify(runs)).not.toContain('SAAAAAAA');
  });

  it('all jobs in loops finish a deposit and a withdrawal, and stop when told to', async () => {
    const stop = new AbortController();
    const looping = runAllLoop(money.ctx, { signal: stop.signal, intervalSeconds: 1 });
    const row = await deposit();
    const withdrawal = await money.started('withdrawal', wallet.publicKey, 20n * XLM);
    await money.apply(
      wallet,
      [
        {
          type: 'payment',
          destination: withdrawal.anchor_account ?? '',
          asset: money.stellarAsset,
          amount: 20n * XLM,
        },
      ],
      { memo: { type: 'id', value: withdrawal.memo ?? '' } },
    );
    await until(async () => (await completed(row.id)) && (await completed(withdrawal.id)));
    for (const job of JOBS) await until(async () => (await jobHealth(money.ctx, job.id)).running);
    stop.abort();
    await looping;
    const open = await money.ctx.db.read
      .selectFrom('job_runs')
      .select('job')
      .where('finished_at', 'is', null)
      .execute();
    expect(open).toEqual([]);
    for (const job of JOBS) expect((await jobHealth(money.ctx, job.id)).running, job.id).toBe(false);
  });

  it('a loop that is told to stop while a submission hangs stops at once, and loses nothing', async () => {
    const row = await deposit();
    await faults(money.sandbox, [{ on: 'POST /transactions_async', hang: true }]);
    const stop = new AbortController();
    const looping = runJobLoop(money.ctx, 'poll-deposits', { signal: stop.signal, intervalSeconds: 1 });
    await until(async () => (await money.row(row.id)).status === 'pending_stellar');
    stop.abort();
    await looping;
    await faults(money.sandbox, []);
    await runJobOnce(money.ctx, 'submit-payments', { signal: signal() });
    expect(await completed(row.id)).toBe(true);
  });

  it('lets transactions expire that nobody funded, once, and those that were funded never (S24-M12, S24-M19)', async () => {
    const idle = await money.started('deposit', wallet.publicKey, 10n * XLM);
    const waiting = await money.started('withdrawal', wallet.publicKey, 10n * XLM);
    const row = await deposit();
    await runJobOnce(
      withPoll(async () => ({ credits: money.bank.credits.slice(-1) }) as never),
      'poll-deposits',
      {
        signal: signal(),
      },
    );
    await runJobOnce(money.ctx, 'expire-transactions', { signal: signal() });
    expect((await money.row(idle.id)).status).toBe('pending_user_transfer_start');
    money.clock.advance(73 * 3_600_000);
    await runJobOnce(money.ctx, 'expire-transactions', { signal: signal() });
    expect(await money.row(idle.id)).toMatchObject({ status: 'expired', user_action_required_by: null });
    expect((await money.row(waiting.id)).status).toBe('expired');
    expect(await completed(row.id)).toBe(true);
    const reports = await runAllOnce(money.ctx, { signal: signal() });
    expect(reports.map((report) => report.job)).toEqual(JOBS.map((job) => job.id));
    // old runs are cleared away, the last of each job is kept
    const runs = await money.ctx.db.read.selectFrom('job_runs').select('job').execute();
    expect(new Set(runs.map((run) => run.job)).size).toBe(JOBS.length);
  });
});
