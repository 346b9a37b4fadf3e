import { isoTime } from '../kernel/clock.ts';
import { tellCompleted } from '../transfers/completed.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { moveTransaction } from '../transfers/move.ts';
import type { PassResult } from '../transfers/pass.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { changeObligation, completeTransaction, transactionOf } from '../transfers/settle.ts';
import { type Lookup, railsOf } from './answers.ts';

/** The bank may still take it a while after a call that failed: until then `none` proves nothing (R7). */
export const SETTLE_MS = 60_000;

/**
 * Books what the bank said of a payout, in one database transaction with the withdrawal's status.
 *
 * @param row in state `unknown` or `accepted`
 * @throws OBLIGATION_MOVED, TRANSACTION_MOVED
 */
export async function applyAnswer(
  ctx: AnchorContext,
  row: ObligationRow,
  answer: Exclude<Lookup, { status: 'none' }>,
  by: string,
): Promise<keyof PassResult> {
  if (answer.status === 'rejected' || answer.status === 'returned') {
    await hold(ctx, row, `The bank ${answer.status} the payout: ${answer.reason}`);
    return 'failed';
  }
  const completed = answer.status === 'completed';
  const externalId = answer.externalId ?? row.external_id;
  const after = await ctx.db.write(async (trx) => {
    await changeObligation(ctx, trx, row, {
      state: completed ? 'paid' : 'accepted',
      external_id: externalId,
      waiting_code: null,
      waiting_text: null,
      not_before_at: null,
    });
    const transaction = await transactionOf(trx, row.transaction_id);
    const set = { external_transaction_id: externalId };
    if (completed) {
      return completeTransaction(ctx, trx, transaction, { by, reason: 'the bank has paid', set });
    }
    if (transaction.status === 'pending_external') return transaction;
    return moveTransaction(ctx, trx, transaction, {
      to: 'pending_external',
      by,
      reason: 'the bank has taken the payout',
      set,
    });
  });
  if (completed) await tellCompleted(ctx, after);
  return completed ? 'processed' : 'waiting';
}

/** Visible to the operator, who alone may go on. */
export async function hold(ctx: AnchorContext, row: ObligationRow, text: string): Promise<void> {
  ctx.log.error('payout_held', { obligation: row.id, transaction: row.transaction_id });
  await changeObligation(ctx, ctx.db.read, row, {
    state: 'held',
    waiting_code: 'operator',
    waiting_text: text.slice(0, 500),
    not_before_at: null,
  });
}

/** After a throw, a timeout or nonsense: looked up soon where the rails can, else the operator's. */
export async function payoutUnclear(ctx: AnchorContext, row: ObligationRow, why: string): Promise<void> {
  if (railsOf(ctx).lookupPayout === undefined) {
    await hold(
      ctx,
      row,
      `Nobody knows whether the bank has this payout (${why}), and the rails cannot look it up.`,
    );
    return;
  }
  await changeObligation(ctx, ctx.db.read, row, {
    waiting_code: 'rails_credit',
    waiting_text: 'The bank has not said whether it has the payout; it is being looked up.',
    not_before_at: isoTime(ctx.clock.now()),
  });
}
