import type { TransactionView } from '../config/integrations.ts';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { limits } from '../kernel/limits.ts';
import { allAssets } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { type PassOptions, type PassResult, sum } from '../transfers/pass.ts';
import { refundDueCredits } from '../transfers/refunds-due.ts';
import { bookUnpriced } from '../transfers/reprice.ts';
import { depositsAnswer, isolated, readCredit } from './answers.ts';
import { moveCursor, readCursor } from './cursor.ts';
import { callRails } from './guard.ts';
import { storeCredits } from './store.ts';
import { viewsOf } from './views.ts';
import { workOffDeliveries } from './webhook/deliveries.ts';

const CURSOR = 'rails:deposits';
/** Deposits that the rails are told to look out for: a bank that is asked by reference needs them, others ignore them. */
const WAITING_MAX = 1000;
const DOUBT_MS = 600_000;

/**
 * Asks the bank what arrived and stores it: each credit once by the bank's own id, together with the cursor. A credit that names a
 * waiting deposit and brings its amount moves it and writes down the payment owed; anything else lies in suspense with its reason.
 *
 * @throws RAILS_MISSING, RAILS_PAUSED, HOOK_FAILED, HOOK_ANSWER_INVALID nothing was stored, the next pass asks again
 */
export async function pollDeposits(
  ctx: AnchorContext,
  options: Pick<PassOptions, 'signal'>,
): Promise<PassResult> {
  await workOffDeliveries(ctx, options.signal);
  const before = await readCursor(ctx.db.read, CURSOR);
  const waiting = await waitingDeposits(ctx);
  const spoilt: number[] = [];
  const answer = await callRails(
    ctx,
    'pollDeposits',
    async (rails, hook) =>
      isolated(await rails.pollDeposits({ cursor: before, waiting }, hook), 'credits', spoilt),
    depositsAnswer,
    { maxBytes: limits.railsListBytes, signal: options.signal },
  );
  const after = answer.cursor ?? null;
  const credits = answer.credits.map(readCredit);
  const stays = await isDoubtful(
    ctx,
    spoilt.flatMap((index) => credits[index]?.id ?? []),
  );
  const saveCursor =
    after === null || after === before || stays
      ? null
      : (trx: Queries) => moveCursor(ctx, trx, CURSOR, before, after);
  const stored = await storeCredits(ctx, credits, saveCursor, 'job:poll-deposits');
  const left = waiting.length - stored.matched;
  const pass = { signal: options.signal, by: 'job:poll-deposits' };
  const booked = await bookUnpriced(ctx, 'credit', pass);
  const refunds = sum(booked, await refundDueCredits(ctx, pass));
  return sum({ processed: stored.matched, waiting: left + stored.suspended, failed: 0 }, refunds);
}

/**
 * Whether the answer holds entries that no bank sends and that have not been in suspense for a while: the rest of it may be as wrong, so
 * its cursor is not followed. What comes again and again is taken for what it is, and keeps no other credit out.
 */
async function isDoubtful(ctx: AnchorContext, ids: string[]): Promise<boolean> {
  if (ids.length === 0) return false;
  ctx.log.error('credits_unreadable', { count: ids.length });
  const since = isoTime(ctx.clock.now() - DOUBT_MS);
  const old = await ctx.db.read
    .selectFrom('bank_credits')
    .select('id')
    .where('id', 'in', ids.slice(0, 1000))
    .where('created_at', '<=', since)
    .execute();
  return old.length < new Set(ids).size;
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
  return viewsOf(ctx, rows, assets);
}
