import type { CustomerStatusName } from '../config/customer-hooks.ts';
import type { AskedField, CustomerFieldRule } from '../config/customers.ts';
import type { FieldType } from '../config/sep9.ts';
import type { Queries } from '../database/port.ts';
import type { Principal } from '../kernel/principal.ts';
import { type CustomersContext, rulesOf } from './context.ts';
import { customerNotFound, typeUnknown } from './errors.ts';
import {
  type CustomerKey,
  type CustomerRow,
  type FieldRow,
  fieldsOf,
  findCustomer,
  type StatusRow,
  statusesOf,
} from './find.ts';
import { askedFor, askedWith, judge } from './judge.ts';
import { boxOf, valueScope } from './keys.ts';
import { describeField, type Translate, textsFor } from './messages/index.ts';
import { openReview } from './review.ts';
import { STANDARD_CHOICES } from './values.ts';

/** A field that is asked for (S12-F03). */
export interface FieldView {
  type: FieldType;
  description: string;
  choices?: readonly string[];
  optional?: boolean;
}

/** A field that was given (S12-F04): what it is and how it stands, never what is in it. */
export interface ProvidedFieldView extends FieldView {
  status: 'ACCEPTED' | 'PROCESSING' | 'REJECTED' | 'VERIFICATION_REQUIRED';
  error?: string;
}

/** Where a customer stands for one type. */
export interface CustomerStatus {
  /** null for somebody who is not registered */
  id: string | null;
  type: string;
  status: CustomerStatusName;
  /** what is missing, by name */
  fields: Record<string, FieldView>;
  /** what was given of what is asked for, by name */
  provided: Record<string, ProvidedFieldView>;
  message: string | null;
}

export interface StatusOptions extends CustomerKey {
  lang?: string | undefined;
  /** beyond the type's own fields, e.g. for a large transaction */
  asked?: readonly AskedField[] | undefined;
}

/** @throws CUSTOMER_TYPE_UNKNOWN (400, S12-20) */
export function checkType(
  ctx: Pick<CustomersContext, 'project'>,
  type: string | undefined,
  text: Translate,
): void {
  const { types } = rulesOf(ctx.project);
  if (type !== undefined && !types.has(type)) throw typeUnknown(text, [...types.keys()]);
}

/** The type that is meant: the one that was named, else the one that the customer was last asked about, else the first. */
export function typeOf(
  ctx: Pick<CustomersContext, 'project'>,
  customer: CustomerRow | null,
  given: string | undefined,
): string {
  const { types } = rulesOf(ctx.project);
  const last = customer?.last_type;
  return given ?? (last !== undefined && types.has(last) ? last : ([...types.keys()][0] as string));
}

/**
 * Where the customer stands, and what is missing (S12-12 to S12-19). One who is complete and was never checked for this type is from now
 * on: other SEPs ask about types that no PUT has named.
 *
 * @throws CUSTOMER_TYPE_UNKNOWN (400); CUSTOMER_NOT_FOUND (404) for an id that is not the principal's
 */
export async function statusOf(
  ctx: CustomersContext,
  principal: Principal,
  type?: string | undefined,
  options: StatusOptions = {},
): Promise<CustomerStatus> {
  const customer = await findCustomer(ctx.db.read, principal, options);
  if (customer === null && options.id !== undefined) throw customerNotFound();
  const text = textsFor(options.lang ?? customer?.lang);
  checkType(ctx, type, text);
  return describe(ctx, customer, typeOf(ctx, customer, type), text, options.asked ?? []);
}

/** The same for a customer that was found already. */
export async function describe(
  ctx: CustomersContext,
  customer: CustomerRow | null,
  type: string,
  text: Translate,
  more: readonly AskedField[] = [],
): Promise<CustomerStatus> {
  if (customer === null) {
    const asked = askedWith(askedFor(ctx, type, undefined), more);
    return view(ctx, { customer, type, asked, given: [], row: undefined, text });
  }
  const [given, rows] = await Promise.all([
    fieldsOf(ctx.db.read, customer.id),
    statusesOf(ctx.db.read, customer.id),
  ]);
  const row = rows.find((one) => one.type === type);
  const unopened = row === undefined || row.status === 'NEEDS_INFO';
  const asked = askedFor(ctx, type, row);
  if (unopened && judge(asked, given).complete && (await openReview(ctx, customer, type))) {
    return describe(ctx, customer, type, text, more);
  }
  return view(ctx, { customer, type, asked: askedWith(asked, more), given, row, text });
}

