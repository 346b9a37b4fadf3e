import * as v from 'valibot';
import type { FlowIntegration, FormDefinition, TransactionContext } from '../../config/integrations.ts';
import { AnchorError } from '../../kernel/errors.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { callHook, withData } from '../../transfers/hooks.ts';
import { issueInteractiveToken } from '../../transfers/sessions.ts';
import { transactionView } from '../../transfers/view.ts';
import { isOpen, type Visit } from './visit.ts';

type Subject = Pick<Visit, 'row' | 'asset' | 'fields'>;

const flowOf = (ctx: AnchorContext, visit: Subject): FlowIntegration | undefined =>
  visit.row.kind === 'deposit' ? ctx.project.integrations.deposit : ctx.project.integrations.withdrawal;

const viewOf = (visit: Subject) => transactionView(visit.row, visit.asset, visit.fields);

/** Calls one hook of `deposit` or `withdrawal`, if there is one. @throws HOOK_FAILED, HOOK_ANSWER_INVALID */
async function callFlow<T>(
  ctx: AnchorContext,
  visit: Subject,
  name: keyof FlowIntegration,
  call: ((flow: FlowIntegration, hook: TransactionContext) => unknown) | undefined,
  schema: v.GenericSchema<unknown, T>,
): Promise<T | undefined> {
  const flow = flowOf(ctx, visit);
  if (flow?.[name] === undefined || call === undefined) return undefined;
  return callHook(
    ctx,
    `${visit.row.kind}.${name}`,
    (hook) => call(flow, withData(ctx, visit.row.id, hook)),
    schema,
  );
}

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
const contentSchema = v.nullish(
  v.object({
    title: v.optional(text(200)),
    guidance: v.optional(v.pipe(v.array(text(2000)), v.maxLength(20))),
  }),
);
const instructionSchema = v.pipe(
  v.array(v.object({ label: text(200), value: text(1000), copy: v.optional(v.boolean()) })),
  v.maxLength(30),
);

/** Heading and paragraphs of a page: those of the `content` hook over ours. */
export async function contentFor(
  ctx: AnchorContext,
  visit: Subject,
  step: string,
  ours: { title: string; guidance: string[] },
): Promise<{ heading: string; guidance: string[] }> {
  const theirs = await callFlow(
    ctx,
    visit,
    'content',
    (flow, hook) => flow.content?.({ transaction: viewOf(visit), step }, hook),
    contentSchema,
  );
  return { heading: theirs?.title ?? ours.title, guidance: theirs?.guidance ?? ours.guidance };
}

export interface NamedForm {
  id: string;
  form: FormDefinition;
}

/** The forms after the amount, in order: those the `forms` hook names, else all of this kind. */
export async function formsFor(ctx: AnchorContext, visit: Subject): Promise<NamedForm[]> {
  const all = ctx.project.forms;
  const named = await callFlow(
    ctx,
    visit,
    'forms',
    (flow, hook) => flow.forms?.(viewOf(visit), hook),
    v.pipe(v.array(v.string()), v.maxLength(50)),
  );
  const ids = named ?? [...all.keys()].filter((id) => all.get(id)?.kinds?.includes(visit.row.kind) ?? true);
  return [...new Set(ids)].map((id) => {
    const form = all.get(id);
    if (form !== undefined) return { id, form };
    throw new AnchorError({
      code: 'FORM_UNKNOWN',
      message: `The integration ${visit.row.kind}.forms named the form ${JSON.stringify(id.slice(0, 100))}, which is not there.`,
      hint: `Add forms/${id.replace(/[^\w-]/g, '')}.ts, or name one of: ${[...all.keys()].join(', ') || '(none)'}.`,
    });
  });
}

/** How to pay, from the `instructions` hook; undefined when there is none. */
export async function instructionsFor(ctx: AnchorContext, visit: Subject) {
  return callFlow(
    ctx,
    visit,
    'instructions',
    (flow, hook) => flow.instructions?.(viewOf(visit), hook),
    instructionSchema,
  );
}

/** Faults by field name that the `afterForms` hook found. */
export async function afterForms(ctx: AnchorContext, visit: Subject): Promise<Record<string, string>> {
  const answer = await callFlow(
    ctx,
    visit,
    'afterForms',
    (flow, hook) => flow.afterForms?.(viewOf(visit), hook),
    v.nullish(v.object({ errors: v.record(v.string(), text(500)) })),
  );
  return answer?.errors ?? {};
}

async function externalUrl(ctx: AnchorContext, visit: Subject, token: string): Promise<string | null> {
  const url = await callFlow(
    ctx,
    visit,
    'interactiveUrl',
    (flow, hook) => flow.interactiveUrl?.({ transaction: viewOf(visit), token }, hook),
    v.nullish(
      v.pipe(
        v.string(),
        v.url(),
        v.check(
          (value) => /^https:/.test(value) || (ctx.project.localMode && /^http:/.test(value)),
          'an https URL',
        ),
      ),
    ),
  );
  return url ?? null;
}

/**
 * The anchor's own pages in place of ours, as long as its `interactiveUrl` hook names them: with a token to come back by. Every page
 * of ours asks, so that none of them is a way around.
 */
export async function elsewhere(ctx: AnchorContext, visit: Visit): Promise<string | null> {
  if (!isOpen(visit) || flowOf(ctx, visit)?.interactiveUrl === undefined) return null;
  return externalUrl(ctx, visit, await issueInteractiveToken(ctx, visit.row));
}
