import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import type { AnchorContext } from '../transfers/context.ts';

const FACT = 'freeze:signing';

/** Why nothing is signed, for the operator. */
export interface Freeze {
  /** the transaction that nobody here has signed */
  hash: string;
  account: string;
  at: string;
}

/** The freeze, or null when signing goes on (reliability R4, R13). */
export async function readFreeze(db: Queries): Promise<Freeze | null> {
  const row = await db.selectFrom('facts').select('value').where('name', '=', FACT).executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.value) as Freeze);
}

/**
 * Stops all signing: someone else holds our key, or this database has forgotten what it signed. Reading goes on. The first freeze is
 * kept as the evidence.
 */
export async function freezeSigning(
  ctx: AnchorContext,
  trx: Queries,
  found: { hash: string; account: string },
): Promise<void> {
  const at = isoTime(ctx.clock.now());
  const value: Freeze = { ...found, at };
  ctx.log.error('signing_frozen', { ...value });
  await trx
    .insertInto('facts')
    .values({ name: FACT, value: JSON.stringify(value), updated_at: at })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
}
