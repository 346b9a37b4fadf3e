import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestProject, type TestProject, until } from '../support/project.ts';

// As in the talk: one terminal serves, another runs a job. What is missing is said.

let project: TestProject;
beforeAll(async () => {
  project = await createTestProject();
  await project.serve();
}, 120_000);
afterAll(async () => {
  await project?.remove();
});

const json = async (args: string[]) => {
  const { stdout, code, stderr } = await project.anchor([...args, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};

describe('two terminals', () => {
  it('a deposit waits for poll-deposits and says so; with the job it completes', async () => {
    const wallet = project.start(['wallet', 'deposit', '100', 'SRT', '--json']);
    let id = '';
    await until(async () => {
      const { transactions } = await json(['tx', 'list']);
      id = transactions[0]?.id ?? '';
      return transactions[0]?.status === 'pending_user_transfer_start';
    }, 'the deposit waits for its money');
    await until(async () => {
      const shown = await json(['tx', 'show', id]);
      expect(shown.status).toBe('pending_user_transfer_start');
      return (
        shown.waiting_for?.code === 'job_not_running' && shown.waiting_for.text.includes('poll-deposits')
      );
    }, 'tx show names the job that does not run');

    const job = project.start(['run', 'poll-deposits', '--loop', '--interval', '1']);
    const ended = await wallet.ended;
    expect(ended.code, ended.stderr).toBe(0);
    const result = JSON.parse(ended.stdout);
    expect(result).toMatchObject({ id, status: 'completed', amount_in: '100' });
    const shown = await json(['tx', 'show', id]);
    expect(shown.waiting_for).toBeNull();
    expect(shown.stellar_transaction_id).toBe(result.stellar_transaction_id);
    expect(shown.obligations).toHaveLength(1);
    expect(shown.obligations[0]).toMatchObject({
      purpose: 'deliver',
      state: 'paid',
      amount: result.amount_out,
    });
    expect((await job.kill('SIGTERM')).code).toBe(143);
  });

  it('a withdrawal waits for watch-payments, then for execute-payouts', async () => {
    const wallet = project.start(['wallet', 'withdraw', '50', 'SRT', '--json']);
    let id = '';
    await until(async () => {
      const { transactions } = await json(['tx', 'list', '--kind', 'withdrawal']);
      id = transactions[0]?.id ?? '';
      return transactions[0]?.status === 'pending_user_transfer_start';
    }, 'the withdrawal waits for its payment');
    await until(async () => {
      const { waiting_for: waiting } = await json(['tx', 'show', id]);
      return waiting?.code === 'job_not_running' && waiting.text.includes('watch-payments');
    }, 'tx show names watch-payments');

    const watching = project.start(['run', 'watch-payments', '--loop', '--interval', '1']);
    await until(async () => {
      const { status, waiting_for: waiting } = await json(['tx', 'show', id]);
      return (
        status === 'pending_anchor' &&
        waiting?.code === 'job_not_running' &&
        waiting.text.includes('execute-payouts')
      );
    }, 'tx show names execute-payouts');
    expect((await watching.kill('SIGINT')).code).toBe(130);

    const once = await json(['run', 'execute-payouts']);
    expect(once).toMatchObject({ job: 'execute-payouts', processed: 1, failed: 0 });
    const ended = await wallet.ended;
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ id, status: 'completed', amount_in: '50' });
  });
});
