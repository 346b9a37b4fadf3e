import * as v from 'valibot';
import { callHook } from '../config/call-hook.ts';
import type { CustomerContext, CustomerDecision, CustomerView } from '../config/customer-hooks.ts';
import type { HookContext, Json } from '../config/integrations.ts';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { note, setStatus } from './change.ts';
import { type CustomersContext, rulesOf } from './context.ts';
import { textsOf } from './details.ts';
import { fileOf } from './files.ts';
import { type CustomerRow, customerById, fieldsOf, type StatusRow, statusesOf } from './find.ts';
import { askedFor, judge } from './judge.ts';
import { boxOf, valueScope } from './keys.ts';

const DECISION = v.strictObject({
  status: v.picklist(['ACCEPTED', 'PROCESSING', 'NEEDS_INFO', 'REJECTED']),
  message: v.optional(v.pipe(v.string(), v.maxLength(1_000))),
  fields: v.optional(v.record(v.string(), v.pipe(v.string(), v.maxLength(500)))),
}) satisfies v.GenericSchema<unknown, CustomerDecision>;

const FIRST_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 3_600;

/** Who decides about the complete: the anchor's own code, the sandbox by itself, or nobody but the operator. */
export type Reviewer = 'integration' | 'sandbox' | 'operator';

export function reviewerOf(ctx: Pick<CustomersContext, 'project'>): Reviewer {
  if (ctx.project.integrations.customers?.review !== undefined) return 'integration';
  return ctx.project.network.name === 'sandbox' ? 'sandbox' : 'operator';
}

/** When a review is due that begins now; null where the operator decides. */
export const reviewTime = (ctx: CustomersContext): string | null =>
  reviewerOf(ctx) === 'operator' ? null : isoTime(ctx.clock.now());

/** Begins the check of a complete customer for a type that was never checked, and makes it. False where another did so already. */
export async function openReview(
  ctx: CustomersContext,
  customer: CustomerRow,
  type: string,
): Promise<boolean> {
  const opened = await ctx.db.write(async (trx) => {
    const before = await statusRow(trx, customer.id, type);
    if (before !== undefined && before.status !== 'NEEDS_INFO') return false;
    const still = await customerById(trx, customer.id);
    if (still === null || !judge(askedFor(ctx, type, before), await fieldsOf(trx, customer.id)).complete)
      return false;
    await setStatus(ctx, trx, still, before, type, {
      status: 'PROCESSING',
      by: 'customer',
      reason: 'complete',
      reviewAt: reviewTime(ctx),
    });
    return true;
  });
  if (opened) await review(ctx, customer.id, type);
  return opened;
}

export async function statusRow(
  db: Queries,
  customerId: string,
  type: string,
): Promise<StatusRow | undefined> {
  return (await statusesOf(db, customerId)).find((row) => row.type === type);
}

/**
 * Asks who decides about a customer that waits for it, outside of any database transaction, and writes the answer down unless the customer
 * sent something else meanwhile. A throw or a nonsense answer decides nothing: it is asked again later.
 */
export async function review(ctx: CustomersContext, customerId: string, type: string): Promise<boolean> {
  const reviewer = reviewerOf(ctx);
  if (reviewer === 'operator') return false;
  const customer = await customerById(ctx.db.read, customerId);
  const row = customer === null ? undefined : await statusRow(ctx.db.read, customerId, type);
  if (customer === null || row === undefined || row.status !== 'PROCESSING' || row.review_at === null)
    return false;
  let decision: CustomerDecision;
  try {
    decision = reviewer === 'sandbox' ? { status: 'ACCEPTED' } : await askIntegration(ctx, customer, row);
  } catch (error) {
    ctx.log.warn('customer_review_failed', { customer: customerId, type, message: messageOf(error) });
    decision = { status: 'PROCESSING' };
  }
  if (decision.status === 'NEEDS_INFO' && !asksSomething(ctx, decision)) {
    ctx.log.warn('customer_review_empty', {
      customer: customerId,
      type,
      hint: 'NEEDS_INFO must name fields',
    });
    decision = { status: 'PROCESSING' };
  }
  return ctx.db.write(async (trx) => {
    const now = await customerById(trx, customerId);
    const before = await statusRow(trx, customerId, type);
    if (now === null || before === undefined || before.status !== 'PROCESSING' || before.review_at === null)
      return false;
    if (now.version !== customer.version || before.review_tries !== row.review_tries) return false;
    await writeDecision(ctx, trx, now, before, type, decision, { by: reviewer });
    return decision.status !== 'PROCESSING';
  });
}

async function askIntegration(
  ctx: CustomersContext,
  customer: CustomerRow,
  row: StatusRow,
): Promise<CustomerDecision> {
  const hooks = ctx.project.integrations.customers;
  const seen = await viewOf(ctx, customer, row);
  return callHook(
    ctx,
    'customers.review',
    (hook) => hooks?.review?.(seen, withCustomer(ctx, customer, hook)),
    DECISION,
  );
}

