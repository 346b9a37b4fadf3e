import type { AskedField, CustomerFieldRule } from '../config/customers.ts';
import { isBinaryKind, mainName } from '../config/sep9.ts';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { assert } from '../kernel/errors.ts';
import { ownerFor, type Principal } from '../kernel/principal.ts';
import { note, setStatus } from './change.ts';
import { confirmCodes, isFresh, newCodeColumns, type SentCode, sendCodes } from './codes-sent.ts';
import type { CheckedFile } from './content.ts';
import { type CustomersContext, rulesOf } from './context.ts';
import { customerNotFound, fieldInvalid } from './errors.ts';
import { attachUpload, checkFileIds, keepFile } from './field-files.ts';
import { checkFile } from './files.ts';
import {
  type CustomerKey,
  type CustomerRow,
  customerById,
  type FieldRow,
  fieldsOf,
  findCustomer,
  statusesOf,
} from './find.ts';
import { askedFor, judge } from './judge.ts';
import { boxOf, newDataKey, valueScope } from './keys.ts';
import { type Translate, textsFor } from './messages/index.ts';
import { review, reviewTime } from './review.ts';
import { checkType, typeOf } from './status.ts';
import { checkValue } from './values.ts';

export interface PutRequest extends CustomerKey {
  type?: string | undefined;
  lang?: string | undefined;
  /** everything that was sent as text: fields, `*_verification`, `*_file_id`; what nobody asks for is ignored (S12-31) */
  texts: Readonly<Record<string, string>>;
  /** files by the field's name */
  files?: ReadonlyMap<string, Uint8Array>;
  /** beyond the type's own fields, e.g. for a large transaction */
  asked?: readonly AskedField[] | undefined;
}

interface Checked {
  texts: Map<string, string>;
  files: Map<string, CheckedFile>;
  fileIds: Map<string, string>;
  codes: Map<string, string>;
}

/**
 * Registers a customer or adds to what is known of one (S12-24 to S12-32). Nothing is kept of a request with a fault in it.
 *
 * @returns the customer's id
 * @throws CUSTOMER_NOT_FOUND (404), CUSTOMER_TYPE_UNKNOWN, CUSTOMER_FIELD_INVALID, CUSTOMER_CODE_WRONG, CUSTOMER_FILE_UNKNOWN,
 *   CUSTOMER_FILES_TOO_MANY (400), CUSTOMER_FILE_TOO_LARGE (413)
 */
export async function putCustomer(
  ctx: CustomersContext,
  principal: Principal,
  request: PutRequest,
): Promise<string> {
  const known = await findCustomer(ctx.db.read, principal, request);
  if (known === null && request.id !== undefined) throw customerNotFound();
  const text = textsFor(request.lang ?? known?.lang);
  checkType(ctx, request.type, text);
  const type = typeOf(ctx, known, request.type);
  const checked = checkRequest(ctx, request, text);
  const confirmed = await confirmCodes(ctx, known, checked.codes, text);
  const saved = await ctx.db.write(async (trx) => {
    const customer = await hold(ctx, trx, principal, request, known, type);
    return save(ctx, trx, principal, customer, { type, checked, confirmed, request, text });
  });
  await sendCodes(ctx, saved.customer, saved.codes, text.lang);
  for (const one of saved.reviews) await review(ctx, saved.customer.id, one);
  return saved.customer.id;
}

