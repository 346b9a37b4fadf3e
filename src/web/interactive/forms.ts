import type { Context } from 'hono';
import { notFound } from '../../kernel/errors.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { mergeFields, readFields } from '../../transfers/fields.ts';
import { isMoved } from '../../transfers/move.ts';
import { redirectResponse } from '../headers.ts';
import { checkForm, normalize } from './fields.ts';
import { finish } from './finish.ts';
import { elsewhere, formsFor, type NamedForm } from './flow.ts';
import { type FormStep, formPage, formUrl } from './form-page.ts';
import { isOpen, openPost, openVisit, rowOf, toStatus, type Visit } from './visit.ts';

/** @throws PAGE_NOT_FOUND (404) the form is not one of this transaction's */
async function stepOf(ctx: AnchorContext, visit: Visit, id: string | undefined): Promise<FormStep> {
  const forms = await formsFor(ctx, visit);
  const at = forms.findIndex((named) => named.id === id);
  if (at < 0) throw notFound('PAGE_NOT_FOUND', 'There is no such form.');
  return { forms, at };
}

/** GET …/form/ID */
export async function showForm(ctx: AnchorContext, c: Context): Promise<Response> {
  const visit = await openVisit(ctx, c);
  if (!isOpen(visit)) return toStatus(visit);
  if ((await elsewhere(ctx, visit)) !== null) return redirectResponse(visit.base, 303);
  const step = await stepOf(ctx, visit, c.req.param('form'));
  if (visit.row.amount_expected_units === null) return redirectResponse(`${visit.base}/amount`, 303);
  return formPage(ctx, visit, step, { values: visit.fields });
}

/** POST …/form/ID */
export async function postForm(ctx: AnchorContext, c: Context): Promise<Response> {
  const { visit, answers } = await openPost(ctx, c);
  if (!isOpen(visit)) return toStatus(visit);
  if ((await elsewhere(ctx, visit)) !== null) return redirectResponse(visit.base, 303);
  const step = await stepOf(ctx, visit, c.req.param('form'));
  const named = step.forms[step.at] as NamedForm;
  const values = Object.fromEntries(
    named.form.fields.map((field) => [field.name, normalize(field, answers[field.name])]),
  );
  const errors = await checkForm(ctx, named, values, visit.t);
  if (Object.keys(errors).length > 0) {
    // What was typed is shown as it was typed.
    const typed = named.form.fields.map((field) => [field.name, (answers[field.name] ?? '').slice(0, 5000)]);
    return formPage(ctx, visit, step, { values: Object.fromEntries(typed), errors });
  }
  const kept = await keepAnswers(ctx, visit, values);
  if (kept === null) return toStatus(visit);
  const next = step.forms[step.at + 1];
  return next === undefined ? finish(ctx, kept) : redirectResponse(formUrl(visit, next), 303);
}

/** Null when the transaction has left `incomplete` meanwhile. */
async function keepAnswers(
  ctx: AnchorContext,
  visit: Visit,
  values: Record<string, string>,
): Promise<Visit | null> {
  if (Object.entries(values).every(([name, value]) => visit.fields[name] === value)) return visit;
  try {
    const row = await ctx.db.write((trx) => mergeFields(ctx, trx, visit.row, values));
    return { ...visit, row, fields: readFields(ctx, row) };
  } catch (error) {
    if (!isMoved(error)) throw error;
    const row = await rowOf(ctx, visit);
    if (row.status !== 'incomplete') return null;
    return keepAnswers(ctx, { ...visit, row, fields: readFields(ctx, row) }, values);
  }
}
