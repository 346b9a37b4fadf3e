import type { AnchorContext } from '../../transfers/context.ts';
import { htmlResponse } from '../headers.ts';
import { renderPage } from '../render.ts';
import { contentFor, formsFor } from './flow.ts';
import { limitsText, type Quote, unitsOf } from './money.ts';
import { frameAncestors, type Visit } from './visit.ts';

const short = (account: string): string => `${account.slice(0, 6)}…${account.slice(-6)}`;

/** The amount step. @param problem a fault that belongs to no field */
export async function amountPage(
  ctx: AnchorContext,
  visit: Visit,
  shown: { text: string; quoted: Quote; fault: boolean; problem?: string | undefined; status?: number },
): Promise<Response> {
  const { row, t, base } = visit;
  const deposit = row.kind === 'deposit';
  const unit = unitsOf(visit);
  const content = await contentFor(ctx, visit, 'amount', {
    title: t(deposit ? 'amount.depositTitle' : 'amount.withdrawalTitle', {
      asset: deposit ? unit.out : unit.in,
    }),
    guidance: [t(deposit ? 'amount.depositGuidance' : 'amount.withdrawalGuidance')],
  });
  const html = renderPage(ctx, 'amount', {
    ...content,
    lang: t.lang,
    title: content.heading,
    scripts: ['amount.js'],
    step: 1,
    steps: 1 + (await formsFor(ctx, visit)).length,
    action: `${base}/amount`,
    feeUrl: `${base}/fee`,
    csrf: visit.session.csrf,
    amount: shown.text,
    unit: unit.in,
    limits: limitsText(visit),
    errors: { amount: shown.fault ? shown.quoted.error : null },
    problem: shown.problem ?? null,
    summary: shown.quoted,
    fixed: row.quote_id !== null,
    account: row.account,
    accountShort: short(row.account),
    accountLabel: t(deposit ? 'amount.destination' : 'amount.source'),
  });
  return htmlResponse(html, {
    status: shown.status ?? 200,
    frameAncestors: frameAncestors(row, visit.opener),
  });
}
