import type { AnchorContext } from '../../transfers/context.ts';
import { htmlResponse } from '../headers.ts';
import { renderPage } from '../render.ts';
import { fieldView, knownValue } from './fields.ts';
import { contentFor, type NamedForm } from './flow.ts';
import { frameAncestors, type Visit } from './visit.ts';

export interface FormStep {
  forms: NamedForm[];
  /** position in `forms` */
  at: number;
}

export const formUrl = (visit: Visit, named: NamedForm | undefined): string =>
  named === undefined ? `${visit.base}/amount` : `${visit.base}/form/${encodeURIComponent(named.id)}`;

/** One form of the project as a page. `values` are shown, `errors` stand beside their fields. */
export async function formPage(
  ctx: AnchorContext,
  visit: Visit,
  { forms, at }: FormStep,
  shown: { values: Record<string, string>; errors?: Record<string, string>; problem?: string | undefined },
): Promise<Response> {
  const { t } = visit;
  const named = forms[at] as NamedForm;
  const errors = shown.errors ?? {};
  const failed = Object.keys(errors).length > 0 || shown.problem !== undefined;
  const faulty = named.form.fields.find((field) => errors[field.name] !== undefined);
  const content = await contentFor(ctx, visit, named.id, {
    title: named.form.title,
    guidance: named.form.guidance === undefined ? [] : [named.form.guidance],
  });
  const html = renderPage(ctx, 'form', {
    ...content,
    lang: t.lang,
    title: content.heading,
    step: at + 2,
    steps: forms.length + 1,
    action: formUrl(visit, named),
    back: formUrl(visit, forms[at - 1]),
    csrf: visit.session.csrf,
    problem: shown.problem ?? (failed ? t('form.problems') : null),
    last: at === forms.length - 1,
    fields: named.form.fields.map((field) => ({
      ...fieldView(field, knownValue(shown.values, field), errors[field.name]),
      first: field === faulty,
    })),
  });
  return htmlResponse(html, {
    status: failed ? 422 : 200,
    frameAncestors: frameAncestors(visit.row, visit.opener),
  });
}
