import type { FieldRequest } from '../config/integrations.ts';
import { formatAmount, parseAmount } from '../kernel/amounts.ts';
import { messageOf } from '../kernel/errors.ts';
import { scrub } from '../kernel/log.ts';
import { askInfo } from '../transfers/ask-info.ts';
import { tellCompleted } from '../transfers/completed.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { moveTransaction } from '../transfers/move.ts';
import type { PassResult } from '../transfers/pass.ts';
import { databaseTime } from '../transfers/pauses.ts';
import { refundPaid } from '../transfers/refunds.ts';
import type { ObligationRow, TransactionRow } from '../transfers/rows.ts';
import { changeObligation, completeTransaction, transactionOf } from '../transfers/settle.ts';
import { TERMINAL } from '../transfers/states.ts';
import { type Lookup, railsOf } from './answers.ts';

/** Why a payout is held: see ObligationsTable.held_for. */
export type HeldFor = 'unclear' | 'rejected' | 'forgotten' | 'returned' | 'amount' | 'no_refund';

/** Those that the bank's word that it has paid after all still settles. */
export const SETTLED_BY_NEWS: readonly string[] = ['unclear', 'rejected', 'forgotten'] satisfies HeldFor[];

const SETTLE_SECONDS = 60;

/** The bank may still take an order so long after a call that failed: until then `none` proves nothing (R7). */
export function settleMs(ctx: AnchorContext): number {
  return (railsOf(ctx).settleSeconds ?? SETTLE_SECONDS) * 1000;
}

/** Written to every row that is no longer held or waiting. */
export const CLEAR = {
  waiting_code: null,
  waiting_text: null,
  held_for: null,
  not_before_at: null,
} as const;

/**
 * Books what the bank said of a payout or refund, in one database transaction with the status of its transaction.
 *
 * @param row in any state but `paid` and `cancelled`
 * @throws OBLIGATION_MOVED, TRANSACTION_MOVED
 */
export async function applyAnswer(
  ctx: AnchorContext,
  row: ObligationRow,
  answer: Exclude<Lookup, { status: 'none' }>,
  by: string,
): Promise<keyof PassResult> {
  if (answer.status === 'rejected' || answer.status === 'returned') {
    await hold(ctx, row, answer.status, `The bank ${answer.status} the payout: ${answer.reason}`, by);
    if (answer.status === 'rejected' && answer.ask !== undefined) await askAnew(ctx, row, answer.ask);
    return 'failed';
  }
  const told = answer.amount === undefined ? row.amount_units : parseAmount(answer.amount);
  if (told !== row.amount_units) {
    const text = `The bank says that it pays ${formatAmount(told)} in place of ${formatAmount(row.amount_units)}.`;
    await hold(ctx, row, 'amount', text, by);
    return 'failed';
  }
  const completed = answer.status === 'completed';
  const after = await ctx.db.write(async (trx) => {
    const external_id = answer.externalId ?? row.external_id;
    const state = completed ? 'paid' : 'accepted';
    const changed = await changeObligation(ctx, trx, row, { ...CLEAR, state, external_id });
    return completed ? bookPaid(ctx, trx, changed, by) : bookTaken(ctx, trx, changed, by);
  });
  if (completed && after?.status === 'completed') await tellCompleted(ctx, after);
  return completed ? 'processed' : 'waiting';
}

/** The bank says what has to be told anew. Where it cannot be asked for, the payout stays held for the operator. */
async function askAnew(
  ctx: AnchorContext,
  row: ObligationRow,
  ask: { message: string; fields: Record<string, FieldRequest> },
): Promise<void> {
  if (row.purpose !== 'deliver') return;
  try {
    const transaction = await transactionOf(ctx.db.read, row.transaction_id);
    if (transaction.sep !== '24') await askInfo(ctx, transaction, { ...ask, by: 'integration' });
  } catch (error) {
    ctx.log.error('ask_failed', { obligation: row.id, error: messageOf(error) });
  }
}

