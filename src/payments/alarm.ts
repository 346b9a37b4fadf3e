import { setFact } from '../database/repositories/facts.ts';
import { formatAmount } from '../kernel/amounts.ts';
import { isoTime } from '../kernel/clock.ts';
import type { AnchorContext } from '../transfers/context.ts';
import type { Item } from './batch.ts';
import { fenced } from './lease.ts';
import type { Run } from './run.ts';

const factOf = (account: string): string => `alarm:funds:${account}`;

/** What a distribution account lacks to pay what is owed, for doctor and the operator. */
export interface FundsAlarm {
  account: string;
  /** what there is too little of, e.g. XLM */
  what: string[];
  payments: number;
  /** decimal text: what these payments take of the asset that the first of them lacks */
  amount: string;
  since: string;
}

/** The distribution account is short: said once in the log, kept as a fact until it has enough again. */
export async function raiseAlarm(
  ctx: AnchorContext,
  run: Run,
  short: readonly { item: Item; what: string }[],
): Promise<void> {
  const name = factOf(run.payer);
  const known = await ctx.db.read
    .selectFrom('facts')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst();
  if (known !== undefined) return;
  const at = isoTime(ctx.clock.now());
  const what = [...new Set(short.map((one) => one.what))];
  const [first] = short;
  const units = short.reduce(
    (sum, one) =>
      sum + (one.what === first?.what ? (one.what === 'XLM' ? one.item.xlm : one.item.asset.amount) : 0n),
    0n,
  );
  const alarm: FundsAlarm = {
    account: run.payer,
    what,
    payments: short.length,
    amount: formatAmount(units),
    since: at,
  };
  ctx.log.error('funds_short', { ...alarm });
  await fenced(ctx, run.lease, (trx) => setFact(trx, name, JSON.stringify(alarm), at));
}

export async function clearAlarm(ctx: AnchorContext, run: Run): Promise<void> {
  const known = await ctx.db.read
    .selectFrom('facts')
    .select('name')
    .where('name', '=', factOf(run.payer))
    .executeTakeFirst();
  if (known === undefined) return;
  ctx.log.info('funds_again', { account: run.payer });
  await fenced(ctx, run.lease, (trx) =>
    trx.deleteFrom('facts').where('name', '=', factOf(run.payer)).execute(),
  );
}
