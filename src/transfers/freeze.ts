import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import type { AnchorContext } from './context.ts';

const SIGNING = 'freeze:signing';
const HISTORY = 'freeze:history:';

/** Why nothing is paid, for the operator. */
export interface Freeze {
  /** the transaction that nobody here has signed; empty where it is not about one */
  hash: string;
  account: string;
  at: string;
  /** of a freeze that comes from reading the network, e.g. network_reset, history_short */
  cause?: string;
  text?: string;
}

/** The freeze, or null when payments go on, on Stellar and through the bank (reliability R4, R13). */
export async function readFreeze(db: Queries): Promise<Freeze | null> {
  const row = await db
    .selectFrom('facts')
    .select('value')
    .where(({ eb, or, and }) =>
      or([eb('name', '=', SIGNING), and([eb('name', '>=', HISTORY), eb('name', '<', `${HISTORY}~`)])]),
    )
    .orderBy('name', 'desc')
    .executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.value) as Freeze);
}

/**
 * Stops all payments: someone else holds our key, or this database has forgotten what it signed. Reading goes on. The first freeze is
 * kept as the evidence.
 */
export async function freezeSigning(
  ctx: AnchorContext,
  trx: Queries,
  found: Omit<Freeze, 'at'>,
): Promise<void> {
  await freeze(ctx, trx, SIGNING, found);
}

/** Stops all payments because the history of an account cannot be trusted; it ends when the history is read right again. */
export async function freezeForHistory(
  ctx: AnchorContext,
  trx: Queries,
  found: { account: string; cause: 'network_reset' | 'history_short'; text: string },
): Promise<void> {
  await freeze(ctx, trx, HISTORY + found.account, { hash: '', ...found });
}

/** @returns whether there was one */
export async function liftHistoryFreeze(ctx: AnchorContext, account: string): Promise<boolean> {
  const name = HISTORY + account;
  const known = await ctx.db.read
    .selectFrom('facts')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst();
  if (known === undefined) return false;
  await ctx.db.read.deleteFrom('facts').where('name', '=', name).execute();
  ctx.log.warn('payments_go_on', { account });
  return true;
}

async function freeze(
  ctx: AnchorContext,
  trx: Queries,
  name: string,
  found: Omit<Freeze, 'at'>,
): Promise<void> {
  const at = isoTime(ctx.clock.now());
  const value: Freeze = { ...found, at };
  const made = await trx
    .insertInto('facts')
    .values({ name, value: JSON.stringify(value), updated_at: at })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .executeTakeFirst();
  if (made !== undefined) ctx.log.error('signing_frozen', { ...value });
}
