import type { BankCredit, HookContext, RailsIntegration } from '../config/integrations.ts';
import { formatAmount } from '../kernel/amounts.ts';
import { assert } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { railsOf } from './answers.ts';

/** The call that sends a credit back to its payer; null where the rails cannot. */
export async function refundOrder(
  ctx: AnchorContext,
  owed: ObligationRow,
): Promise<((rails: RailsIntegration, hook: HookContext) => unknown) | null> {
  if (railsOf(ctx).refund === undefined) return null;
  const credit = await creditOf(ctx, owed);
  const order = { key: owed.id, credit, amount: formatAmount(owed.amount_units) };
  return (rails, hook) => rails.refund?.(order, hook);
}

/** The credit that goes back: of a transaction it is the one that came for it. */
async function creditOf(ctx: AnchorContext, owed: ObligationRow): Promise<BankCredit> {
  const query = ctx.db.read.selectFrom('bank_credits').selectAll();
  const row = await (owed.credit_id === null
    ? query
        .where('transaction_id', '=', owed.transaction_id)
        .where('amount_units', '>=', owed.amount_units)
        .where('bucket', '<>', 'returned')
        // 'matched' sorts before 'suspense'
        .orderBy('bucket')
        .orderBy('created_at')
    : query.where('id', '=', owed.credit_id)
  ).executeTakeFirst();
  assert(row !== undefined, `a refund of no credit: ${owed.id}`);
  return {
    id: row.id,
    amount: formatAmount(row.amount_units),
    reference: row.reference,
    from: row.payer,
    ...(row.asset === null ? {} : { asset: row.asset }),
    at: row.credited_at,
  };
}
