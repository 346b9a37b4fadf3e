import { formatAmount } from '../kernel/amounts.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { assetOf } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { readFields } from '../transfers/fields.ts';
import { callHook, withData } from '../transfers/hooks.ts';
import { nothing, type PassOptions, type PassResult } from '../transfers/pass.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { changeObligation, transactionOf } from '../transfers/settle.ts';
import { transactionView } from '../transfers/view.ts';
import { payoutAnswer, railsOf } from './answers.ts';
import { lookUpPayout } from './lookup.ts';
import { applyAnswer, payoutUnclear } from './outcome.ts';

const BATCH = 50;
/** Calls to the bank at the same time: one that hangs keeps no other waiting. */
const LANES = 4;

/**
 * Pays withdrawals through the rails. The attempt is committed before the bank is called, with our own key, which is the obligation's
 * id and never another one (reliability R7). A throw, a timeout or nonsense means that nobody knows: then only lookupPayout may settle
 * what happened, and without it the payout is held for the operator.
 *
 * @throws RAILS_MISSING
 */
export async function executePayouts(ctx: AnchorContext, options: PassOptions): Promise<PassResult> {
  railsOf(ctx);
  const result = nothing();
  const seen = new Set<string>();
  while (!options.signal.aborted && ctx.clock.now() < options.deadlineMs) {
    const batch = (await due(ctx)).filter((row) => !seen.has(row.id));
    if (batch.length === 0) break;
    for (const row of batch) seen.add(row.id);
    const queue = [...batch];
    const lane = async (): Promise<void> => {
      for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
        if (options.signal.aborted) return;
        result[await handle(ctx, row, options.signal)] += 1;
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }
  return result;
}

/** Payouts to be made, and those of which nobody knows what became of them, once their call must have ended. */
async function due(ctx: AnchorContext): Promise<ObligationRow[]> {
  const now = isoTime(ctx.clock.now());
  return ctx.db.read
    .selectFrom('obligations')
    .innerJoin('transactions', 'transactions.id', 'obligations.transaction_id')
    .selectAll('obligations')
    .where('obligations.leg', '=', 'rails')
    .where('obligations.state', 'in', ['owed', 'unknown'])
    .where(({ eb, or }) =>
      or([eb('obligations.not_before_at', 'is', null), eb('obligations.not_before_at', '<=', now)]),
    )
    .where('transactions.status', 'in', ['pending_anchor', 'pending_external'])
    .orderBy('obligations.created_at')
    .limit(BATCH)
    .execute();
}

async function handle(
  ctx: AnchorContext,
  row: ObligationRow,
  signal: AbortSignal,
): Promise<keyof PassResult> {
  try {
    if (row.state === 'unknown') return await lookUpPayout(ctx, row, signal);
    return row.purpose === 'deliver' ? await pay(ctx, row, signal) : 'waiting';
  } catch (error) {
    if (AnchorError.is(error) && error.code === 'OBLIGATION_MOVED') return 'waiting';
    ctx.log.error('payout_failed', { obligation: row.id, error: messageOf(error) });
    return 'failed';
  }
}

async function pay(ctx: AnchorContext, owed: ObligationRow, signal: AbortSignal): Promise<keyof PassResult> {
  const rails = railsOf(ctx);
  const transaction = await transactionOf(ctx.db.read, owed.transaction_id);
  const asset = await assetOf(ctx.db.read, owed.asset_id);
  const view = transactionView(transaction, asset, readFields(ctx, transaction));
  const order = { key: owed.id, amount: formatAmount(owed.amount_units), transaction: view };
  // From here on nobody knows, until the bank's answer is stored. Others leave it alone while the call can still run.
  const attempt = await changeObligation(ctx, ctx.db.read, owed, {
    state: 'unknown',
    attempts: owed.attempts + 1,
    not_before_at: isoTime(ctx.clock.now() + limits.railsHookTimeoutMs + 10_000),
    waiting_code: null,
    waiting_text: null,
  });
  try {
    const answer = await callHook(
      ctx,
      'rails.payout',
      (hookCtx) => rails.payout(order, withData(ctx, transaction.id, hookCtx)),
      payoutAnswer,
      { timeoutMs: limits.railsHookTimeoutMs, signal },
    );
    return await applyAnswer(ctx, attempt, answer, 'job:execute-payouts');
  } catch (error) {
    if (!AnchorError.is(error) || !error.code.startsWith('HOOK_')) throw error;
    ctx.log.error('payout_unclear', { obligation: owed.id, error: messageOf(error) });
    await payoutUnclear(ctx, attempt, error.message);
    return 'failed';
  }
}