type Trx = Parameters<Parameters<AnchorContext['db']['write']>[0]>[0];

/** The transaction of an obligation that the bank has paid; null where nothing has ended with it. */
export async function bookPaid(
  ctx: AnchorContext,
  trx: Trx,
  paid: ObligationRow,
  by: string,
): Promise<TransactionRow | null> {
  if (paid.purpose === 'refund') return refundPaid(ctx, trx, paid, by);
  const current = await atBank(ctx, trx, paid, by);
  if (current === null) return null;
  const set = { external_transaction_id: paid.external_id };
  return completeTransaction(ctx, trx, current, { by, reason: 'the bank has paid', set });
}

async function bookTaken(ctx: AnchorContext, trx: Trx, taken: ObligationRow, by: string): Promise<null> {
  if (taken.purpose === 'refund') return null;
  const current = await atBank(ctx, trx, taken, by);
  if (current === null || current.status === 'pending_external') return null;
  const set = { external_transaction_id: taken.external_id };
  const reason = 'the bank has taken the payout';
  await moveTransaction(ctx, trx, current, { to: 'pending_external', by, reason, set });
  return null;
}

/** In a status from which a payout goes on; null where the transaction has ended. */
async function atBank(
  ctx: AnchorContext,
  trx: Trx,
  obligation: ObligationRow,
  by: string,
): Promise<TransactionRow | null> {
  const row = await transactionOf(trx, obligation.transaction_id);
  if (TERMINAL.has(row.status)) {
    // paid again after a return; or paid although the transaction has ended in another way, which reconcile lists
    if (row.status !== 'completed') {
      ctx.log.error('payout_after_end', { obligation: obligation.id, status: row.status });
    }
    return null;
  }
  if (row.status !== 'on_hold' && row.status !== 'pending_user') return row;
  const reason = 'the bank has taken the payout already';
  return moveTransaction(ctx, trx, row, { to: 'pending_anchor', by, reason });
}

/** Visible to the operator, who alone may go on; a payout that was with the bank is with us again. */
export async function hold(
  ctx: AnchorContext,
  row: ObligationRow,
  heldFor: HeldFor,
  text: string,
  by: string,
): Promise<void> {
  await ctx.db.write((trx) => holdIn(ctx, trx, row, heldFor, text, by));
  ctx.log.error('payout_held', { obligation: row.id, transaction: row.transaction_id, reason: heldFor });
}

export async function holdIn(
  ctx: AnchorContext,
  trx: Trx,
  row: ObligationRow,
  heldFor: HeldFor,
  text: string,
  by: string,
): Promise<void> {
  await changeObligation(ctx, trx, row, {
    state: 'held',
    held_for: heldFor,
    waiting_code: 'operator',
    waiting_text: scrub(text).slice(0, 500),
    not_before_at: null,
  });
  if (row.purpose !== 'deliver') return;
  const transaction = await transactionOf(trx, row.transaction_id);
  if (transaction.status !== 'pending_external') return;
  const reason = 'the bank has not paid; an operator decides';
  await moveTransaction(ctx, trx, transaction, { to: 'pending_anchor', by, reason });
}

/** After a throw, a timeout or nonsense: looked up soon where the rails can, else the operator's. */
export async function payoutUnclear(
  ctx: AnchorContext,
  row: ObligationRow,
  why: string,
  by: string,
): Promise<void> {
  if (railsOf(ctx).lookupPayout === undefined) {
    const text = `Nobody knows whether the bank has this payout, and the rails cannot look it up. ${why}`;
    await hold(ctx, row, 'unclear', text, by);
    return;
  }
  await changeObligation(ctx, ctx.db.read, row, {
    waiting_code: 'rails_credit',
    waiting_text: scrub(
      `The bank has not said whether it has the payout; it is being looked up. ${why}`,
    ).slice(0, 500),
    not_before_at: await databaseTime(ctx),
  });
}
