import type { Queries } from '../database/port.ts';
import { getCursor } from '../database/repositories/cursors.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { isTooLarge } from '../stellar/http.ts';
import type { NetworkOperation } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { creditWithdrawal } from '../transfers/credit.ts';
import { isMoved } from '../transfers/move.ts';
import { nothing, type PassOptions, type PassResult, sum } from '../transfers/pass.ts';
import { type DeliveryPlan, planDeliveries, readDeliveries, type Unreadable } from './plan.ts';

const PAGE = 200;
const TRIES = 5;
const BY = 'job:watch-payments';

const cursorName = (account: string): string => `payments:${account}`;

/**
 * Pulls what came to our accounts since last time, page by page. Rows and cursor are stored in one database transaction, so that
 * nothing is missed or taken twice whenever it stops (reliability R8). A payment that matches exactly one waiting withdrawal moves it;
 * anything else lies in suspense with its reason.
 */
export async function watchPayments(ctx: AnchorContext, options: PassOptions): Promise<PassResult> {
  const rows = await ctx.db.read.selectFrom('assets').select('distribution_account').distinct().execute();
  let total = nothing();
  for (const { distribution_account: account } of rows) {
    try {
      total = sum(total, await watchAccount(ctx, account, options));
    } catch (error) {
      if (rows.length === 1) throw error;
      ctx.log.error('watch_failed', { account, error: messageOf(error) });
      total.failed += 1;
    }
  }
  return total;
}

async function watchAccount(ctx: AnchorContext, account: string, options: PassOptions): Promise<PassResult> {
  const total = nothing();
  let size = PAGE;
  while (!options.signal.aborted && ctx.clock.now() < options.deadlineMs) {
    // From the account's beginning, so that nothing before the first start is missed; our own set-up is internal.
    const cursor = await getCursor(ctx.db.read, cursorName(account));
    const { operations, size: used } = await readPage(ctx, account, cursor ?? '0', size);
    size = Math.min(PAGE, used * 2);
    const last = operations.at(-1);
    if (last === undefined) break;
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
    const stored = await storePage(ctx, account, read, { before: cursor, after: last.pagingToken });
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

interface Page {
  deliveries: Parameters<typeof planDeliveries>[2];
  unreadable: Unreadable[];
}

interface Stored {
  matched: number;
  suspended: number;
}

/** One page in one database transaction with the cursor, by compare-and-set: of two watchers one stores it. */
async function storePage(
  ctx: AnchorContext,
  account: string,
  page: Page,
  cursor: { before: string | null; after: string },
): Promise<Stored | 'elsewhere'> {
  for (let attempt = 1; ; attempt++) {
    const plans = await planDeliveries(ctx, account, page.deliveries);
    try {
      return await ctx.db.write(async (trx) => {
        if (!(await moveCursor(ctx, trx, account, cursor))) return 'elsewhere' as const;
        const stored: Stored = { matched: 0, suspended: 0 };
        for (const plan of plans) await storeDelivery(ctx, trx, plan, stored);
        for (const one of page.unreadable) await storeUnreadable(ctx, trx, account, one, stored);
        return stored;
      });
    } catch (error) {
      if (!isMoved(error) || attempt >= TRIES) throw error;
    }
  }
}

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

async function storeDelivery(
  ctx: AnchorContext,
  trx: Queries,
  plan: DeliveryPlan,
  stored: Stored,
): Promise<void> {
  const { delivery } = plan;
  const transactionId = plan.bucket === 'matched' ? plan.row.id : null;
  const inserted = await trx
    .insertInto('incoming_payments')
    .values({
      operation_id: plan.id,
      account: delivery.account,
      transaction_hash: delivery.transactionHash,
      from_account: delivery.from,
      asset: delivery.asset,
      amount_units: delivery.amount,
      memo: delivery.memo?.value ?? null,
      memo_type: delivery.memo?.type ?? null,
      muxed_id: delivery.muxedId,
      type: delivery.type,
      ledger: delivery.ledger,
      bucket: plan.bucket,
      reason: plan.bucket === 'matched' ? null : plan.reason,
      transaction_id: plan.bucket === 'suspense' ? plan.transactionId : transactionId,
      paid_at: delivery.createdAt,
      created_at: isoTime(ctx.clock.now()),
    })
    .onConflict((conflict) => conflict.column('operation_id').doNothing())
    .returning('operation_id')
    .executeTakeFirst();
  if (inserted === undefined) return;
  if (plan.bucket === 'suspense') {
    stored.suspended += 1;
    ctx.log.warn('payment_in_suspense', { operation: plan.id, reason: plan.reason });
    return;
  }
  if (plan.bucket !== 'matched') return;
  await creditWithdrawal(ctx, trx, plan.row, {
    amountUnits: delivery.amount,
    fee: plan.fee,
    by: BY,
    from: delivery.from,
    hash: delivery.transactionHash,
  });
  stored.matched += 1;
}

async function storeUnreadable(
  ctx: AnchorContext,
  trx: Queries,
  account: string,
  { operation }: Unreadable,
  stored: Stored,
): Promise<void> {
  const { transaction } = operation;
  await trx
    .insertInto('incoming_payments')
    .values({
      operation_id: operation.id,
      account,
      transaction_hash: transaction.hash,
      from_account: operation.sourceAccount,
      asset: 'unknown',
      amount_units: 0n,
      memo: transaction.memo,
      memo_type: transaction.memoType === 'none' ? null : transaction.memoType,
      muxed_id: null,
      type: operation.type,
      ledger: transaction.ledger,
      bucket: 'suspense',
      reason: 'unreadable',
      transaction_id: null,
      paid_at: operation.createdAt,
      created_at: isoTime(ctx.clock.now()),
    })
    .onConflict((conflict) => conflict.column('operation_id').doNothing())
    .execute();
  stored.suspended += 1;
}