/** A customer as the anchor's own code sees one. @throws SECRET_UNREADABLE */
export async function viewOf(
  ctx: CustomersContext,
  customer: CustomerRow,
  row: Pick<StatusRow, 'type' | 'status'>,
): Promise<CustomerView> {
  const fields = await fieldsOf(ctx.db.read, customer.id);
  return {
    id: customer.id,
    account: customer.account,
    memo: customer.memo,
    memoType: customer.memo_type,
    type: row.type,
    status: row.status,
    fields: textsOf(ctx, customer, fields),
    files: fields.filter(({ file_id }) => file_id !== null).map(({ name }) => name),
    lang: customer.lang,
    createdAt: customer.created_at,
  };
}

const dataScope = (customerId: string): string => `customers/${customerId}/data`;

export function readData(ctx: CustomersContext, customer: CustomerRow): Json {
  return customer.data === null
    ? null
    : (JSON.parse(boxOf(ctx, customer).open(customer.data, dataScope(customer.id))) as Json);
}

function withCustomer(ctx: CustomersContext, customer: CustomerRow, hook: HookContext): CustomerContext {
  return {
    ...hook,
    file: (name) => fileOf(ctx, customer, name),
    data: {
      async get() {
        const now = await customerById(ctx.db.read, customer.id);
        return now === null ? null : readData(ctx, now);
      },
      async set(value) {
        const text = JSON.stringify(value ?? null).slice(0, limits.hookResultBytes);
        const data = boxOf(ctx, customer).seal(text, dataScope(customer.id));
        await ctx.db.read.updateTable('customers').set({ data }).where('id', '=', customer.id).execute();
      },
    },
  };
}

/** NEEDS_INFO that names no field that we know would leave the customer without anything to do. */
const asksSomething = (ctx: CustomersContext, decision: CustomerDecision): boolean =>
  Object.keys(decision.fields ?? {}).some((name) => rulesOf(ctx.project).fields.has(name));

/** Seconds until the integration is asked again after so many times in vain. */
const waitSeconds = (tries: number): number =>
  Math.min(FIRST_WAIT_SECONDS * 2 ** tries, LONGEST_WAIT_SECONDS);

/** Who decided, and why where they say it. */
export interface Decider {
  by: string;
  reason?: string | undefined;
}

/** Writes a decision, whoever made it: faults of fields first, then the status that follows (S12-18). */
export async function writeDecision(
  ctx: CustomersContext,
  trx: Queries,
  customer: CustomerRow,
  before: StatusRow | undefined,
  type: string,
  decision: CustomerDecision,
  { by, reason }: Decider,
): Promise<void> {
  const names = Object.keys(decision.fields ?? {}).filter((name) => rulesOf(ctx.project).fields.has(name));
  const given = await rejectFields(ctx, trx, customer, decision.fields ?? {});
  const more = names.filter((name) => !given.includes(name));
  const former = before?.asked == null ? [] : (JSON.parse(before.asked) as string[]);
  const tries = before?.review_tries ?? 0;
  const waits = decision.status === 'PROCESSING';
  const again = before?.status === decision.status && !waits;
  const why =
    names.length === 0 ? (reason ?? 'decided') : `${reason ?? 'asked for anew'}: ${names.join(', ')}`;
  await setStatus(ctx, trx, customer, before, type, {
    status: decision.status,
    by,
    reason: why,
    ...(more.length === 0 ? {} : { asked: [...new Set([...former, ...more])] }),
    message: decision.message ?? null,
    reviewedVersion: waits ? null : customer.version,
    reviewAt:
      waits && reviewerOf(ctx) !== 'operator' ? isoTime(ctx.clock.now() + waitSeconds(tries) * 1000) : null,
    reviewTries: waits ? tries + 1 : 0,
  });
  if (again) {
    await note(ctx, trx, customer.id, { type, from: before.status, to: decision.status, by, reason: why });
  }
  if (given.length > 0) await followRejected(ctx, trx, customer, type, given, by);
}

/** Marks the fields that were given and are not good; answers their names. */
async function rejectFields(
  ctx: CustomersContext,
  trx: Queries,
  customer: CustomerRow,
  faults: Readonly<Record<string, string>>,
): Promise<string[]> {
  const box = boxOf(ctx, customer);
  const names: string[] = [];
  for (const { name } of await fieldsOf(trx, customer.id)) {
    const error = Object.hasOwn(faults, name) ? faults[name] : undefined;
    if (error === undefined) continue;
    await trx
      .updateTable('customer_fields')
      .set({
        state: 'rejected',
        error: error === '' ? null : box.seal(error, valueScope(customer.id, name, 'error')),
        code: null,
        code_expires_at: null,
        updated_at: isoTime(ctx.clock.now()),
      })
      .where('customer_id', '=', customer.id)
      .where('name', '=', name)
      .execute();
    names.push(name);
  }
  return names;
}

/** A field that is not good any more is missing wherever it is asked for. */
async function followRejected(
  ctx: CustomersContext,
  trx: Queries,
  customer: CustomerRow,
  type: string,
  names: readonly string[],
  by: string,
): Promise<void> {
  for (const row of await statusesOf(trx, customer.id)) {
    const settled = row.status === 'REJECTED' || row.status === 'NEEDS_INFO';
    if (
      row.type === type ||
      settled ||
      !askedFor(ctx, row.type, row).some(({ name }) => names.includes(name))
    )
      continue;
    await setStatus(ctx, trx, customer, row, row.type, {
      status: 'NEEDS_INFO',
      by,
      reason: `asked for anew: ${names.join(', ')}`,
    });
  }
}
