import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, assert } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import { moveTransaction } from './move.ts';
import type { ObligationRow, TransactionRow, TransactionUpdate } from './rows.ts';

/** Columns of an obligation that its changes may write. */
export type ObligationChange = Partial<
  Pick<
    ObligationRow,
    | 'state'
    | 'waiting_code'
    | 'waiting_text'
    | 'not_before_at'
    | 'attempted_ms'
    | 'slot_id'
    | 'external_id'
    | 'paid_by'
    | 'attempts'
    | 'held_for'
  >
>;

/**
 * Changes an obligation by compare-and-set on (id, state, attempts). `updated_at` is the time since which it is in this state, for this
 * reason.
 *
 * @throws OBLIGATION_MOVED someone else changed it since it was read
 */
export async function changeObligation(
  ctx: Pick<AnchorContext, 'clock'>,
  trx: Queries,
  row: Pick<ObligationRow, 'id' | 'state' | 'attempts' | 'waiting_code'>,
  change: ObligationChange,
): Promise<ObligationRow> {
  const same =
    (change.state ?? row.state) === row.state &&
    (change.waiting_code === undefined || change.waiting_code === row.waiting_code);
  const changed = await trx
    .updateTable('obligations')
    .set(same ? change : { ...change, updated_at: isoTime(ctx.clock.now()) })
    .where('id', '=', row.id)
    .where('state', '=', row.state)
    .where('attempts', '=', row.attempts)
    .returningAll()
    .executeTakeFirst();
  if (changed === undefined) {
    throw new AnchorError({
      code: 'OBLIGATION_MOVED',
      message: `Obligation ${row.id} was changed by someone else.`,
      httpStatus: 409,
    });
  }
  return changed;
}

/** `id` of an obligation that belongs to a transaction. */
export async function transactionOf(db: Queries, id: string | null): Promise<TransactionRow> {
  assert(id !== null, 'an obligation of a transaction without one');
  const row = await db.selectFrom('transactions').selectAll().where('id', '=', id).executeTakeFirst();
  assert(row !== undefined, `an obligation of no transaction: ${id}`);
  return row;
}

type Set = Pick<
  TransactionUpdate,
  'stellar_transaction_id' | 'claimable_balance_id' | 'external_transaction_id'
>;

/**
 * The transaction's only delivery has happened: `completed` (S24-M10, M11, M18), through the status in between that the state table
 * asks for. Call it in the database transaction that marks the obligation paid.
 */
export async function completeTransaction(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  how: { by: string; reason: string; set: Set },
): Promise<TransactionRow> {
  const { by, reason, set } = how;
  let current = row;
  if (current.kind === 'withdrawal' && current.status === 'pending_anchor') {
    current = await moveTransaction(ctx, trx, current, { to: 'pending_external', by, reason });
  }
  if (current.kind === 'deposit' && current.status === 'pending_trust') {
    current = await moveTransaction(ctx, trx, current, { to: 'pending_anchor', by, reason });
  }
  return moveTransaction(ctx, trx, current, { to: 'completed', by, reason, set });
}
