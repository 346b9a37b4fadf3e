import type { RailsIntegration, TransactionView } from '../config/integrations.ts';
import { isoTime } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { allAssets } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { nothing, type PassOptions, type PassResult, sum } from '../transfers/pass.ts';
import { databaseTime } from '../transfers/pauses.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { copyEntries, type Lookup, list, railsOf, readNews } from './answers.ts';
import { callRails } from './guard.ts';
import { inLanes } from './lanes.ts';
import { askBank } from './lookup.ts';
import { bookNews } from './news.ts';
import { SETTLED_BY_NEWS } from './outcome.ts';
import { followMs } from './pauses.ts';
import { pollReturns } from './returns.ts';
import { viewsOf } from './views.ts';
import { workOffDeliveries } from './webhook/deliveries.ts';

const BATCH = 200;
const HELD_BATCH = 50;
const BY = 'job:poll-payouts';

/**
 * Follows payouts that the bank has taken and not yet paid, and those that are held because nobody knew better: with pollPayouts where
 * the rails have it, else each with lookupPayout. Then asks what came back.
 *
 * @throws RAILS_MISSING, RAILS_PAUSED, HOOK_FAILED, HOOK_ANSWER_INVALID the next pass asks again
 */
export async function pollPayouts(
  ctx: AnchorContext,
  options: Pick<PassOptions, 'signal'>,
): Promise<PassResult> {
  await workOffDeliveries(ctx, options.signal);
  const followed = await follow(ctx, options.signal);
  return sum(followed, await pollReturns(ctx, options));
}

async function follow(ctx: AnchorContext, signal: AbortSignal): Promise<PassResult> {
  const rails = railsOf(ctx);
  const result = nothing();
  if (rails.pollPayouts === undefined && rails.lookupPayout === undefined) return result;
  const rows = [...(await due(ctx, 'accepted', BATCH)), ...(await due(ctx, 'held', HELD_BATCH))];
  if (rows.length === 0) return result;
  await putOff(ctx, rows);
  const book = async (key: string, answer: Lookup): Promise<void> => {
    try {
      const booked = await bookNews(ctx, key, answer, BY);
      result[booked === null || booked === 'nothing_new' ? 'waiting' : booked] += 1;
    } catch (error) {
      result.failed += 1;
      ctx.log.error('payout_news_not_booked', { obligation: key, error: messageOf(error) });
    }
  };
  if (rails.pollPayouts === undefined) await askEach(ctx, rows, signal, book);
  else for (const [key, answer] of await askForAll(ctx, rows, signal)) await book(key, answer);
  result.waiting += Math.max(0, rows.length - result.processed - result.waiting - result.failed);
  return result;
}

/** Those whose pause is over: those never asked about first. */
async function due(ctx: AnchorContext, state: 'accepted' | 'held', limit: number): Promise<ObligationRow[]> {
  const now = await databaseTime(ctx);
  const found: ObligationRow[] = [];
  for (const waited of [false, true]) {
    const query = ctx.db.read
      .selectFrom('obligations')
      .selectAll()
      .where('leg', '=', 'rails')
      .where('state', '=', state)
      .where('not_before_at', waited ? '<=' : 'is', waited ? now : null)
      .orderBy('not_before_at')
      .orderBy('created_at')
      .limit(limit - found.length);
    const fitting = state === 'held' ? query.where('held_for', 'in', SETTLED_BY_NEWS) : query;
    if (found.length < limit) found.push(...(await fitting.execute()));
  }
  return found;
}

/** Before the bank is asked, so that rows about which it says nothing keep no others out. */
async function putOff(ctx: AnchorContext, rows: ObligationRow[]): Promise<void> {
  const now = Number(await ctx.db.nowMs());
  const byPause = new Map<number, string[]>();
  for (const row of rows) {
    const pause = followMs(now - Date.parse(row.updated_at), row.state === 'held');
    byPause.set(pause, [...(byPause.get(pause) ?? []), row.id]);
  }
  for (const [pause, ids] of byPause) {
    await ctx.db.read
      .updateTable('obligations')
      .set({ not_before_at: isoTime(now + pause) })
      .where('id', 'in', ids)
      .where('state', 'in', ['accepted', 'held'])
      .execute();
  }
}

async function askForAll(
  ctx: AnchorContext,
  rows: ObligationRow[],
  signal: AbortSignal,
): Promise<Map<string, Lookup>> {
  const waiting = await waitingPayouts(ctx, rows);
  const answer = await callRails(
    ctx,
    'pollPayouts',
    async (rails, hook) => copyEntries(await rails.pollPayouts?.(waiting, hook)),
    list,
    { maxBytes: limits.railsListBytes, signal },
  );
  const asked = new Set(rows.map((row) => row.id));
  const news = new Map<string, Lookup>();
  const contradicted = new Set<string>();
  for (const entry of answer) {
    const read = readNews(entry);
    if (read === null) ctx.log.error('payout_news_unreadable', {});
    else if (!asked.has(read.key)) ctx.log.warn('payout_news_not_asked', {});
    else {
      const before = news.get(read.key);
      if (before !== undefined && before.status !== read.status) contradicted.add(read.key);
      news.set(read.key, read);
    }
  }
  for (const key of contradicted) {
    ctx.log.error('payout_news_contradicting', { obligation: key });
    news.delete(key);
  }
  return news;
}

type Waiting = Parameters<NonNullable<RailsIntegration['pollPayouts']>>[0];

async function waitingPayouts(ctx: AnchorContext, rows: ObligationRow[]): Promise<Waiting> {
  const ids = rows.flatMap(({ transaction_id }) => (transaction_id === null ? [] : [transaction_id]));
  const transactions =
    ids.length === 0
      ? []
      : await ctx.db.read.selectFrom('transactions').selectAll().where('id', 'in', ids).execute();
  const views = new Map<string, TransactionView>(
    viewsOf(ctx, transactions, await allAssets(ctx.db.read)).map((view) => [view.id, view]),
  );
  return rows.map((row) => ({
    key: row.id,
    externalId: row.external_id,
    transaction: views.get(row.transaction_id ?? '') ?? null,
  }));
}

async function askEach(
  ctx: AnchorContext,
  rows: ObligationRow[],
  signal: AbortSignal,
  book: (key: string, answer: Lookup) => Promise<void>,
): Promise<void> {
  const queue = [...rows];
  const lanes = { width: 2, max: 8, signal, deadlineMs: Number.POSITIVE_INFINITY };
  await inLanes(
    ctx.clock,
    lanes,
    async () => queue.shift() ?? null,
    async (row) => {
      const answer = await askBank(ctx, row.id, signal);
      if (answer !== null) await book(row.id, answer);
    },
  );
}
