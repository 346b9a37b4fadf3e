import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { assert } from '../kernel/errors.ts';
import { type Move, transactionMoved } from './move.ts';
import { type NoticeContext, tellChanges } from './notices.ts';
import type { TransactionRow, TransactionUpdate } from './rows.ts';
import { canMove, TERMINAL } from './states.ts';

/** Parameters of one statement. */
const CHUNK = 400;

/**
 * `moveTransaction` for many of one kind and status at once, each with history and outbox rows: a few statements instead of a few
 * for each. The rows must have been read in `trx` with a lock, so that nobody can have changed them since.
 *
 * @throws TRANSACTION_MOVED where one was changed all the same
 */
export async function moveTransactions(
  ctx: NoticeContext,
  trx: Queries,
  rows: readonly TransactionRow[],
  move: Move,
): Promise<TransactionRow[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const { kind, status } = first;
  assert(canMove(kind, status, move.to), `a ${kind} from ${status} to ${move.to}`);
  assert(status !== 'incomplete', 'the first step of a transaction is made one by one');
  const now = isoTime(ctx.clock.now());
  const update: TransactionUpdate = { ...move.set, status: move.to, updated_at: now };
  if (move.to === 'completed' || move.to === 'refunded') update.completed_at = now;
  if (TERMINAL.has(move.to)) update.user_action_required_by = null;
  const done: TransactionRow[] = [];
  for (let at = 0; at < rows.length; at += CHUNK) {
    const part = rows.slice(at, at + CHUNK);
    assert(
      part.every((row) => row.kind === kind && row.status === status),
      'transactions of different statuses moved together',
    );
    const changed = await trx
      .updateTable('transactions')
      .set((row) => ({ ...update, version: row('version', '+', 1) }))
      .where(
        'id',
        'in',
        part.map((row) => row.id),
      )
      .where('status', '=', status)
      .executeTakeFirst();
    if (changed.numUpdatedRows !== BigInt(part.length)) throw transactionMoved(first.id);
    await trx
      .insertInto('transaction_history')
      .values(
        part.map((row) => ({
          transaction_id: row.id,
          at: now,
          from_status: status,
          to_status: move.to,
          by_whom: move.by,
          reason: move.reason,
        })),
      )
      .execute();
    const after = part.map((row) => ({ ...row, ...update, version: row.version + 1 }) as TransactionRow);
    await tellChanges(ctx, trx, after, now);
    done.push(...after);
  }
  return done;
}
