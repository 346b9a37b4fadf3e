import { isoTime } from '../kernel/clock.ts';
import { AnchorError, notFound } from '../kernel/errors.ts';
import { tellCompleted } from '../transfers/completed.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { obligationId } from '../transfers/obligations.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { changeObligation } from '../transfers/settle.ts';
import type { Decision } from '../transfers/suspense.ts';
import { bookPaid, CLEAR } from './outcome.ts';

/** What the operator has learnt from the bank: it has paid, or it has not and never will under the key that it was given. */
export type PayoutDecision = { outcome: 'paid'; externalId?: string | undefined } | { outcome: 'again' };

/** Held for these, the bank has used up the key: another order needs another key. */
const KEY_USED: readonly (string | null)[] = ['rejected', 'returned'];

/**
 * Settles a payout or refund through the bank that is held. `paid` books it; `again` orders it anew, under the same key where the bank
 * may not have it, under a new one where it rejected or returned it. The open returns of it are dealt with by that.
 *
 * @throws PAYOUT_NOT_HELD (409) there is nothing for an operator to decide
 * @throws PAYOUT_NOT_AGAIN (409) the bank has paid another amount: that cannot be ordered again
 * @throws OBLIGATION_MOVED, TRANSACTION_MOVED
 */
export async function settlePayout(
  ctx: AnchorContext,
  row: ObligationRow,
  how: Decision & PayoutDecision,
): Promise<void> {
  if (row.leg !== 'rails' || row.state !== 'held') {
    throw refusal('PAYOUT_NOT_HELD', `The payout ${row.id} is ${row.state}: there is nothing to decide.`);
  }
  if (how.outcome === 'again' && row.held_for === 'amount') {
    throw refusal(
      'PAYOUT_NOT_AGAIN',
      'The bank has paid another amount: settle the difference, then say --paid.',
    );
  }
  const after = await ctx.db.write(async (trx) => {
    await resolveWhere(ctx, trx, row.id, how);
    if (how.outcome === 'again') {
      await orderAgain(ctx, trx, row, how);
      return null;
    }
    const external_id = how.externalId ?? row.external_id;
    const paid = await changeObligation(ctx, trx, row, { ...CLEAR, state: 'paid', external_id });
    return bookPaid(ctx, trx, paid, how.by);
  });
  if (after?.status === 'completed') await tellCompleted(ctx, after);
}

type Trx = Parameters<Parameters<AnchorContext['db']['write']>[0]>[0];

async function orderAgain(ctx: AnchorContext, trx: Trx, row: ObligationRow, how: Decision): Promise<void> {
  const attempts = row.attempts + 1;
  if (!KEY_USED.includes(row.held_for)) {
    await changeObligation(ctx, trx, row, { ...CLEAR, state: 'owed', attempts });
    return;
  }
  await changeObligation(ctx, trx, row, {
    ...CLEAR,
    state: 'cancelled',
    attempts,
    held_for: row.held_for,
    waiting_text: `Ordered anew by ${how.by}: ${how.reason}`,
  });
  const last = await trx
    .selectFrom('obligations')
    .select(({ fn }) => fn.max('ordinal').as('ordinal'))
    .where('leg', '=', 'rails')
    .where('purpose', '=', row.purpose)
    .where(({ eb, or }) =>
      or([eb('transaction_id', '=', row.transaction_id), eb('credit_id', '=', row.credit_id)]),
    )
    .executeTakeFirstOrThrow();
  const at = isoTime(ctx.clock.now());
  const ordinal = Number(last.ordinal) + 1;
  await trx
    .insertInto('obligations')
    .values({
      ...row,
      ...CLEAR,
      id: obligationId(row, row.leg, row.purpose, ordinal),
      ordinal,
      state: 'owed',
      attempts: 0,
      external_id: null,
      paid_by: null,
      created_at: at,
      updated_at: at,
    })
    .execute();
}

async function resolveWhere(ctx: AnchorContext, trx: Trx, obligation: string, how: Decision): Promise<void> {
  await trx
    .updateTable('bank_returns')
    .set({ resolved_at: isoTime(ctx.clock.now()), resolution: `${how.by}: ${how.reason}` })
    .where('obligation_id', '=', obligation)
    .where('resolved_at', 'is', null)
    .execute();
}

/** The operator has dealt with a return outside of this book. @throws RETURN_NOT_OPEN (404) */
export async function resolveReturn(ctx: AnchorContext, id: string, how: Decision): Promise<void> {
  const done = await ctx.db.read
    .updateTable('bank_returns')
    .set({ resolved_at: isoTime(ctx.clock.now()), resolution: `${how.by}: ${how.reason}` })
    .where('id', '=', id)
    .where('resolved_at', 'is', null)
    .executeTakeFirst();
  if (done.numUpdatedRows !== 1n) {
    throw notFound('RETURN_NOT_OPEN', `There is no open return ${id}.`, 'See: anchor returns list');
  }
}

/** Oldest first. */
export const openReturns = (ctx: Pick<AnchorContext, 'db'>, limit: number) =>
  ctx.db.read
    .selectFrom('bank_returns')
    .selectAll()
    .where('resolved_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();

/** Deliveries of the webhook that nobody understood. */
export const unknownEvents = (ctx: Pick<AnchorContext, 'db'>, limit: number) =>
  ctx.db.read
    .selectFrom('bank_events')
    .select(['id', 'received_at', 'error'])
    .where('state', '=', 'unknown')
    .orderBy('received_at')
    .limit(limit)
    .execute();

const refusal = (code: string, message: string): AnchorError =>
  new AnchorError({ code, message, hint: 'See: anchor tx show', httpStatus: 409 });
