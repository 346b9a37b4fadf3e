import { isoTime } from '../kernel/clock.ts';
import type { AnchorContext } from '../transfers/index.ts';
import { closeLeg, legOf } from './legs.ts';
import { changeSend, type SendChange, type SendRow } from './store.ts';

const MAX_PAUSE_MS = 600_000;
const FRESH_MS = 600_000;

/** When it is looked at again: often while it is young, each minute later. */
export function nextLook(ctx: AnchorContext, row: Pick<SendRow, 'updated_at'>): string {
  const own = ctx.project.jobIntervalSeconds * 1000;
  const age = ctx.clock.now() - Date.parse(row.updated_at);
  return isoTime(ctx.clock.now() + (age < FRESH_MS ? own : Math.max(own, 60_000)));
}

/** After a failure: longer each time, ten minutes at most. */
export function nextTry(ctx: AnchorContext, row: Pick<SendRow, 'failures'>): string {
  const own = ctx.project.jobIntervalSeconds * 1000;
  return isoTime(ctx.clock.now() + Math.min(own * 2 ** Math.min(row.failures, 12), MAX_PAUSE_MS));
}

/** It goes on later; `text` says what it waits for. */
export const wait = (
  ctx: AnchorContext,
  row: SendRow,
  text: string,
  change: SendChange = {},
): Promise<SendRow> =>
  changeSend(
    ctx,
    ctx.db.read,
    row,
    { failures: 0, not_before_at: nextLook(ctx, row), ...change, waiting: text.slice(0, 500) },
    change.state === undefined && text === row.waiting ? undefined : text.slice(0, 500),
  );

/**
 * It ends without a payment to the other anchor. Only for one whose money has not come; both its ways are closed with it.
 *
 * @throws SEND_MOVED, TRANSACTION_MOVED the money has just come
 */
export async function fail(
  ctx: AnchorContext,
  row: SendRow,
  reason: string,
  change: SendChange = {},
): Promise<SendRow> {
  const away = await legOf(ctx, row.transaction_id);
  const back = await legOf(ctx, row.return_id);
  return ctx.db.write(async (trx) => {
    await closeLeg(ctx, trx, away, reason);
    await closeLeg(ctx, trx, back, 'nothing was sent');
    return changeSend(ctx, trx, row, { ...change, state: 'failed', waiting: null }, reason);
  });
}
