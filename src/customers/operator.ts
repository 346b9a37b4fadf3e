import type { CustomerDecision, CustomerFile, CustomerStatusName } from '../config/customer-hooks.ts';
import { mainName } from '../config/sep9.ts';
import { badInput } from '../kernel/errors.ts';
import { setStatus } from './change.ts';
import { type CustomersContext, rulesOf } from './context.ts';
import { textsOf } from './details.ts';
import { customerNotFound } from './errors.ts';
import { fileOf } from './files.ts';
import { type CustomerRow, customerById, fieldsOf, statusesOf } from './find.ts';
import { askedFor, judge } from './judge.ts';
import { boxOf, valueScope } from './keys.ts';
import { textsFor } from './messages/index.ts';
import { type Decider, review, reviewTime, statusRow, writeDecision } from './review.ts';
import { checkType, typeOf } from './status.ts';

/** What the operator sees of a customer: with the values, which are theirs to check. */
export interface CustomerRecord {
  id: string;
  account: string;
  memo: string | null;
  memo_type: string | null;
  lang: string;
  created_at: string;
  updated_at: string;
  statuses: {
    type: string;
    status: CustomerStatusName;
    message: string | null;
    missing: string[];
    by: string;
    at: string;
  }[];
  fields: { name: string; value: string | null; file: string | null; state: string; error: string | null }[];
  history: {
    at: string;
    type: string | null;
    from: string | null;
    to: string | null;
    by: string;
    reason: string;
  }[];
}

/** @throws CUSTOMER_NOT_FOUND */
async function known(ctx: CustomersContext, id: string): Promise<CustomerRow> {
  const customer = await customerById(ctx.db.read, id);
  if (customer === null) throw customerNotFound();
  return customer;
}

/** @throws CUSTOMER_NOT_FOUND, SECRET_UNREADABLE */
export async function showCustomer(ctx: CustomersContext, id: string): Promise<CustomerRecord> {
  const customer = await known(ctx, id);
  const { db } = ctx;
  const [fields, rows, history] = await Promise.all([
    fieldsOf(db.read, id),
    statusesOf(db.read, id),
    db.read.selectFrom('customer_history').selectAll().where('customer_id', '=', id).orderBy('id').execute(),
  ]);
  const box = boxOf(ctx, customer);
  const texts = textsOf(ctx, customer, fields);
  return {
    id,
    account: customer.account,
    memo: customer.memo,
    memo_type: customer.memo_type,
    lang: customer.lang,
    created_at: customer.created_at,
    updated_at: customer.updated_at,
    statuses: rows.map((row) => ({
      type: row.type,
      status: row.status,
      message: row.message === null ? null : box.open(row.message, valueScope(id, row.type, 'message')),
      missing: judge(askedFor(ctx, row.type, row), fields)
        .missing.filter(({ optional }) => !optional)
        .map(({ name }) => name),
      by: row.by_whom,
      at: row.updated_at,
    })),
    fields: fields.map((field) => ({
      name: field.name,
      value: texts[field.name] ?? null,
      file: field.file_id,
      state: field.state,
      error: field.error === null ? null : box.open(field.error, valueScope(id, field.name, 'error')),
    })),
    history: history.map((one) => ({
      at: one.at,
      type: one.type,
      from: one.from_status,
      to: one.to_status,
      by: one.by_whom,
      reason: one.reason,
    })),
  };
}

export interface CustomerListing {
  id: string;
  account: string;
  memo: string | null;
  type: string;
  status: CustomerStatusName;
  by: string;
  updated_at: string;
}

/** Newest change first. What is sealed is not opened. */
export async function listCustomers(
  ctx: CustomersContext,
  filter: {
    status?: CustomerStatusName | undefined;
    type?: string | undefined;
    account?: string | undefined;
    limit: number;
  },
): Promise<CustomerListing[]> {
  let query = ctx.db.read
    .selectFrom('customer_statuses')
    .innerJoin('customers', 'customers.id', 'customer_statuses.customer_id')
    .select([
      'customers.id',
      'customers.account',
      'customers.memo',
      'customer_statuses.type',
      'customer_statuses.status',
      'customer_statuses.by_whom as by',
      'customer_statuses.updated_at',
    ]);
  if (filter.status !== undefined) query = query.where('customer_statuses.status', '=', filter.status);
  if (filter.type !== undefined) query = query.where('customer_statuses.type', '=', filter.type);
  if (filter.account !== undefined) query = query.where('customers.account', '=', filter.account);
  return query
    .orderBy('customer_statuses.updated_at', 'desc')
    .orderBy('customers.id')
    .limit(filter.limit)
    .execute();
}

