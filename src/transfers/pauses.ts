import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import type { AnchorContext } from './context.ts';

/**
 * Now, or so many milliseconds from now, as ISO 8601 by the database's clock: what `not_before_at` is written and compared by. A worker
 * whose own clock is wrong neither puts work off for the others nor takes it up too early (reliability F14).
 *
 * @param on where it is asked inside of a transaction: that transaction
 */
export async function databaseTime(
  ctx: Pick<AnchorContext, 'db'>,
  pauseMs = 0,
  on?: Queries,
): Promise<string> {
  return isoTime(Number(await ctx.db.nowMs(on)) + Math.max(0, Math.ceil(pauseMs)));
}
