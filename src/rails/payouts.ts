import type { HookContext, RailsIntegration } from '../config/integrations.ts';
import { formatAmount } from '../kernel/amounts.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { assetOf } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { readFreeze } from '../transfers/freeze.ts';
import { withData } from '../transfers/hooks.ts';
import { knownFields } from '../transfers/known-fields.ts';
import { isMoved } from '../transfers/move.ts';
import { nothing, type PassOptions, type PassResult } from '../transfers/pass.ts';
import { databaseTime } from '../transfers/pauses.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { changeObligation, transactionOf } from '../transfers/settle.ts';
import { transactionView } from '../transfers/view.ts';
import { payoutAnswer, railsOf, railsTimeoutMs } from './answers.ts';
import { putBack, takeUp } from './due.ts';
import { callRails, isHookFault, isPaused, shutForMs } from './guard.ts';
import { inLanes } from './lanes.ts';
import { askBank, lookUpPayout } from './lookup.ts';
import { applyAnswer, hold, payoutUnclear } from './outcome.ts';
import { pauseMs } from './pauses.ts';
import { refundOrder } from './refunds.ts';

const BY = 'job:execute-payouts';
/** An order for older money is looked up before its first call: the database may have been restored from a backup. */
const FRESH_MS = 300_000;
/** Between the commit of an attempt and its call; a process that slept longer leaves it to the look-up. */
const START_MS = 10_000;

/**
 * Pays withdrawals and refunds through the rails. The attempt is committed before the bank is called, with our own key, which is the
 * obligation's id and never another one (reliability R7). A throw, a timeout or nonsense means that nobody knows: then only
 * lookupPayout may settle what happened, and without it the payout is held for the operator.
 *
 * @throws RAILS_MISSING
 */
export async function executePayouts(ctx: AnchorContext, options: PassOptions): Promise<PassResult> {
  railsOf(ctx);
  const result = nothing();
  const seen = new Set<string>();
  let queue: ObligationRow[] = [];
  let asking: Promise<void> | null = null;
  const ask = async (): Promise<void> => {
    // while nobody knows what the network or the book is worth, no money leaves (R13)
    if ((await readFreeze(ctx.db.read)) !== null) return;
    const taken = await takeUp(ctx);
    queue.push(...taken.filter((row) => !seen.has(row.id)));
    await putBack(
      ctx,
      taken.filter((row) => seen.has(row.id)),
    );
    for (const row of taken) seen.add(row.id);
  };
  const next = async (): Promise<ObligationRow | null> => {
    if (queue.length === 0) {
      asking ??= ask().finally(() => {
        asking = null;
      });
      await asking;
    }
    return queue.shift() ?? null;
  };
  const lanes = { width: 4, max: 16, signal: options.signal, deadlineMs: options.deadlineMs };
  await inLanes(ctx.clock, lanes, next, async (row) => {
    result[await handle(ctx, row, options.signal)] += 1;
  });
  await putBack(ctx, queue);
  queue = [];
  return result;
}

async function handle(
  ctx: AnchorContext,
  row: ObligationRow,
  signal: AbortSignal,
): Promise<keyof PassResult> {
  try {
    return row.state === 'unknown' ? await lookUpPayout(ctx, row, signal) : await pay(ctx, row, signal);
  } catch (error) {
    if (isMoved(error) || (AnchorError.is(error) && error.code === 'OBLIGATION_MOVED')) return 'waiting';
    ctx.log.error('payout_failed', { obligation: row.id, error: messageOf(error) });
    return 'failed';
  }
}

type Call = (rails: RailsIntegration, hook: HookContext) => unknown;

