import { AnchorError, messageOf } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { isMoved } from '../transfers/move.ts';
import type { PassResult } from '../transfers/pass.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { type Lookup, railsTimeoutMs } from './answers.ts';
import { attemptAgeMs } from './lookup.ts';
import { applyAnswer, hold, SETTLED_BY_NEWS, settleMs } from './outcome.ts';
import { takeReturn } from './returns.ts';

const TRIES = 5;

/** Null: the bank says something that cannot be, and an operator has to see it. */
export type Booked = keyof PassResult | 'nothing_new' | null;

/**
 * Books what the bank says of a payout, however it came: by poll, webhook or function. What is known already changes nothing; what
 * contradicts the book is held or answered with null, and never undoes what an operator has decided.
 */
export async function bookNews(ctx: AnchorContext, key: string, answer: Lookup, by: string): Promise<Booked> {
  for (let attempt = 1; ; attempt++) {
    const row = await ctx.db.read
      .selectFrom('obligations')
      .selectAll()
      .where('id', '=', key)
      .where('leg', '=', 'rails')
      .executeTakeFirst();
    if (row === undefined) return null;
    try {
      return await bookOnce(ctx, row, answer, by);
    } catch (error) {
      const lost = isMoved(error) || (AnchorError.is(error) && error.code === 'OBLIGATION_MOVED');
      if (!lost || attempt >= TRIES) throw error;
      ctx.log.debug('news_again', { obligation: key, error: messageOf(error) });
    }
  }
}

async function bookOnce(ctx: AnchorContext, row: ObligationRow, answer: Lookup, by: string): Promise<Booked> {
  if (answer.status === 'none') return forgotten(ctx, row, by);
  switch (row.state) {
    case 'cancelled':
      if (answer.status === 'accepted' || answer.status === 'completed') {
        ctx.log.error('payout_after_cancel', { obligation: row.id, status: answer.status });
        return null;
      }
      return 'nothing_new';
    case 'paid': {
      if (answer.status !== 'rejected' && answer.status !== 'returned') return 'nothing_new';
      // the bank has no id for it, so the key stands for the one return that this order can have
      const effect = await takeReturn(ctx, returnOf(row, answer.reason), by);
      return effect === 'known' ? 'nothing_new' : 'failed';
    }
    case 'held':
      if (answer.status === 'rejected' || answer.status === 'returned') return 'nothing_new';
      if (!SETTLED_BY_NEWS.includes(row.held_for ?? '')) return 'nothing_new';
      return applyAnswer(ctx, row, answer, by);
    case 'accepted':
      return answer.status === 'accepted' ? 'nothing_new' : applyAnswer(ctx, row, answer, by);
    default:
      return applyAnswer(ctx, row, answer, by);
  }
}

const returnOf = (row: ObligationRow, reason: string) => ({
  id: `returned:${row.id}`,
  key: row.id,
  creditId: null,
  amountUnits: row.amount_units,
  reason,
  at: null,
});

/** The bank took it and does not know it any more: after the settle time an operator has to ask the bank. */
async function forgotten(ctx: AnchorContext, row: ObligationRow, by: string): Promise<Booked> {
  if (row.state !== 'accepted') return 'nothing_new';
  ctx.log.warn('payout_forgotten', { obligation: row.id });
  if ((await attemptAgeMs(ctx, row)) < railsTimeoutMs(ctx) + settleMs(ctx)) return 'nothing_new';
  await hold(ctx, row, 'forgotten', 'The bank has taken the payout and does not know it any more.', by);
  return 'failed';
}
