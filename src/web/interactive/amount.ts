import type { Context } from 'hono';
import type { AnchorContext } from '../../transfers/context.ts';
import { isMoved, moveTransaction } from '../../transfers/move.ts';
import { jsonResponse, redirectResponse } from '../headers.ts';
import { amountPage } from './amount-page.ts';
import { finish } from './finish.ts';
import { elsewhere, formsFor } from './flow.ts';
import { inputAmount, quote } from './money.ts';
import { isOpen, openPost, openVisit, rowOf, toStatus, type Visit } from './visit.ts';

/** GET …/amount */
export async function showAmount(ctx: AnchorContext, c: Context): Promise<Response> {
  const visit = await openVisit(ctx, c);
  if (!isOpen(visit)) return toStatus(visit);
  if ((await elsewhere(ctx, visit)) !== null) return redirectResponse(visit.base, 303);
  const expected = visit.row.amount_expected_units;
  const text = expected === null ? '' : inputAmount(expected, visit.t.lang);
  const quoted = await quote(ctx, visit, text);
  return amountPage(ctx, visit, { text, quoted, fault: text !== '' && quoted.error !== null });
}

/** GET …/fee?amount=…: for the page's script */
export async function showFee(ctx: AnchorContext, c: Context): Promise<Response> {
  const visit = await openVisit(ctx, c);
  const { send, fee, receive, rate, error } = await quote(
    ctx,
    visit,
    (c.req.query('amount') ?? '').slice(0, 100),
  );
  const shown = rate === null ? {} : { rate: rate.text };
  return jsonResponse({ send, fee, ...shown, receive, ...(error === null ? {} : { error }) });
}

/** POST …/amount */
export async function postAmount(ctx: AnchorContext, c: Context): Promise<Response> {
  const { visit, answers } = await openPost(ctx, c);
  if (!isOpen(visit)) return toStatus(visit);
  if ((await elsewhere(ctx, visit)) !== null) return redirectResponse(visit.base, 303);
  const text = (answers['amount'] ?? '').slice(0, 100);
  const quoted = await quote(ctx, visit, text);
  if (quoted.units === null || answers['action'] === 'recalculate') {
    const fault = quoted.error !== null;
    return amountPage(ctx, visit, { text, quoted, fault, status: fault ? 422 : 200 });
  }
  const kept = await keepAmount(ctx, visit, quoted.units);
  if (kept === null) return toStatus(visit);
  const [first] = await formsFor(ctx, kept);
  if (first !== undefined) return redirectResponse(`${visit.base}/form/${encodeURIComponent(first.id)}`, 303);
  return finish(ctx, kept);
}

/** Null when the transaction has left `incomplete` meanwhile. */
async function keepAmount(ctx: AnchorContext, visit: Visit, units: bigint): Promise<Visit | null> {
  if (visit.row.amount_expected_units === units) return visit;
  try {
    const row = await ctx.db.write((trx) =>
      moveTransaction(ctx, trx, visit.row, {
        to: 'incomplete',
        by: 'user',
        reason: 'amount',
        set: { amount_expected_units: units },
      }),
    );
    return { ...visit, row };
  } catch (error) {
    if (!isMoved(error)) throw error;
    const row = await rowOf(ctx, visit);
    return row.status === 'incomplete' ? keepAmount(ctx, { ...visit, row }, units) : null;
  }
}
