import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import { type NoticeContext, tellChange, tellEnd } from './notices.ts';
import type { TransactionRow, TransactionUpdate } from './rows.ts';
import { canMove, type Status, TERMINAL } from './states.ts';

/** Columns that only moveTransaction itself may write. */
type Guarded =
  | 'id'
  | 'status'
  | 'version'
  | 'updated_at'
  | 'started_at'
  | 'owner'
  | 'reference'
  | 'asked_at'
  | 'kind'
  | 'data';

export interface Move {
  to: Status;
  /** `wallet`, `user`, `job:NAME`, `operator:NAME` */
  by: string;
  /** why, for the history; plain words without personal data */
  reason: string;
  /** other columns to change in the same statement */
  set?: Omit<TransactionUpdate, Guarded>;
}

/**
 * Moves a transaction by compare-and-set on (id, status, version), with history and outbox rows in the same database
 * transaction (S24-66, reliability R11). `to` equal to the current status changes only columns. `updated_at` is the time at which
 * the current status began (S24-F09).
 *
 * @throws TRANSACTION_MOVED someone else changed it since it was read: read again
 * @throws STATUS_MOVE_FORBIDDEN the state table has no such edge
 */
export async function moveTransaction(
  ctx: NoticeContext,
  trx: Queries,
  row: TransactionRow,
  move: Move,
): Promise<TransactionRow> {
  const moved = move.to !== row.status;
  const allowed = moved ? canMove(row.kind, row.status, move.to) : !TERMINAL.has(row.status);
  // only money brings back what has expired (S24-65)
  const revived = row.status === 'expired' && (move.set?.received_units ?? 0n) === 0n;
  if (!allowed || revived) {
    throw new AnchorError({
      code: 'STATUS_MOVE_FORBIDDEN',
      message: `A ${row.kind} in status ${row.status} cannot move to ${move.to}.`,
      httpStatus: 409,
    });
  }
  const now = isoTime(ctx.clock.now());
  const update: TransactionUpdate = { ...move.set, status: move.to, version: row.version + 1 };
  if (moved) update.updated_at = now;
  if (move.to === 'pending_user_transfer_start') update.asked_at = row.asked_at ?? now;
  if (moved && (move.to === 'completed' || move.to === 'refunded')) update.completed_at = now;
  if (moved && TERMINAL.has(move.to)) update.user_action_required_by = null;
  const changed = await trx
    .updateTable('transactions')
    .set(update)
    .where('id', '=', row.id)
    .where('status', '=', row.status)
    .where('version', '=', row.version)
    .returningAll()
    .executeTakeFirst();
  if (changed === undefined) throw transactionMoved(row.id);
  if (moved) await writeHistory(trx, row, move, now);
  const told = moved || row.kyc_verified !== changed.kyc_verified;
  if (told && ctx.wire?.isNews?.(row, changed) !== false) await tellChange(ctx, trx, [changed], now);
  await tellEnd(ctx, trx, row, changed, now);
  return changed;
}

/** @internal also of `moveTransactions` */
export const transactionMoved = (id: string): AnchorError =>
  new AnchorError({
    code: 'TRANSACTION_MOVED',
    message: `Transaction ${id} was changed by someone else.`,
    hint: 'Read it again and decide anew.',
    httpStatus: 409,
  });

async function writeHistory(trx: Queries, row: TransactionRow, move: Move, at: string): Promise<void> {
  await trx
    .insertInto('transaction_history')
    .values({
      transaction_id: row.id,
      at,
      from_status: row.status,
      to_status: move.to,
      by_whom: move.by,
      reason: move.reason,
    })
    .execute();
}

/** True for the error that a lost compare-and-set throws. */
export const isMoved = (error: unknown): boolean =>
  AnchorError.is(error) && error.code === 'TRANSACTION_MOVED';
