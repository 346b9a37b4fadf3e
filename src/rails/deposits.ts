import type { TransactionView } from '../config/integrations.ts';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { allAssets } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { readFields } from '../transfers/fields.ts';
import { callHook } from '../transfers/hooks.ts';
import type { PassOptions, PassResult } from '../transfers/pass.ts';
import { transactionView } from '../transfers/view.ts';
import { depositsAnswer, railsOf, readCredit } from './answers.ts';
import { storeCredits } from './store.ts';

const CURSOR = 'rails:deposits';
/** Deposits that the rails are told to look out for: a bank that is asked by reference needs them, others ignore them. */
const WAITING_MAX = 1000;
const ANSWER_BYTES = 8_000_000;

/**
 * Asks the bank what arrived and stores it: each credit once by the bank's own id, together with the cursor. A credit that names a
 * waiting deposit and brings its amount moves it and writes down the payment owed; anything else lies in suspense with its reason.
 *
 * @throws RAILS_MISSING, HOOK_FAILED, HOOK_ANSWER_INVALID nothing was stored, the next pass asks again
 */
export async function pollDeposits(
  ctx: AnchorContext,
  options: Pick<PassOptions, 'signal'>,
): Promise<PassResult> {
  const rails = railsOf(ctx);
  const before = await readCursor(ctx);
  const waiting = await waitingDeposits(ctx);
  const answer = await callHook(
    ctx,
    'rails.pollDeposits',
    (hookCtx) => rails.pollDeposits({ cursor: before, waiting }, hookCtx),
    depositsAnswer,
    { timeoutMs: limits.railsHookTimeoutMs, maxBytes: ANSWER_BYTES, signal: options.signal },
  );
  const after = answer.cursor ?? null;
  const saveCursor =
    after === null || after === before ? null : (trx: Queries) => moveCursor(ctx, trx, before, after);
  const credits = answer.credits.map(readCredit);
  const stored = await storeCredits(ctx, credits, saveCursor, 'job:poll-deposits');
  const left = waiting.length - stored.matched;
  return { processed: stored.matched, waiting: left + stored.suspended, failed: 0 };
}

async function readCursor(ctx: AnchorContext): Promise<string | null> {
  const row = await ctx.db.read
    .selectFrom('cursors')
    .select('cursor')
    .where('name', '=', CURSOR)
    .executeTakeFirst();
  return row?.cursor ?? null;
}

/** Only where it still stands at what the bank was asked with: another copy of the job may have been faster. */
async function moveCursor(
  ctx: AnchorContext,
  trx: Queries,
  before: string | null,
  after: string,
): Promise<void> {
  const updated_at = isoTime(ctx.clock.now());
  if (before === null) {
    await trx
      .insertInto('cursors')
      .values({ name: CURSOR, cursor: after, updated_at })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    return;
  }
  await trx
    .updateTable('cursors')
    .set({ cursor: after, updated_at })
    .where('name', '=', CURSOR)
    .where('cursor', '=', before)
    .execute();
}

async function waitingDeposits(ctx: AnchorContext): Promise<TransactionView[]> {
  const assets = await allAssets(ctx.db.read);
  const rows = await ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where('kind', '=', 'deposit')
    .where('status', 'in', ['pending_user_transfer_start', 'pending_external'])
    .orderBy('started_at', 'desc')
    .limit(WAITING_MAX)
    .execute();
  return rows.flatMap((row) => {
    const asset = assets.get(row.asset_id);
    if (asset === undefined) return [];
    try {
      return [transactionView(row, asset, readFields(ctx, row))];
    } catch (error) {
      ctx.log.error('fields_unreadable', { transaction: row.id, error: messageOf(error) });
      return [transactionView(row, asset, {})];
    }
  });
}