async function pay(ctx: AnchorContext, owed: ObligationRow, signal: AbortSignal): Promise<keyof PassResult> {
  const hook = owed.purpose === 'deliver' ? 'payout' : 'refund';
  const shut = shutForMs(ctx, hook);
  if (shut !== null) return putOff(ctx, owed, shut);
  const order = owed.purpose === 'deliver' ? await payoutOrder(ctx, owed) : await refundOrder(ctx, owed);
  if (order === null) {
    const text = 'The money has to go back through the bank by hand: integrations.ts has no rails.refund.';
    await hold(ctx, owed, 'no_refund', text, BY);
    return 'failed';
  }
  const known = await lookFirst(ctx, owed, signal);
  if (known !== null) return known;
  // From here on nobody knows, until the bank's answer is stored. Others leave it alone while the call can still run.
  const begun = await ctx.db.nowMs();
  const attempt = await changeObligation(ctx, ctx.db.read, owed, {
    state: 'unknown',
    attempts: owed.attempts + 1,
    attempted_ms: Number(begun),
    not_before_at: isoTime(Number(begun) + railsTimeoutMs(ctx) + START_MS),
    waiting_code: null,
    waiting_text: null,
  });
  if ((await ctx.db.nowMs()) - begun > BigInt(START_MS) || signal.aborted) return 'waiting';
  try {
    const answer = await callRails(ctx, hook, order, payoutAnswer, { signal });
    return await applyAnswer(ctx, attempt, answer, BY);
  } catch (error) {
    if (!isHookFault(error)) throw error;
    if (isPaused(error)) {
      const back = await changeObligation(ctx, ctx.db.read, attempt, { state: 'owed' });
      return putOff(ctx, back, shutForMs(ctx, hook) ?? 0);
    }
    ctx.log.error('payout_unclear', { obligation: owed.id, error: messageOf(error) });
    await payoutUnclear(ctx, attempt, error.message, BY);
    return 'failed';
  }
}

/** @throws whatever cannot be read of the transaction: nothing has been sent then */
async function payoutOrder(ctx: AnchorContext, owed: ObligationRow): Promise<Call> {
  const transaction = await transactionOf(ctx.db.read, owed.transaction_id);
  const asset = await assetOf(ctx.db.read, owed.asset_id);
  const view = transactionView(transaction, asset, await knownFields(ctx, transaction));
  const order = {
    key: owed.id,
    amount: formatAmount(owed.amount_units),
    asset: view.amountOutAsset,
    transaction: view,
  };
  return (rails, hook) => rails.payout(order, withData(ctx, transaction.id, hook));
}

/**
 * Asks the bank for the key before an order that is not new. An idempotency key is forgotten by banks after minutes or hours, so after
 * a failure, a long outage or a restored backup the same key alone would not keep it from being paid twice. Null: it may be ordered.
 */
async function lookFirst(
  ctx: AnchorContext,
  owed: ObligationRow,
  signal: AbortSignal,
): Promise<keyof PassResult | null> {
  if (railsOf(ctx).lookupPayout === undefined) return null;
  if (owed.attempts === 0 && (await isFresh(ctx, owed))) return null;
  const answer = await askBank(ctx, owed.id, signal);
  if (answer === null) {
    const wait = pauseMs(ctx.clock.now() - Date.parse(owed.updated_at));
    return putOff(ctx, owed, Math.max(wait, shutForMs(ctx, 'lookupPayout') ?? 0));
  }
  return answer.status === 'none' ? null : applyAnswer(ctx, owed, answer, BY);
}

/** By when its money came in: what a restored database finds anew is old, though it was written down just now. */
async function isFresh(ctx: AnchorContext, owed: ObligationRow): Promise<boolean> {
  if (owed.purpose !== 'deliver') return false;
  const came = await ctx.db.read
    .selectFrom('incoming_payments')
    .select('paid_at')
    .where('transaction_id', '=', owed.transaction_id)
    .where('bucket', '=', 'matched')
    .orderBy('paid_at')
    .executeTakeFirst();
  const since = Math.min(Date.parse(owed.created_at), Date.parse(came?.paid_at ?? owed.created_at));
  return Number(await ctx.db.nowMs()) - since < FRESH_MS;
}

async function putOff(ctx: AnchorContext, owed: ObligationRow, forMs: number): Promise<'waiting'> {
  await changeObligation(ctx, ctx.db.read, owed, {
    waiting_code: 'rails_credit',
    waiting_text: 'The bank does not answer as it should; the payout is ordered when it does.',
    not_before_at: await databaseTime(ctx, forMs),
  });
  return 'waiting';
}
