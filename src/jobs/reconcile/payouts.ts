import * as v from 'valibot';
import type { Integrations } from '../../config/integrations.ts';
import { formatAmount, parseAmount } from '../../kernel/amounts.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { type Lookup, lookupAnswer } from '../../rails/answers.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { callHook } from '../../transfers/hooks.ts';
import type { ObligationRow } from '../../transfers/rows.ts';
import { changeObligation } from '../../transfers/settle.ts';
import { seeOf } from './accounts.ts';
import { unreadable } from './bank.ts';
import { eachRow } from './missing.ts';
import type { Report } from './report.ts';
import { isOld } from './scan.ts';

/** In a row, after which the bank is left alone. */
const FAULTS = 3;

/**
 * Every payout that the database calls taken or paid is confirmed by the bank, and the bank has paid nothing that the database calls
 * owed, held or cancelled (M2). Where the rails cannot look up, there is nothing to compare.
 */
export async function comparePayouts(
  ctx: AnchorContext,
  report: Report,
  { changedSince, signal }: { changedSince: string | null; signal: AbortSignal },
): Promise<void> {
  const { rails } = ctx.project.integrations as Integrations;
  const lookup = rails?.lookupPayout?.bind(rails);
  if (lookup === undefined) return;
  const read = (after: string, limit: number): Promise<ObligationRow[]> =>
    ctx.db.read
      .selectFrom('obligations')
      .selectAll()
      .where('leg', '=', 'rails')
      .where('id', '>', after)
      .$if(changedSince !== null, (query) => query.where('updated_at', '>=', changedSince ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute();
  let faults = 0;
  const visit = async (row: ObligationRow): Promise<void> => {
    if (faults >= FAULTS) return;
    try {
      const answer = await callHook(ctx, 'rails.lookupPayout', (hook) => lookup(row.id, hook), lookupAnswer, {
        timeoutMs: limits.railsHookTimeoutMs,
        signal,
      });
      faults = 0;
      report.compared.obligations += 1;
      await judge(ctx, report, row, answer);
    } catch (error) {
      if (!AnchorError.is(error) || signal.aborted) throw error;
      faults += 1;
      unreadable(report, 'rails.lookupPayout', error);
    }
  };
  await eachRow(read, visit, signal);
}

async function judge(
  ctx: AnchorContext,
  report: Report,
  before: ObligationRow,
  answer: Lookup,
): Promise<void> {
  const told = 'amount' in answer && answer.amount !== undefined ? unitsOf(answer.amount) : null;
  if (told !== null && told !== before.amount_units) {
    report.add({
      kind: 'payout_differs',
      id: before.id,
      expected: formatAmount(before.amount_units),
      found: `the bank says ${answer.status}: ${formatAmount(told)}`,
      hint: `See ${seeOf(before)}, and ask the bank.`,
    });
  }
  if (agrees(before.state, answer.status)) return;
  // it may have moved while the bank was asked
  const row = await ctx.db.read
    .selectFrom('obligations')
    .selectAll()
    .where('id', '=', before.id)
    .executeTakeFirst();
  if (row === undefined || agrees(row.state, answer.status)) return;
  const paid = answer.status === 'completed' || answer.status === 'accepted';
  // restored from a backup: from now on it is looked up and never ordered again
  if (paid && row.state === 'owed') await lookUpOnly(ctx, row);
  const moving = row.state === 'unknown' || row.state === 'owed' || row.state === 'accepted';
  if (moving && row.state !== 'owed' && !isOld(ctx, row.updated_at) && answer.status !== 'rejected') {
    report.pending += 1;
    return;
  }
  report.add({
    kind: paid ? 'payout_not_booked' : 'payout_unknown_to_bank',
    id: row.id,
    expected: `${row.state}: ${formatAmount(row.amount_units)} to the bank account of ${row.transaction_id ?? row.credit_id}`,
    found: `the bank says ${answer.status}`,
    hint: hintFor(row, paid),
  });
}

const lookUpOnly = (ctx: AnchorContext, row: ObligationRow): Promise<unknown> =>
  changeObligation(ctx, ctx.db.read, row, {
    state: 'unknown',
    not_before_at: null,
    waiting_code: 'rails_credit',
    waiting_text: 'The bank has this payout already; it is being looked up.',
  });

function hintFor(row: ObligationRow, paid: boolean): string {
  const show = `See ${seeOf(row)}`;
  if (!paid)
    return `${show}, and ask the bank for the payout with key ${row.id}: the user has not been paid.`;
  if (row.state === 'accepted' || row.state === 'held') return `${show}. Run: anchor run poll-payouts`;
  if (row.state === 'unknown' || row.state === 'owed')
    return 'Run: anchor run execute-payouts. It looks the payout up and books it.';
  return `${show}. The bank has paid it: it must not be paid again.`;
}

/** What the database says against what the bank says. */
function agrees(state: ObligationRow['state'], answer: Lookup['status']): boolean {
  switch (state) {
    case 'paid':
      return answer === 'completed';
    case 'accepted':
      return answer === 'accepted';
    case 'cancelled':
    case 'held':
      return answer === 'none' || answer === 'rejected' || answer === 'returned';
    default:
      return answer === 'none';
  }
}

const statementAnswer = v.array(
  v.looseObject({
    id: v.string(),
    kind: v.picklist(['credit', 'payout']),
    amount: v.string(),
    at: v.optional(v.string()),
  }),
);

/** A test bank shows its whole book: every line of money out is a payout of ours, once. */
export async function compareStatement(
  ctx: AnchorContext,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const bank = (ctx.project.integrations as Integrations).testBank;
  if (bank === undefined) return;
  let lines: v.InferOutput<typeof statementAnswer>;
  try {
    lines = await callHook(ctx, 'testBank.statement', () => bank.statement(), statementAnswer, {
      timeoutMs: limits.railsHookTimeoutMs,
      maxBytes: 100_000_000,
      signal,
    });
  } catch (error) {
    if (!AnchorError.is(error) || signal.aborted) throw error;
    unreadable(report, 'testBank.statement', error);
    return;
  }
  const payouts = new Map(lines.filter(({ kind }) => kind === 'payout').map((line) => [line.id, line]));
  const read = (after: string, limit: number) =>
    ctx.db.read
      .selectFrom('obligations')
      .select(['id', 'external_id', 'amount_units'])
      .where('leg', '=', 'rails')
      .where('external_id', 'is not', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
  await eachRow(
    read,
    (row) => {
      const line = payouts.get(row.external_id ?? '');
      if (line === undefined) return;
      payouts.delete(line.id);
      if (row.amount_units !== unitsOf(line.amount)) {
        strangePayout(
          report,
          line,
          `${line.amount} paid; the payout ${row.id} is of ${formatAmount(row.amount_units)}`,
        );
      }
    },
    signal,
  );
  for (const line of payouts.values()) {
    if (line.at !== undefined && !isOld(ctx, line.at)) report.pending += 1;
    else strangePayout(report, line, `${line.amount} paid, and no payout of ours has this number`);
  }
}

const strangePayout = (report: Report, { id }: { id: string }, found: string): void =>
  report.add({
    kind: 'payout_differs',
    id,
    expected: 'one payout of ours with this number and amount',
    found,
    hint: 'Ask the bank who ordered it. A payout under way is booked by: anchor run execute-payouts, anchor run poll-payouts',
  });

function unitsOf(amount: string): bigint | null {
  try {
    return parseAmount(amount);
  } catch {
    return null;
  }
}