/** The same as it stands in `db`, also inside of a database transaction: nothing is begun by looking. */
export async function standing(
  ctx: CustomersContext,
  db: Queries,
  customer: CustomerRow,
  type: string,
): Promise<CustomerStatus> {
  const given = await fieldsOf(db, customer.id);
  const row = (await statusesOf(db, customer.id)).find((one) => one.type === type);
  const text = textsFor(customer.lang);
  return view(ctx, { customer, type, asked: askedFor(ctx, type, row), given, row, text });
}

interface Known {
  customer: CustomerRow | null;
  type: string;
  asked: readonly AskedField[];
  given: readonly FieldRow[];
  row: StatusRow | undefined;
  text: Translate;
}

function view(ctx: CustomersContext, known: Known): CustomerStatus {
  const { customer, type, asked, given, row, text } = known;
  const verdict = judge(asked, given);
  const status: CustomerStatusName =
    row?.status === 'REJECTED'
      ? 'REJECTED'
      : !verdict.complete
        ? 'NEEDS_INFO'
        : row?.status === 'ACCEPTED'
          ? 'ACCEPTED'
          : 'PROCESSING';
  const box = customer === null ? null : boxOf(ctx, customer);
  const stored =
    row !== undefined && row.message !== null && row.status === status && box !== null && customer !== null
      ? box.open(row.message, valueScope(customer.id, type, 'message'))
      : null;
  const rules = rulesOf(ctx.project).fields;
  const fields: Record<string, FieldView> = {};
  for (const { name, optional } of verdict.missing) {
    const rejected = given.some((one) => one.name === name);
    fields[name] = fieldView(rules.get(name), name, optional && !rejected, text);
  }
  const provided: Record<string, ProvidedFieldView> = {};
  for (const field of given) {
    const one = asked.find(({ name }) => name === field.name);
    if (one === undefined) continue;
    provided[field.name] = {
      ...fieldView(rules.get(field.name), field.name, one.optional, text),
      status: statusOfField(field, status),
      ...(field.state === 'rejected' && box !== null
        ? {
            error:
              field.error === null
                ? text('field_rejected')
                : box.open(field.error, valueScope(field.customer_id, field.name, 'error')),
          }
        : {}),
    };
  }
  return {
    id: customer?.id ?? null,
    type,
    status,
    fields,
    provided,
    message: stored ?? messageFor(status, verdict.unconfirmed, text),
  };
}

function statusOfField(field: FieldRow, status: CustomerStatusName): ProvidedFieldView['status'] {
  if (field.state === 'rejected') return 'REJECTED';
  if (field.state === 'unconfirmed') return 'VERIFICATION_REQUIRED';
  if (status === 'ACCEPTED') return 'ACCEPTED';
  // were all of them accepted, the customer would be too (S12-18)
  return field.state === 'confirmed' && status !== 'PROCESSING' ? 'ACCEPTED' : 'PROCESSING';
}

/** S12-16: a rejection always has words. */
function messageFor(
  status: CustomerStatusName,
  unconfirmed: readonly string[],
  text: Translate,
): string | null {
  if (status === 'REJECTED') return text('message_rejected');
  if (status === 'PROCESSING') return text('message_processing');
  return status === 'NEEDS_INFO' && unconfirmed.length > 0 ? text('message_code') : null;
}

export function fieldView(
  rule: CustomerFieldRule | undefined,
  name: string,
  optional: boolean,
  text: Translate,
): FieldView {
  const choices = rule?.choices ?? (rule === undefined ? undefined : STANDARD_CHOICES[rule.kind]);
  const own = rule?.descriptions?.[text.lang] ?? rule?.descriptions?.['en'];
  return {
    type: rule?.type ?? 'string',
    description: own ?? describeField(text, name) ?? name,
    ...(choices === undefined ? {} : { choices }),
    ...(optional ? { optional: true } : {}),
  };
}