/** Reads what concerns fields that are asked of somebody. @throws CUSTOMER_FIELD_INVALID (400) naming the field (S12-29) */
function checkRequest(ctx: CustomersContext, request: PutRequest, text: Translate): Checked {
  const { fields } = rulesOf(ctx.project);
  const found: Checked = { texts: new Map(), files: new Map(), fileIds: new Map(), codes: new Map() };
  const raw = Object.create(null) as Record<string, string>;
  for (const [given, value] of Object.entries(request.texts)) {
    const [, base = given, ending] = /^(.+)_(verification|file_id)$/.exec(given) ?? [];
    const name = mainName(ending === undefined ? given : base);
    const rule = fields.get(name);
    if (rule === undefined || value.trim() === '') continue;
    if (ending === 'verification') once(found.codes, name, value.trim(), text);
    else if (ending === 'file_id') once(found.fileIds, name, value.trim(), text);
    else if (raw[name] !== undefined && raw[name] !== value) throw fieldInvalid(name, text('value_twice'));
    else raw[name] = value;
  }
  for (const [name, value] of Object.entries(raw)) {
    const rule = fields.get(name) as CustomerFieldRule;
    if (isBinaryKind(rule.kind)) throw fieldInvalid(name, text('value_file_wanted'));
    found.texts.set(name, checkValue(rule, value, raw, text));
  }
  for (const [given, bytes] of request.files ?? []) {
    const rule = fields.get(mainName(given));
    if (rule === undefined) continue;
    if (!isBinaryKind(rule.kind)) throw fieldInvalid(rule.name, text('value_text_wanted'));
    found.files.set(rule.name, checkFile(ctx, rule.name, bytes, rule.kind, text));
    if (found.fileIds.has(rule.name)) throw fieldInvalid(rule.name, text('value_twice'));
  }
  return found;
}

function once(map: Map<string, string>, name: string, value: string, text: Translate): void {
  if (map.has(name) && map.get(name) !== value) throw fieldInvalid(name, text('value_twice'));
  map.set(name, value);
}

/** The customer's row, made where there is none, and held until the end of the transaction (S12-25). */
async function hold(
  ctx: CustomersContext,
  trx: Queries,
  principal: Principal,
  request: PutRequest,
  known: CustomerRow | null,
  type: string,
): Promise<CustomerRow> {
  const at = isoTime(ctx.clock.now());
  const owner = known?.owner ?? ownerFor(principal, request.memo ?? null);
  if (known === null) {
    const id = ctx.ids.uuid();
    const memo =
      principal.memo === null ? (request.memo ?? null) : { type: 'id' as const, value: principal.memo };
    const made = await trx
      .insertInto('customers')
      .values({
        id,
        owner,
        registered_by: principal.owner,
        account: principal.account,
        memo: memo?.value ?? null,
        memo_type: memo?.type ?? null,
        data_key: newDataKey(ctx, id),
        lang: request.lang ?? 'en',
        last_type: type,
        created_at: at,
        updated_at: at,
      })
      .onConflict((conflict) => conflict.column('owner').doNothing())
      .executeTakeFirst();
    if (made.numInsertedOrUpdatedRows === 1n)
      await note(ctx, trx, id, { type, by: 'customer', reason: 'registered' });
  }
  const held = await trx
    .updateTable('customers')
    .set((eb) => ({
      version: eb('version', '+', 1),
      last_type: type,
      updated_at: at,
      ...(request.lang === undefined ? {} : { lang: request.lang }),
    }))
    .where('owner', '=', owner)
    .$if(known !== null, (query) => query.where('id', '=', known?.id ?? ''))
    .returningAll()
    .executeTakeFirst();
  // erased in this very moment
  if (held === undefined) throw customerNotFound();
  return held;
}

interface Work {
  type: string;
  checked: Checked;
  /** names of fields whose code was right */
  confirmed: readonly string[];
  request: PutRequest;
  text: Translate;
}

interface Saved {
  customer: CustomerRow;
  codes: SentCode[];
  /** types to be reviewed now */
  reviews: string[];
}

