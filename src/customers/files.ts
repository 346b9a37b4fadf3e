import type { Selectable } from 'kysely';
import type { CustomerFile } from '../config/customer-hooks.ts';
import type { FieldKind } from '../config/sep9.ts';
import type { Queries } from '../database/port.ts';
import type { CustomerFilesTable } from '../database/schema.ts';
import { isoTime } from '../kernel/clock.ts';
import { assert } from '../kernel/errors.ts';
import type { Principal } from '../kernel/principal.ts';
import { type CheckedFile, checkContent, kindsFor } from './content.ts';
import { type CustomersContext, rulesOf } from './context.ts';
import { fieldInvalid, fileTooLarge, tooManyFiles } from './errors.ts';
import { type CustomerRow, findCustomer } from './find.ts';
import { boxOf, openFile, sealFile } from './keys.ts';
import type { Translate } from './messages/index.ts';

export type FileRow = Omit<Selectable<CustomerFilesTable>, 'content' | 'file_key'>;

/** hours after which an upload that no customer refers to is dropped */
const KEPT_HOURS = 24;
const FILE_ID = /^file_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const COLUMNS = [
  'id',
  'owner',
  'customer_id',
  'attached',
  'content_type',
  'size',
  'expires_at',
  'created_at',
] as const;

export const isFileId = (text: string): boolean => FILE_ID.test(text);
export const newFileId = (ctx: Pick<CustomersContext, 'ids'>): string => `file_${ctx.ids.uuid()}`;

/** Checks a file that was sent under the name of a field, or under none. @throws CUSTOMER_FILE_TOO_LARGE (413), CUSTOMER_FIELD_INVALID (400) */
export function checkFile(
  ctx: Pick<CustomersContext, 'project'>,
  name: string,
  bytes: Uint8Array,
  kind: FieldKind | null,
  text: Translate,
): CheckedFile {
  const max = rulesOf(ctx.project).maxFileBytes;
  if (bytes.length > max) throw fileTooLarge(text('file_large', { max }));
  const checked = checkContent(bytes, kind);
  if (typeof checked !== 'string') return checked;
  if (checked === 'empty') throw fieldInvalid(name, text('file_empty'));
  if (checked === 'dimensions') throw fieldInvalid(name, text('file_dimensions'));
  throw fieldInvalid(name, text('file_kind', { kinds: kindsFor(kind) }));
}

/**
 * Keeps an upload of `POST /customer/files` until a customer refers to it (S12-40).
 *
 * @throws CUSTOMER_FILE_TOO_LARGE (413), CUSTOMER_FIELD_INVALID, CUSTOMER_FILES_TOO_MANY (400)
 */
export async function uploadFile(
  ctx: CustomersContext,
  principal: Principal,
  bytes: Uint8Array,
  text: Translate,
): Promise<FileRow> {
  const checked = checkFile(ctx, 'file', bytes, null, text);
  const id = newFileId(ctx);
  const { key, sealed } = sealFile(ctx, id, checked.bytes);
  const now = ctx.clock.now();
  return ctx.db.write(async (trx) => {
    await dropExpired(ctx, trx, principal);
    await checkRoom(ctx, trx, principal, text);
    const customer = await findCustomer(trx, principal);
    return trx
      .insertInto('customer_files')
      .values({
        id,
        owner: principal.owner,
        customer_id: customer?.id ?? null,
        attached: 0,
        content_type: checked.contentType,
        size: checked.bytes.length,
        file_key: key,
        content: sealed,
        expires_at: isoTime(now + KEPT_HOURS * 3_600_000),
        created_at: isoTime(now),
      })
      .returning(COLUMNS)
      .executeTakeFirstOrThrow();
  });
}

async function checkRoom(
  ctx: CustomersContext,
  trx: Queries,
  principal: Principal,
  text: Translate,
): Promise<void> {
  const max = rulesOf(ctx.project).maxFiles;
  const { count } = await trx
    .selectFrom('customer_files')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('owner', '=', principal.owner)
    .where('attached', '=', 0)
    .executeTakeFirstOrThrow();
  if (Number(count) >= max) throw tooManyFiles(text('files_many', { max }));
}

const dropExpired = (ctx: CustomersContext, trx: Queries, principal: Principal) =>
  trx
    .deleteFrom('customer_files')
    .where('owner', '=', principal.owner)
    .where('attached', '=', 0)
    .where('expires_at', '<=', isoTime(ctx.clock.now()))
    .execute();

/** Uploads that nobody referred to in time, for all. Answers how many there were. */
export async function dropAllExpired(ctx: CustomersContext): Promise<number> {
  const gone = await ctx.db.read
    .deleteFrom('customer_files')
    .where('attached', '=', 0)
    .where('expires_at', '<=', isoTime(ctx.clock.now()))
    .executeTakeFirst();
  return Number(gone.numDeletedRows);
}

/** `GET /customer/files`: one by its id, or all of a customer; nothing for whoever they do not belong to (S12-42). */
export async function listFiles(
  ctx: CustomersContext,
  principal: Principal,
  key: { fileId?: string | undefined; customerId?: string | undefined },
): Promise<FileRow[]> {
  const { fileId, customerId } = key;
  assert(fileId !== undefined || customerId !== undefined, 'files are listed by one of their ids');
  if (fileId !== undefined && !isFileId(fileId)) return [];
  const customer =
    customerId === undefined ? null : await findCustomer(ctx.db.read, principal, { id: customerId });
  if (customerId !== undefined && customer === null) return [];
  let query = ctx.db.read
    .selectFrom('customer_files')
    .select(COLUMNS.map((name) => `customer_files.${name}` as const))
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', isoTime(ctx.clock.now()))]));
  if (fileId !== undefined) query = query.where('customer_files.id', '=', fileId);
  if (customer !== null) query = query.where('customer_id', '=', customer.id);
  else {
    query = query
      .leftJoin('customers', 'customers.id', 'customer_files.customer_id')
      .where((eb) =>
        eb.or([
          eb('customer_files.owner', '=', principal.owner),
          eb('customers.owner', '=', principal.owner),
          eb('customers.registered_by', '=', principal.owner),
        ]),
      );
  }
  return query.orderBy('customer_files.created_at').orderBy('customer_files.id').execute();
}

/** The file of a customer's field, decrypted: for reviews and for the operator. */
export async function fileOf(
  ctx: CustomersContext,
  customer: CustomerRow,
  name: string,
): Promise<CustomerFile | null> {
  const row = await ctx.db.read
    .selectFrom('customer_fields')
    .innerJoin('customer_files', 'customer_files.id', 'customer_fields.file_id')
    .select(['customer_files.id', 'content', 'file_key', 'content_type'])
    .where('customer_fields.customer_id', '=', customer.id)
    .where('customer_fields.name', '=', name)
    .executeTakeFirst();
  if (row === undefined) return null;
  return { contentType: row.content_type, bytes: openFile(boxOf(ctx, customer), row) };
}
