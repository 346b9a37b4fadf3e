import type { Queries } from '../database/port.ts';
import type { AnchorContext } from './context.ts';
import { mergedFields } from './fields.ts';
import { moveTransaction } from './move.ts';
import type { TransactionRow } from './rows.ts';
import { changeObligation } from './settle.ts';

/**
 * The fields that were asked for have come (S31-M05, S6-38): what is owed goes on with them.
 *
 * @throws TRANSACTION_MOVED, STATUS_MOVE_FORBIDDEN (409)
 */
export async function answerInfo(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  fields: Record<string, string>,
): Promise<TransactionRow> {
  const moved = await moveTransaction(ctx, trx, row, {
    to: 'pending_anchor',
    by: 'wallet',
    reason: 'what was asked for was given',
    set: { fields: mergedFields(ctx, row, fields), required_info_message: null, required_info_updates: null },
  });
  await payOn(ctx, trx, moved);
  return moved;
}

/** What was kept back until somebody told more is owed again. */
export async function payOn(
  ctx: AnchorContext,
  trx: Queries,
  row: Pick<TransactionRow, 'id'>,
): Promise<void> {
  const kept = await trx
    .selectFrom('obligations')
    .selectAll()
    .where('transaction_id', '=', row.id)
    .where('state', '=', 'held')
    .where('held_for', '=', 'info')
    .execute();
  for (const owed of kept) {
    await changeObligation(ctx, trx, owed, {
      state: 'owed',
      held_for: null,
      attempts: owed.attempts + 1,
      waiting_code: null,
      waiting_text: null,
      not_before_at: null,
    });
  }
}
