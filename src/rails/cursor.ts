import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import type { AnchorContext } from '../transfers/context.ts';

/** Where the bank is to be asked from; null at first. */
export async function readCursor(db: Queries, name: string): Promise<string | null> {
  const row = await db.selectFrom('cursors').select('cursor').where('name', '=', name).executeTakeFirst();
  return row?.cursor ?? null;
}

/** Only where it still stands at what the bank was asked with: another copy of the job may have been faster. */
export async function moveCursor(
  ctx: Pick<AnchorContext, 'clock'>,
  trx: Queries,
  name: string,
  before: string | null,
  after: string,
): Promise<void> {
  const updated_at = isoTime(ctx.clock.now());
  if (before === null) {
    await trx
      .insertInto('cursors')
      .values({ name, cursor: after, updated_at })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    return;
  }
  await trx
    .updateTable('cursors')
    .set({ cursor: after, updated_at })
    .where('name', '=', name)
    .where('cursor', '=', before)
    .execute();
}
