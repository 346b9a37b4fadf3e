import { AnchorError } from '../../kernel/errors.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { readFields } from '../../transfers/fields.ts';
import { isMoved } from '../../transfers/move.ts';
import { submitInteractive } from '../../transfers/submit.ts';
import { redirectResponse } from '../headers.ts';
import { amountPage } from './amount-page.ts';
import { checkForm, knownValue } from './fields.ts';
import { afterForms, formsFor, type NamedForm } from './flow.ts';
import { formPage } from './form-page.ts';
import { inputAmount, quote } from './money.ts';
import { rowOf, toStatus, type Visit } from './visit.ts';

const answersOf = (visit: Visit, { form }: NamedForm): Record<string, string> =>
  Object.fromEntries(form.fields.map((field) => [field.name, knownValue(visit.fields, field)]));

/**
 * What follows the last form: every form is looked at once more, whichever way the user came; then the anchor's own last word
 * (`afterForms`); then the transaction waits for money (S24-M03, S24-M14, S24-38).
 */
export async function finish(ctx: AnchorContext, visit: Visit): Promise<Response> {
  const { row, t } = visit;
  if (row.amount_expected_units === null) return redirectResponse(`${visit.base}/amount`, 303);
  const forms = await formsFor(ctx, visit);
  for (const [at, named] of forms.entries()) {
    const values = answersOf(visit, named);
    const errors = await checkForm(ctx, named, values, t);
    if (Object.keys(errors).length > 0) return formPage(ctx, visit, { forms, at }, { values, errors });
  }
  const refused = await afterForms(ctx, visit);
  if (Object.keys(refused).length > 0) return refusedPage(ctx, visit, forms, refused);
  return submit(ctx, visit, row.amount_expected_units);
}

async function submit(ctx: AnchorContext, visit: Visit, amountUnits: bigint): Promise<Response> {
  try {
    await submitInteractive(ctx, visit.row, { amountUnits, fields: {} });
    return toStatus(visit);
  } catch (error) {
    if (!AnchorError.is(error)) throw error;
    if (/^(?:AMOUNT_|QUOTE_|PRICE_UNAVAILABLE)/.test(error.code)) return amountAgain(ctx, visit, amountUnits);
    if (!isMoved(error) && error.code !== 'STATUS_MOVE_FORBIDDEN') throw error;
    // The other tab was quicker: if it finished, its answer counts; if it only changed an answer, look again.
    const row = await rowOf(ctx, visit);
    if (row.status !== 'incomplete') return toStatus(visit);
    return finish(ctx, { ...visit, row, fields: readFields(ctx, row) });
  }
}

async function amountAgain(
  ctx: AnchorContext,
  visit: Visit,
  units: bigint,
  problem?: string,
): Promise<Response> {
  const text = inputAmount(units, visit.t.lang);
  const quoted = await quote(ctx, visit, text);
  return amountPage(ctx, visit, { text, quoted, fault: quoted.error !== null, problem, status: 422 });
}

/** Faults of the `afterForms` hook, on the page that has the first of their fields. */
function refusedPage(
  ctx: AnchorContext,
  visit: Visit,
  forms: NamedForm[],
  errors: Record<string, string>,
): Promise<Response> {
  const at = forms.findIndex(({ form }) => form.fields.some((field) => field.name in errors));
  const named = forms[at] ?? forms.at(-1);
  const text = Object.values(errors).join(' ');
  if (named === undefined || (at < 0 && 'amount' in errors)) {
    return amountAgain(ctx, visit, visit.row.amount_expected_units ?? 0n, text);
  }
  const position = at < 0 ? forms.length - 1 : at;
  return formPage(
    ctx,
    visit,
    { forms, at: position },
    {
      values: visit.fields,
      errors: at < 0 ? {} : errors,
      problem: at < 0 ? text : undefined,
    },
  );
}
