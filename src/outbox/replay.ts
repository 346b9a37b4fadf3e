import { isoTime } from '../kernel/clock.ts';
import { notFound } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { databaseTime } from '../transfers/pauses.ts';
import type { OutboxRow } from './deliver.ts';

export interface ListCallbacks {
  state?: OutboxRow['state'] | undefined;
  transactionId?: string | undefined;
  limit: number;
}

/** The newest first. */
export async function listCallbacks(ctx: AnchorContext, filter: ListCallbacks): Promise<OutboxRow[]> {
  let query = ctx.db.read.selectFrom('outbox').selectAll().orderBy('id', 'desc').limit(filter.limit);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.transactionId !== undefined) query = query.where('transaction_id', '=', filter.transactionId);
  return query.execute();
}

export type Replay = { id: number } | { transactionId: string } | { failed: true };

/**
 * Callbacks are to be sent again, with the same bytes, also those that were delivered; in their order. Answers how many.
 *
 * @throws CALLBACK_NOT_FOUND there is none such
 */
export async function replayCallbacks(ctx: AnchorContext, which: Replay): Promise<number> {
  const now = await databaseTime(ctx);
  let query = ctx.db.read.updateTable('outbox').set({
    state: 'waiting',
    attempts: 0,
    next_at: now,
    delivered_at: null,
    last_answer: `replayed ${isoTime(ctx.clock.now())}`,
  });
  if ('id' in which) query = query.where('id', '=', which.id);
  else if ('transactionId' in which) query = query.where('transaction_id', '=', which.transactionId);
  else query = query.where('state', '=', 'failed');
  const { numUpdatedRows } = await query.executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n && !('failed' in which)) {
    throw notFound('CALLBACK_NOT_FOUND', 'There is no such callback.', 'See: anchor callbacks list');
  }
  return Number(numUpdatedRows);
}
