import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { allAssets } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { readFields } from '../transfers/fields.ts';
import { callHook } from '../transfers/hooks.ts';
import { nothing, type PassOptions, type PassResult } from '../transfers/pass.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { transactionView } from '../transfers/view.ts';
import { type Lookup, lookupAnswer, payoutNews, railsOf, readNews } from './answers.ts';
import { applyAnswer } from './outcome.ts';

const BATCH = 200;
const BY = 'job:poll-payouts';

/**
 * Follows payouts that the bank has taken and not yet paid: with pollPayouts where the rails have it, else each with lookupPayout.
 *
 * @throws RAILS_MISSING, HOOK_FAILED, HOOK_ANSWER_INVALID the next pass asks again
 */
export async function pollPayouts(
  ctx: AnchorContext,
  options: Pick<PassOptions, 'signal'>,
): Promise<PassResult> {
  const rails = railsOf(ctx);
  const rows = await accepted(ctx);
  const result = nothing();
  if (rows.size === 0) return result;
  const news =
    rails.pollPayouts !== undefined
      ? await askForAll(ctx, rows, options.signal)
      : await askEach(ctx, rows, options.signal);
  for (const [key, answer] of news) {
    const row = rows.get(key);
    if (row === undefined || answer.status === 'accepted') continue;
    if (answer.status === 'none') {
      ctx.log.warn('payout_forgotten', { obligation: key });
      continue;
    }
    try {
      result[await applyAnswer(ctx, row, answer, BY)] += 1;
      rows.delete(key);
    } catch (error) {
      result.failed += 1;
      ctx.log.error('payout_news_not_booked', { obligation: key, error: messageOf(error) });
    }
  }
  result.waiting += rows.size;
  return result;
}

async function accepted(ctx: AnchorContext): Promise<Map<string, ObligationRow>> {
  const rows = await ctx.db.read
    .selectFrom('obligations')
    .selectAll()
    .where('leg', '=', 'rails')
    .where('state', '=', 'accepted')
    .orderBy('created_at')
    .limit(BATCH)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

type News = Map<string, Lookup>;

async function askForAll(
  ctx: AnchorContext,
  rows: Map<string, ObligationRow>,
  signal: AbortSignal,
): Promise<News> {
  const rails = railsOf(ctx);
  const assets = await allAssets(ctx.db.read);
  const transactions = await ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where(
      'id',
      'in',
      [...rows.values()].map((row) => row.transaction_id),
    )
    .execute();
  const byId = new Map(transactions.map((row) => [row.id, row]));
  const waiting = [...rows.values()].flatMap((row) => {
    const transaction = byId.get(row.transaction_id);
    const asset = assets.get(row.asset_id);
    if (transaction === undefined || asset === undefined) return [];
    const view = transactionView(transaction, asset, readFields(ctx, transaction));
    return [{ key: row.id, externalId: row.external_id, transaction: view }];
  });
  const answer = await callHook(
    ctx,
    'rails.pollPayouts',
    (hookCtx) => rails.pollPayouts?.(waiting, hookCtx),
    payoutNews,
    { timeoutMs: limits.railsHookTimeoutMs, signal },
  );
  const news: News = new Map();
  for (const entry of answer) {
    const read = readNews(entry);
    if (read === null) ctx.log.error('payout_news_unreadable', {});
    else news.set(read.key, read);
  }
  return news;
}

async function askEach(
  ctx: AnchorContext,
  rows: Map<string, ObligationRow>,
  signal: AbortSignal,
): Promise<News> {
  const rails = railsOf(ctx);
  const news: News = new Map();
  if (rails.lookupPayout === undefined) return news;
  for (const key of rows.keys()) {
    if (signal.aborted) break;
    try {
      const answer = await callHook(
        ctx,
        'rails.lookupPayout',
        (hookCtx) => rails.lookupPayout?.(key, hookCtx),
        lookupAnswer,
        { timeoutMs: limits.railsHookTimeoutMs, signal },
      );
      news.set(key, answer);
    } catch (error) {
      if (!AnchorError.is(error)) throw error;
      ctx.log.error('lookup_unclear', { obligation: key, error: messageOf(error) });
    }
  }
  return news;
}
