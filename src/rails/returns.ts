import type { Queries } from '../database/port.ts';
import { formatAmount } from '../kernel/amounts.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { scrub } from '../kernel/log.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { isMoved, moveTransaction } from '../transfers/move.ts';
import { nothing, type PassOptions, type PassResult } from '../transfers/pass.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { changeObligation, transactionOf } from '../transfers/settle.ts';
import { isolated, type ReadReturn, railsOf, readReturn, returnsAnswer } from './answers.ts';
import { moveCursor, readCursor } from './cursor.ts';
import { callRails } from './guard.ts';
import { holdIn } from './outcome.ts';

const CURSOR = 'rails:returns';
const BY = 'job:poll-payouts';
const TRIES = 5;

/** What a return did: see BankReturnsTable.effect. */
export type Effect = 'reopened' | 'withheld' | 'after_payment' | 'unknown';

/**
 * Asks the bank what it took back or brought back. Rails without pollReturns have nothing to ask.
 *
 * @throws RAILS_PAUSED, HOOK_FAILED, HOOK_ANSWER_INVALID the next pass asks again from the same cursor
 */
export async function pollReturns(
  ctx: AnchorContext,
  options: Pick<PassOptions, 'signal'>,
): Promise<PassResult> {
  const result = nothing();
  if (railsOf(ctx).pollReturns === undefined) return result;
  const before = await readCursor(ctx.db.read, CURSOR);
  const answer = await callRails(
    ctx,
    'pollReturns',
    async (rails, hook) => isolated(await rails.pollReturns?.({ cursor: before }, hook), 'returns'),
    returnsAnswer,
    { maxBytes: limits.railsListBytes, signal: options.signal },
  );
  for (const entry of answer.returns) {
    const read = readReturn(entry);
    if (read === null) {
      ctx.log.error('return_unreadable', {});
      result.failed += 1;
    } else if ((await takeReturn(ctx, read, BY)) !== 'known') result.processed += 1;
  }
  const after = answer.cursor ?? null;
  if (after !== null && after !== before) await moveCursor(ctx, ctx.db.read, CURSOR, before, after);
  return result;
}

/**
 * Takes a return once by the bank's own id. A payout that came back is owed again and held for the operator, also where its
 * transaction is completed: SEP-24 has no way back from there, but our debt is open again. A credit that was taken back stops what
 * has not been paid of it. Every return stays open in the book until an operator has dealt with it.
 */
export async function takeReturn(
  ctx: AnchorContext,
  entry: ReadReturn,
  by: string,
): Promise<Effect | 'known'> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ctx.db.write((trx) => takeIn(ctx, trx, entry, by));
    } catch (error) {
      const lost = isMoved(error) || (AnchorError.is(error) && error.code === 'OBLIGATION_MOVED');
      if (!lost || attempt >= TRIES) throw error;
      ctx.log.debug('return_again', { id: entry.id, error: messageOf(error) });
    }
  }
}

interface Found {
  effect: Effect;
  obligation_id?: string;
  credit_id?: string;
  transaction_id?: string | null;
}

type Trx = Parameters<Parameters<AnchorContext['db']['write']>[0]>[0];

async function takeIn(
  ctx: AnchorContext,
  trx: Trx,
  entry: ReadReturn,
  by: string,
): Promise<Effect | 'known'> {
  const known = await trx
    .selectFrom('bank_returns')
    .select('id')
    .where('id', '=', entry.id)
    .executeTakeFirst();
  if (known !== undefined) return 'known';
  const found =
    (entry.key === null ? null : await reopenPayout(ctx, trx, entry, entry.key, by)) ??
    (entry.creditId === null ? null : await withholdCredit(ctx, trx, entry, entry.creditId, by)) ??
    ({ effect: 'unknown' } as Found);
  const now = isoTime(ctx.clock.now());
  await trx
    .insertInto('bank_returns')
    .values({
      id: entry.id,
      obligation_id: found.obligation_id ?? null,
      credit_id: found.credit_id ?? null,
      named_credit: entry.creditId,
      transaction_id: found.transaction_id ?? null,
      amount_units: entry.amountUnits,
      reason: scrub(entry.reason),
      effect: found.effect,
      returned_at: entry.at ?? now,
      created_at: now,
    })
    .execute();
  ctx.log.error('bank_return', { id: entry.id, effect: found.effect, transaction: found.transaction_id });
  return found.effect;
}

async function reopenPayout(
  ctx: AnchorContext,
  trx: Trx,
  entry: ReadReturn,
  key: string,
  by: string,
): Promise<Found | null> {
  const row = await trx
    .selectFrom('obligations')
    .selectAll()
    .where('id', '=', key)
    .where('leg', '=', 'rails')
    .executeTakeFirst();
  if (row === undefined) return null;
  const { transaction_id } = row;
  if (row.state === 'cancelled') return { effect: 'unknown', obligation_id: row.id, transaction_id };
  const told = entry.amountUnits === null ? row.amount_units : entry.amountUnits;
  const part = told === row.amount_units ? '' : ` Only ${formatAmount(told)} of it came back.`;
  await holdIn(ctx, trx, row, 'returned', `The bank returned the payout: ${entry.reason}${part}`, by);
  return { effect: 'reopened', obligation_id: row.id, transaction_id };
}

async function withholdCredit(
  ctx: AnchorContext,
  trx: Trx,
  entry: ReadReturn,
  creditId: string,
  by: string,
): Promise<Found | null> {
  const credit = await trx
    .selectFrom('bank_credits')
    .selectAll()
    .where('id', '=', creditId)
    .executeTakeFirst();
  if (credit === undefined) return null;
  const { transaction_id } = credit;
  const open = await openOf(trx, credit.id, credit.bucket === 'matched' ? transaction_id : null);
  if (credit.bucket === 'suspense') {
    await trx
      .updateTable('bank_credits')
      .set({ bucket: 'returned', reason: 'returned' })
      .where('id', '=', credit.id)
      .where('bucket', '=', 'suspense')
      .execute();
  }
  let late = false;
  for (const row of open) {
    if (row.state !== 'owed' && row.state !== 'waiting') {
      late = true;
      // on its way: should it turn out never to have happened, it is held and does not go again
      if (row.state !== 'paid') await changeObligation(ctx, trx, row, { held_for: 'returned' });
    } else {
      await changeObligation(ctx, trx, row, {
        state: 'held',
        held_for: 'returned',
        waiting_code: 'operator',
        waiting_text: scrub(`The bank took the money back: ${entry.reason}`).slice(0, 500),
        not_before_at: null,
      });
    }
  }
  if (credit.bucket === 'matched' && !late && open.length > 0) {
    const transaction = await transactionOf(trx, transaction_id);
    if (transaction.status === 'pending_anchor') {
      const reason = 'the bank took the money back';
      await moveTransaction(ctx, trx, transaction, { to: 'on_hold', by, reason });
    }
  }
  return { effect: late ? 'after_payment' : 'withheld', credit_id: credit.id, transaction_id };
}

/** What is owed, paid or on its way because of this credit. */
async function openOf(
  trx: Queries,
  creditId: string,
  transactionId: string | null,
): Promise<ObligationRow[]> {
  return trx
    .selectFrom('obligations')
    .selectAll()
    .where(({ eb, or }) =>
      or([
        eb('credit_id', '=', creditId),
        ...(transactionId === null ? [] : [eb('transaction_id', '=', transactionId)]),
      ]),
    )
    .where('state', 'not in', ['held', 'cancelled'])
    .execute();
}