async function save(
  ctx: CustomersContext,
  trx: Queries,
  principal: Principal,
  customer: CustomerRow,
  work: Work,
): Promise<Saved> {
  const before = new Map((await fieldsOf(trx, customer.id)).map((field) => [field.name, field]));
  const { changed, codes } = await saveTexts(ctx, trx, customer, before, work);
  const { checked, text } = work;
  const uploads = await checkFileIds(ctx, trx, principal, customer, checked.fileIds, text);
  for (const [name, file] of checked.files) {
    await keepFile(ctx, trx, principal, customer, before.get(name), name, file, text);
    changed.push(name);
  }
  for (const [name, upload] of uploads) {
    if (await attachUpload(ctx, trx, customer, before.get(name), name, upload)) changed.push(name);
  }
  for (const name of work.confirmed) {
    await trx
      .updateTable('customer_fields')
      .set({ state: 'confirmed', code: null, code_expires_at: null, updated_at: isoTime(ctx.clock.now()) })
      .where('customer_id', '=', customer.id)
      .where('name', '=', name)
      .where('state', '=', 'unconfirmed')
      .execute();
    if (!changed.includes(name)) changed.push(name);
  }
  if (changed.length > 0) {
    await note(ctx, trx, customer.id, {
      type: work.type,
      by: 'customer',
      reason: `sent: ${changed.sort().join(', ')}`,
    });
  }
  return { customer, codes, reviews: await follow(ctx, trx, customer, work.type, changed) };
}

/** Keeps the texts that are new or other than before; a value that must be confirmed begins anew with a code. */
async function saveTexts(
  ctx: CustomersContext,
  trx: Queries,
  customer: CustomerRow,
  before: ReadonlyMap<string, FieldRow>,
  work: Work,
): Promise<{ changed: string[]; codes: SentCode[] }> {
  const rules = rulesOf(ctx.project).fields;
  const box = boxOf(ctx, customer);
  const changed: string[] = [];
  const codes: SentCode[] = [];
  for (const [name, value] of work.checked.texts) {
    const old = before.get(name);
    const verify = rules.get(name)?.verify === true;
    const same = old?.value != null && box.open(old.value, valueScope(customer.id, name)) === value;
    if (same && !(old.state === 'rejected' || (old.state === 'unconfirmed' && !isFresh(ctx, old)))) continue;
    if (same && old.state === 'unconfirmed' && work.confirmed.includes(name)) continue;
    const code = verify ? newCodeColumns(ctx, box, customer, name, old, work.text) : null;
    if (code !== null) codes.push({ field: name, value, code: code.code });
    const values = {
      value: box.seal(value, valueScope(customer.id, name)),
      file_id: null,
      state: verify ? ('unconfirmed' as const) : ('given' as const),
      error: null,
      ...(code === null ? { code: null, code_expires_at: null } : code.columns),
      updated_at: isoTime(ctx.clock.now()),
    };
    await trx
      .insertInto('customer_fields')
      .values({ customer_id: customer.id, name, ...values })
      .onConflict((conflict) => conflict.columns(['customer_id', 'name']).doUpdateSet(values))
      .execute();
    if (!same || old.state === 'rejected') changed.push(name);
  }
  return { changed, codes };
}

/** Moves the statuses that what was sent concerns (S12-32, S12-43); answers the types whose review begins. */
async function follow(
  ctx: CustomersContext,
  trx: Queries,
  customer: CustomerRow,
  type: string,
  changed: readonly string[],
): Promise<string[]> {
  const given = await fieldsOf(trx, customer.id);
  const rows = await statusesOf(trx, customer.id);
  const reviews: string[] = [];
  for (const one of new Set([type, ...rows.map((row) => row.type)])) {
    const before = rows.find((row) => row.type === one);
    const asked = askedFor(ctx, one, before);
    const concerned = one === type ? changed.length > 0 : asked.some(({ name }) => changed.includes(name));
    if (before?.status === 'REJECTED' || (before !== undefined && !concerned)) continue;
    const complete = judge(asked, given).complete;
    const status = complete ? ('PROCESSING' as const) : ('NEEDS_INFO' as const);
    await setStatus(ctx, trx, customer, before, one, {
      status,
      by: 'customer',
      reason: complete ? 'complete' : 'incomplete',
      reviewAt: complete ? reviewTime(ctx) : null,
    });
    if (complete) reviews.push(one);
  }
  assert((await customerById(trx, customer.id)) !== null, 'the customer vanished while it was held');
  return reviews;
}
