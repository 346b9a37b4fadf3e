import { type AnchorContext, readFreeze } from '../../transfers/index.ts';
import { type Finding, fail, ok, warn } from './check.ts';

/** Whether payments go on, and whether money waits for a decision. */
export async function checkMoney(ctx: AnchorContext): Promise<Finding[]> {
  const freeze = await readFreeze(ctx.db.read);
  const why = freeze?.text ?? `the transaction ${freeze?.hash} of ${freeze?.account} is not ours.`;
  const payments =
    freeze === null
      ? ok('payments')
      : fail('payments', `All payments are stopped since ${freeze.at}: ${why} See: anchor reconcile`);
  return [payments, await checkSuspense(ctx)];
}

async function checkSuspense(ctx: AnchorContext): Promise<Finding> {
  let count = 0n;
  for (const table of ['incoming_payments', 'bank_credits'] as const) {
    const found = await ctx.db.read
      .selectFrom(table)
      .select(({ fn }) => fn.countAll().as('count'))
      .where('bucket', '=', 'suspense')
      .where('refunded_units', '=', 0n)
      .executeTakeFirstOrThrow();
    count += BigInt(found.count);
  }
  if (count === 0n) return ok('suspense');
  const what = count === 1n ? '1 payment fits' : `${count} payments fit`;
  return warn('suspense', `${what} no transaction. See: anchor suspense list`);
}
