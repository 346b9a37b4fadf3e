import type { Queries } from '../database/port.ts';
import { getCursor } from '../database/repositories/cursors.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { isTooLarge } from '../stellar/http.ts';
import type { NetworkOperation } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { isMoved } from '../transfers/move.ts';
import { nothing, type PassOptions, type PassResult, sum } from '../transfers/pass.ts';
import { refundDuePayments } from '../transfers/refunds-due.ts';
import { bookUnpriced } from '../transfers/reprice.ts';
import { checkHistory, doubtHistory, noteWitness, renewWitness } from './history.ts';
import { type DeliveryPlan, planDeliveries, type Read, readDeliveries } from './plan.ts';
import { BY, type Stored, storeDeliveries, storeTaken, storeUnreadable } from './store.ts';

const PAGE = 200;
const TRIES = 5;

const cursorName = (account: string): string => `payments:${account}`;

/**
 * Pulls what came to our accounts since last time, page by page. Rows and cursor are stored in one database transaction, so that
 * nothing is missed or taken twice whenever it stops (reliability R8). A payment that matches exactly one waiting withdrawal moves it;
 * anything else lies in suspense with its reason, and goes back where its asset's policy says so.
 */
export async function watchPayments(ctx: AnchorContext, options: PassOptions): Promise<PassResult> {
  const rows = await ctx.db.read.selectFrom('assets').select('distribution_account').distinct().execute();
  let total = nothing();
  for (const { distribution_account: account } of rows) {
    try {
      total = sum(total, await watchAccount(ctx, account, options));
    } catch (error) {
      doubtHistory(ctx, account);
      if (rows.length === 1) throw error;
      ctx.log.error('watch_failed', { account, error: messageOf(error) });
      total.failed += 1;
    }
  }
  const pass = { signal: options.signal, by: BY };
  const booked = sum(total, await bookUnpriced(ctx, 'payment', pass));
  return sum(booked, await refundDuePayments(ctx, pass));
}

async function watchAccount(ctx: AnchorContext, account: string, options: PassOptions): Promise<PassResult> {
  const total = nothing();
  await checkHistory(ctx, account);
  let size = PAGE;
  while (!options.signal.aborted && ctx.clock.now() < options.deadlineMs) {
    // From the account's beginning, so that nothing before the first start is missed; our own set-up is internal.
    const cursor = await getCursor(ctx.db.read, cursorName(account));
    const { operations, size: used } = await readPage(ctx, account, cursor ?? '0', size);
    size = Math.min(PAGE, used * 2);
    const last = operations.at(-1);
    if (last === undefined) {
      await renewWitness(ctx, account);
      break;
    }
    const inOrder = operations.every((one, i) =>
      isAfter(one.pagingToken, operations[i - 1]?.pagingToken ?? cursor),
    );
    if (!inOrder) {
      throw new AnchorError({
        code: 'HISTORY_OUT_OF_ORDER',
        message: `The network answered the history of ${account} out of order.`,
        hint: 'It is asked again; check HORIZON_URI when this stays.',
      });
    }
    const read = await readDeliveries(ctx, account, operations);
    const stored = await storePage(ctx, account, read, { before: cursor, last });
    if (stored === 'elsewhere') break;
    total.processed += stored.matched;
    total.waiting += stored.suspended;
    if (operations.length < used) break;
  }
  return total;
}

/**
 * A page, halved as long as the answer is too large: each operation brings its whole transaction, so that a page of payments out of
 * large transactions, which anybody can send us, weighs tens of megabytes.
 */
async function readPage(
  ctx: AnchorContext,
  account: string,
  cursor: string,
  size: number,
): Promise<{ operations: NetworkOperation[]; size: number }> {
  for (let limit = size; ; limit = Math.ceil(limit / 2)) {
    try {
      return { operations: await ctx.network.operations(account, cursor, limit), size: limit };
    } catch (error) {
      if (!isTooLarge(error) || limit === 1) throw error;
    }
  }
}

const isAfter = (token: string, before: string | null): boolean =>
  /^\d{1,19}$/.test(token) && (before === null || BigInt(token) > BigInt(before));