/**
 * The operator's decision about a customer, for one type: the one that was last asked about, unless it is named.
 *
 * @throws CUSTOMER_NOT_FOUND, CUSTOMER_TYPE_UNKNOWN, CUSTOMER_INCOMPLETE (accepting one who has not given everything),
 *   CUSTOMER_FIELD_INVALID (asking for a field that is not declared)
 */
export async function decideCustomer(
  ctx: CustomersContext,
  id: string,
  given: string | undefined,
  decision: CustomerDecision,
  how: Decider,
): Promise<void> {
  const text = textsFor('en');
  checkType(ctx, given, text);
  const fields = Object.fromEntries(
    Object.entries(decision.fields ?? {}).map(([name, error]) => [mainName(name), error]),
  );
  const strange = Object.keys(fields).find((name) => !rulesOf(ctx.project).fields.has(name));
  if (strange !== undefined) {
    throw badInput(
      'CUSTOMER_FIELD_INVALID',
      `${strange}: ${text('value_invalid')}`,
      'Declare it in [customers.fields].',
    );
  }
  await ctx.db.write(async (trx) => {
    const customer = await customerById(trx, id);
    if (customer === null) throw customerNotFound();
    const type = typeOf(ctx, customer, given);
    const before = await statusRow(trx, id, type);
    const { complete, missing, unconfirmed } = judge(askedFor(ctx, type, before), await fieldsOf(trx, id));
    if (decision.status === 'ACCEPTED' && !complete) {
      const names = [...missing.filter(({ optional }) => !optional).map(({ name }) => name), ...unconfirmed];
      throw badInput('CUSTOMER_INCOMPLETE', `Customer ${id} has not given everything: ${names.join(', ')}.`);
    }
    await writeDecision(ctx, trx, customer, before, type, { ...decision, fields }, how);
  });
}

/** Takes a decision back: the customer is looked at anew. @throws CUSTOMER_NOT_FOUND, CUSTOMER_TYPE_UNKNOWN */
export async function reopenCustomer(
  ctx: CustomersContext,
  id: string,
  given: string | undefined,
  { by, reason }: Decider,
): Promise<void> {
  checkType(ctx, given, textsFor('en'));
  const type = await ctx.db.write(async (trx) => {
    const customer = await customerById(trx, id);
    if (customer === null) throw customerNotFound();
    const type = typeOf(ctx, customer, given);
    const before = await statusRow(trx, id, type);
    const { complete } = judge(askedFor(ctx, type, before), await fieldsOf(trx, id));
    await setStatus(ctx, trx, customer, before, type, {
      status: complete ? 'PROCESSING' : 'NEEDS_INFO',
      by,
      reason: reason ?? 'looked at anew',
      reviewAt: complete ? reviewTime(ctx) : null,
    });
    return type;
  });
  await review(ctx, id, type);
}

/** A file of a customer, decrypted. @throws CUSTOMER_NOT_FOUND, CUSTOMER_FILE_UNKNOWN */
export async function customerFile(ctx: CustomersContext, id: string, name: string): Promise<CustomerFile> {
  const file = await fileOf(ctx, await known(ctx, id), mainName(name));
  if (file === null) throw badInput('CUSTOMER_FILE_UNKNOWN', `Customer ${id} has no file ${name}.`);
  return file;
}

/** Customers whose review is due, asked about once more. Answers how many were decided, and how many still wait. */
export async function reviewDue(
  ctx: CustomersContext,
  options: { at: string; limit: number; signal?: AbortSignal },
): Promise<{ processed: number; waiting: number }> {
  const due = await ctx.db.read
    .selectFrom('customer_statuses')
    .select(['customer_id', 'type'])
    .where('review_at', '<=', options.at)
    .where('status', '=', 'PROCESSING')
    .orderBy('review_at')
    .limit(options.limit)
    .execute();
  let processed = 0;
  for (const { customer_id, type } of due) {
    if (options.signal?.aborted) break;
    if (await review(ctx, customer_id, type)) processed += 1;
  }
  return { processed, waiting: due.length - processed };
}
