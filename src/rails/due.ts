import type { Queries } from '../database/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { databaseTime } from '../transfers/pauses.ts';
import type { ObligationRow } from '../transfers/rows.ts';

const BATCH = 20;
/** So long no other worker takes what this one has taken up and not yet begun. */
const CLAIM_MS = 30_000;
/** Statuses of a transaction whose payout may be made: completed where it came back and was ordered anew. */
const PAYABLE = ['pending_anchor', 'pending_external', 'completed'];

/**
 * Takes up payouts and refunds that are to be made, and those of which nobody knows what became of them, once their call must have
 * ended. Several workers take up different ones; what makes a double payment impossible is the attempt's compare-and-set.
 */
export async function takeUp(ctx: AnchorContext): Promise<ObligationRow[]> {
  // looking costs no writing transaction
  if ((await dueNow(ctx, ctx.db.read, 1, false)).length === 0) return [];
  return ctx.db.write(async (trx) => {
    const rows = await dueNow(ctx, trx, BATCH, ctx.db.dialect === 'postgres');
    if (rows.length === 0) return [];
    const not_before_at = await databaseTime(ctx, CLAIM_MS, trx);
    const ids = rows.map((row) => row.id);
    await trx.updateTable('obligations').set({ not_before_at }).where('id', 'in', ids).execute();
    return rows.map((row) => ({ ...row, not_before_at }));
  });
}

/** What was taken up and will not be begun, so that nobody has to wait for it. */
export async function putBack(ctx: AnchorContext, rows: readonly ObligationRow[]): Promise<void> {
  if (rows.length === 0) return;
  await ctx.db.read
    .updateTable('obligations')
    .set({ not_before_at: await databaseTime(ctx) })
    .where(
      'id',
      'in',
      rows.map((row) => row.id),
    )
    .where('state', 'in', ['owed', 'unknown'])
    .where('not_before_at', '=', rows[0]?.not_before_at ?? '')
    .execute();
}

async function dueNow(
  ctx: AnchorContext,
  db: Queries,
  limit: number,
  lock: boolean,
): Promise<ObligationRow[]> {
  const now = await databaseTime(ctx, 0, db);
  const found: ObligationRow[] = [];
  for (const state of ['owed', 'unknown'] as const) {
    for (const waited of [false, true]) {
      let query = db
        .selectFrom('obligations')
        .leftJoin('transactions', 'transactions.id', 'obligations.transaction_id')
        .selectAll('obligations')
        .where('obligations.leg', '=', 'rails')
        .where('obligations.state', '=', state)
        .where('obligations.not_before_at', waited ? '<=' : 'is', waited ? now : null)
        .where(({ eb, or, and }) =>
          or([
            eb('transactions.status', 'in', PAYABLE),
            // also of a credit without a transaction, but of none that an operator holds
            and([
              eb('obligations.purpose', '=', 'refund'),
              or([eb('transactions.id', 'is', null), eb('transactions.status', '<>', 'on_hold')]),
            ]),
            // what may be with the bank is asked about, whatever the transaction has become
            eb('obligations.state', '=', 'unknown'),
          ]),
        )
        .orderBy('obligations.not_before_at')
        .orderBy('obligations.created_at')
        .limit(limit);
      if (lock) query = query.forUpdate('obligations').skipLocked();
      found.push(...(await query.execute()));
    }
  }
  return found.sort(byAge).slice(0, limit);
}

const byAge = (a: ObligationRow, b: ObligationRow): number =>
  a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.id < b.id ? -1 : 1;