/** One page in one database transaction with the cursor, by compare-and-set: of two watchers one stores it. */
async function storePage(
  ctx: AnchorContext,
  account: string,
  page: Read,
  cursor: { before: string | null; last: NetworkOperation },
): Promise<Stored | 'elsewhere'> {
  for (let attempt = 1; ; attempt++) {
    const plans = await planDeliveries(ctx, account, page.deliveries);
    try {
      return await ctx.db.write(async (trx) => {
        const { before, last } = cursor;
        if (!(await moveCursor(ctx, trx, account, { before, after: last.pagingToken })))
          return 'elsewhere' as const;
        const { ledger } = last.transaction;
        await noteWitness(ctx, trx, account, { ledger, createdAt: last.createdAt });
        const stored: Stored = { matched: 0, suspended: 0 };
        await storeDeliveries(ctx, trx, plans, stored);
        for (const one of page.taken) await storeTaken(ctx, trx, account, one);
        for (const one of page.unreadable) await storeUnreadable(ctx, trx, account, one, stored);
        return stored;
      });
    } catch (error) {
      if (isMoved(error) && attempt < TRIES) continue;
      if (isMoved(error) || isDatabaseFault(error)) throw error;
      ctx.log.error('payments_not_stored_together', { account, error: messageOf(error) });
      return storeApart(ctx, account, page, plans, cursor);
    }
  }
}

/**
 * One payment that cannot be booked must not keep the others out: each for itself, the odd one into suspense. The cursor goes last, so
 * that whatever stops this is taken up where it was; what is stored already is passed over.
 */
async function storeApart(
  ctx: AnchorContext,
  account: string,
  page: Read,
  plans: readonly DeliveryPlan[],
  { before, last }: { before: string | null; last: NetworkOperation },
): Promise<Stored | 'elsewhere'> {
  const stored: Stored = { matched: 0, suspended: 0 };
  const store = async (plan: DeliveryPlan): Promise<void> => {
    const part: Stored = { matched: 0, suspended: 0 };
    await ctx.db.write((trx) => storeDeliveries(ctx, trx, [plan], part));
    stored.matched += part.matched;
    stored.suspended += part.suspended;
  };
  for (const plan of plans) {
    try {
      await store(plan);
    } catch (error) {
      if (isMoved(error) || isDatabaseFault(error)) throw error;
      ctx.log.error('payment_not_booked', { operation: plan.id, error: messageOf(error) });
      const transactionId = plan.bucket === 'matched' ? plan.row.id : null;
      const { delivery, id } = plan;
      // passed over where it is stored already, by another watcher
      await store({ delivery, id, bucket: 'suspense', reason: 'internal_error', transactionId });
    }
  }
  return ctx.db.write(async (trx) => {
    if (!(await moveCursor(ctx, trx, account, { before, after: last.pagingToken }))) return 'elsewhere';
    await noteWitness(ctx, trx, account, { ledger: last.transaction.ledger, createdAt: last.createdAt });
    for (const one of page.taken) await storeTaken(ctx, trx, account, one);
    for (const one of page.unreadable) await storeUnreadable(ctx, trx, account, one, stored);
    return stored;
  });
}

const isDatabaseFault = (error: unknown): boolean =>
  AnchorError.is(error) && (error.code.startsWith('DATABASE_') || error.code === 'COMMIT_UNKNOWN');

async function moveCursor(
  ctx: AnchorContext,
  trx: Queries,
  account: string,
  { before, after }: { before: string | null; after: string },
): Promise<boolean> {
  const name = cursorName(account);
  const updated_at = isoTime(ctx.clock.now());
  if (before === null) {
    const made = await trx
      .insertInto('cursors')
      .values({ name, cursor: after, updated_at })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returning('name')
      .executeTakeFirst();
    return made !== undefined;
  }
  const moved = await trx
    .updateTable('cursors')
    .set({ cursor: after, updated_at })
    .where('name', '=', name)
    .where('cursor', '=', before)
    .executeTakeFirst();
  return moved.numUpdatedRows === 1n;
}
