import { sql } from 'kysely';
import { formatAmount } from '../../kernel/amounts.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { LISTED, type Report } from './report.ts';

const DIFFERS = sql<boolean>`coalesce(sum(obligations.amount_units), 0) <> refunded_units`;

/**
 * What lies in suspense and goes back: the refunds owed or paid of each payment and credit are its `refunded_units` (M3, M4). Only rows
 * with a refund on either side are looked at.
 */
export async function compareSuspense(ctx: AnchorContext, report: Report): Promise<void> {
  const payments = await ctx.db.read
    .selectFrom('incoming_payments')
    .leftJoin('obligations', (join) =>
      join
        .onRef('obligations.incoming_id', '=', 'incoming_payments.operation_id')
        .on('obligations.state', '<>', 'cancelled'),
    )
    .select(['operation_id as id', 'refunded_units'])
    .select(({ fn }) => fn.sum('obligations.amount_units').as('rows_units'))
    .where(({ eb, or }) => or([eb('refunded_units', '>', 0n), eb('obligations.id', 'is not', null)]))
    .groupBy(['operation_id', 'refunded_units'])
    .having(DIFFERS)
    .limit(LISTED)
    .execute();
  const credits = await ctx.db.read
    .selectFrom('bank_credits')
    .leftJoin('obligations', (join) =>
      join.onRef('obligations.credit_id', '=', 'bank_credits.id').on('obligations.state', '<>', 'cancelled'),
    )
    .select(['bank_credits.id', 'refunded_units'])
    .select(({ fn }) => fn.sum('obligations.amount_units').as('rows_units'))
    .where(({ eb, or }) => or([eb('refunded_units', '>', 0n), eb('obligations.id', 'is not', null)]))
    .groupBy(['bank_credits.id', 'refunded_units'])
    .having(DIFFERS)
    .limit(LISTED)
    .execute();
  for (const { id, refunded_units, rows_units } of [...payments, ...credits]) {
    const rows = BigInt(rows_units ?? 0);
    report.add({
      kind: 'transaction_total',
      id,
      expected: `refunded ${formatAmount(rows)}, the sum of its refunds`,
      found: `refunded ${formatAmount(refunded_units)}`,
      hint: `See what happened to it: anchor suspense show ${id}`,
    });
  }
}
