import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { creditDeposit, creditWrongAmount } from '../transfers/credit.ts';
import { isMoved } from '../transfers/move.ts';
import type { ReadCredit } from './answers.ts';
import { type CreditPlan, planCredits } from './plan.ts';

const CHUNK = 100;
const TRIES = 5;

export interface Stored {
  matched: number;
  suspended: number;
}

/** Writes the cursor in the transaction it is given; null where it has not moved. */
type SaveCursor = ((trx: Queries) => Promise<void>) | null;

/**
 * Stores credits in chunks, each chunk in one database transaction, the last one together with the cursor: after a crash the bank is
 * asked again from the old cursor, and what is stored already is passed over by its id.
 */
export async function storeCredits(
  ctx: AnchorContext,
  credits: ReadCredit[],
  saveCursor: SaveCursor,
  by: string,
): Promise<Stored> {
  const total: Stored = { matched: 0, suspended: 0 };
  const chunks: ReadCredit[][] = [];
  for (let i = 0; i < credits.length; i += CHUNK) chunks.push(credits.slice(i, i + CHUNK));
  if (chunks.length === 0 && saveCursor !== null) chunks.push([]);
  for (const [index, chunk] of chunks.entries()) {
    const last = index === chunks.length - 1;
    const stored = await storeChunk(ctx, chunk, last ? saveCursor : null, by);
    total.matched += stored.matched;
    total.suspended += stored.suspended;
  }
  return total;
}

async function storeChunk(
  ctx: AnchorContext,
  credits: ReadCredit[],
  saveCursor: SaveCursor,
  by: string,
): Promise<Stored> {
  for (let attempt = 1; ; attempt++) {
    const plans = await planCredits(ctx, credits);
    if (plans.length === 0 && saveCursor === null) return { matched: 0, suspended: 0 };
    try {
      return await ctx.db.write(async (trx) => {
        const stored: Stored = { matched: 0, suspended: 0 };
        for (const plan of plans) count(stored, await storeOne(ctx, trx, plan, by));
        await saveCursor?.(trx);
        return stored;
      });
    } catch (error) {
      if (isMoved(error) && attempt < TRIES) continue;
      if (isDatabaseFault(error)) throw error;
      ctx.log.error('credits_not_stored_together', { error: messageOf(error) });
      return storeApart(ctx, plans, saveCursor, by);
    }
  }
}

/** One credit that cannot be booked must not keep the others out: each for itself, the odd one into suspense. */
async function storeApart(
  ctx: AnchorContext,
  plans: CreditPlan[],
  saveCursor: SaveCursor,
  by: string,
): Promise<Stored> {
  const stored: Stored = { matched: 0, suspended: 0 };
  for (const plan of plans) {
    try {
      count(stored, await ctx.db.write((trx) => storeOne(ctx, trx, plan, by)));
    } catch (error) {
      if (isDatabaseFault(error) || isMoved(error)) throw error;
      ctx.log.error('credit_not_booked', { credit: plan.credit.id, error: messageOf(error) });
      const transactionId =
        'suspense' in plan ? plan.transactionId : 'match' in plan ? plan.match.row.id : plan.ends.row.id;
      const held: CreditPlan = { credit: plan.credit, suspense: 'internal_error', transactionId };
      count(stored, await ctx.db.write((trx) => storeOne(ctx, trx, held, by)));
    }
  }
  if (saveCursor !== null) await ctx.db.write(saveCursor);
  return stored;
}

type Outcome = 'matched' | 'suspended' | 'known';

function count(stored: Stored, outcome: Outcome): void {
  if (outcome !== 'known') stored[outcome] += 1;
}

async function storeOne(ctx: AnchorContext, trx: Queries, plan: CreditPlan, by: string): Promise<Outcome> {
  const { credit } = plan;
  const gone = await returnOf(trx, credit.id);
  if (gone !== null) return storeGone(ctx, trx, plan, gone);
  const match = 'match' in plan ? plan.match : null;
  const ends = 'ends' in plan ? plan.ends : null;
  const now = isoTime(ctx.clock.now());
  const inserted = await trx
    .insertInto('bank_credits')
    .values({
      id: credit.id,
      amount_units: credit.amountUnits ?? 0n,
      reference: credit.reference,
      payer: credit.payer,
      asset: credit.asset ?? null,
      bucket: 'suspense' in plan ? 'suspense' : 'matched',
      reason: 'suspense' in plan ? plan.suspense : null,
      transaction_id: 'suspense' in plan ? plan.transactionId : (match ?? ends)?.row.id,
      // not for a policy: it may be the same money told twice
      held_at: 'suspense' in plan && plan.suspense === 'id_reused' ? now : null,
      credited_at: credit.at ?? now,
      created_at: now,
    })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(({ ref }) => ({
          amount_units: ref('excluded.amount_units'),
          reference: ref('excluded.reference'),
          payer: ref('excluded.payer'),
          asset: ref('excluded.asset'),
          bucket: ref('excluded.bucket'),
          reason: ref('excluded.reason'),
          transaction_id: ref('excluded.transaction_id'),
        }))
        // what could not be read before and can be now
        .where('bank_credits.bucket', '=', 'suspense')
        .where('bank_credits.reason', '=', 'unreadable')
        .where('excluded.amount_units', '>', 0n),
    )
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) return 'known';
  if (ends !== null) {
    await creditWrongAmount(ctx, trx, ends.row, {
      amountUnits: ends.amountUnits,
      status: ends.status,
      by,
      from: credit.payer,
      set: { external_transaction_id: credit.id },
    });
    ctx.log.warn('credit_of_wrong_amount', { credit: credit.id, transaction: ends.row.id });
    return 'matched';
  }
  if (match === null) {
    const reason = 'suspense' in plan ? plan.suspense : '';
    ctx.log.warn('credit_in_suspense', { credit: credit.id, reason });
    return 'suspended';
  }
  await creditDeposit(ctx, trx, match.row, {
    amountUnits: match.amountUnits,
    fee: match.fee,
    by,
    from: credit.payer,
    externalId: credit.id,
  });
  return 'matched';
}

/** What the bank said of a credit before it told of the credit itself: it has taken it back. */
async function returnOf(trx: Queries, creditId: string): Promise<string | null> {
  const row = await trx
    .selectFrom('bank_returns')
    .select('id')
    .where('named_credit', '=', creditId)
    .where('effect', '=', 'unknown')
    .where('resolved_at', 'is', null)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** It is written down and funds nothing; the return stays open for the operator. */
async function storeGone(
  ctx: AnchorContext,
  trx: Queries,
  { credit, ...plan }: CreditPlan,
  returnId: string,
): Promise<Outcome> {
  const now = isoTime(ctx.clock.now());
  const row = 'match' in plan ? plan.match.row.id : 'ends' in plan ? plan.ends.row.id : plan.transactionId;
  const made = await trx
    .insertInto('bank_credits')
    .values({
      id: credit.id,
      amount_units: credit.amountUnits ?? 0n,
      reference: credit.reference,
      payer: credit.payer,
      bucket: 'returned',
      reason: 'returned',
      transaction_id: row,
      credited_at: credit.at ?? now,
      created_at: now,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (made === undefined) return 'known';
  await trx
    .updateTable('bank_returns')
    .set({ effect: 'withheld', credit_id: credit.id, transaction_id: row })
    .where('id', '=', returnId)
    .execute();
  ctx.log.warn('credit_returned_before', { credit: credit.id, transaction: row });
  return 'suspended';
}

const isDatabaseFault = (error: unknown): boolean =>
  AnchorError.is(error) && error.code.startsWith('DATABASE_');
