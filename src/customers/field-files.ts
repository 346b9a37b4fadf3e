import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import type { Principal } from '../kernel/principal.ts';
import { type CheckedFile, fits, kindsFor } from './content.ts';
import { type CustomersContext, rulesOf } from './context.ts';
import { fieldInvalid, fileUnknown, tooManyFiles } from './errors.ts';
import { isFileId, newFileId } from './files.ts';
import type { CustomerRow, FieldRow } from './find.ts';
import { bindFileKey, boxOf, sealFile } from './keys.ts';
import type { Translate } from './messages/index.ts';

export interface Upload {
  id: string;
  attached: 0 | 1;
  file_key: string;
}

/**
 * The uploads that a request refers to: the principal's own, in time, not part of somebody else, and of a kind that the field takes (S12-28).
 *
 * @throws CUSTOMER_FILE_UNKNOWN, CUSTOMER_FIELD_INVALID (400)
 */
export async function checkFileIds(
  ctx: CustomersContext,
  trx: Queries,
  principal: Principal,
  customer: CustomerRow,
  ids: ReadonlyMap<string, string>,
  text: Translate,
): Promise<Map<string, Upload>> {
  const found = new Map<string, Upload>();
  for (const [name, id] of ids) {
    const rule = rulesOf(ctx.project).fields.get(name);
    const row = isFileId(id)
      ? await trx
          .selectFrom('customer_files')
          .select(['id', 'attached', 'file_key', 'content_type', 'customer_id'])
          .where('id', '=', id)
          .where((eb) =>
            eb.or([
              eb.and([
                eb('owner', '=', principal.owner),
                eb('attached', '=', 0),
                eb('expires_at', '>', isoTime(ctx.clock.now())),
              ]),
              eb.and([eb('attached', '=', 1), eb('customer_id', '=', customer.id)]),
            ]),
          )
          .executeTakeFirst()
      : undefined;
    if (row === undefined) throw fileUnknown(name, text('file_unknown'));
    if (rule === undefined || !fits(row.content_type, rule.kind)) {
      throw fieldInvalid(name, text('file_kind', { kinds: kindsFor(rule?.kind ?? null) }));
    }
    found.set(name, row);
  }
  return found;
}

/** Makes an upload the file of a field. False where it is so already. */
export async function attachUpload(
  ctx: CustomersContext,
  trx: Queries,
  customer: CustomerRow,
  old: FieldRow | undefined,
  name: string,
  upload: Upload,
): Promise<boolean> {
  if (old?.file_id === upload.id && old.state !== 'rejected') return false;
  if (upload.attached === 0) {
    await trx
      .updateTable('customer_files')
      .set({
        customer_id: customer.id,
        attached: 1,
        expires_at: null,
        file_key: bindFileKey(ctx, boxOf(ctx, customer), upload),
      })
      .where('id', '=', upload.id)
      .execute();
  }
  await point(ctx, trx, customer, old, name, upload.id);
  return true;
}

/** Keeps a file that came with the request itself. @throws CUSTOMER_FILES_TOO_MANY (400) */
export async function keepFile(
  ctx: CustomersContext,
  trx: Queries,
  principal: Principal,
  customer: CustomerRow,
  old: FieldRow | undefined,
  name: string,
  file: CheckedFile,
  text: Translate,
): Promise<void> {
  const max = rulesOf(ctx.project).maxFiles;
  const { count } = await trx
    .selectFrom('customer_files')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('customer_id', '=', customer.id)
    .executeTakeFirstOrThrow();
  if (Number(count) >= max && old?.file_id == null) throw tooManyFiles(text('files_many', { max }));
  const id = newFileId(ctx);
  const { key, sealed } = sealFile(ctx, id, file.bytes);
  await trx
    .insertInto('customer_files')
    .values({
      id,
      owner: principal.owner,
      customer_id: customer.id,
      attached: 1,
      content_type: file.contentType,
      size: file.bytes.length,
      file_key: bindFileKey(ctx, boxOf(ctx, customer), { id, file_key: key }),
      content: sealed,
      expires_at: null,
      created_at: isoTime(ctx.clock.now()),
    })
    .execute();
  await point(ctx, trx, customer, old, name, id);
}

/** The field is now this file; the one that it was is dropped unless another field is it too. */
async function point(
  ctx: CustomersContext,
  trx: Queries,
  customer: CustomerRow,
  old: FieldRow | undefined,
  name: string,
  fileId: string,
): Promise<void> {
  const values = {
    value: null,
    file_id: fileId,
    state: 'given' as const,
    error: null,
    updated_at: isoTime(ctx.clock.now()),
  };
  await trx
    .insertInto('customer_fields')
    .values({ customer_id: customer.id, name, ...values })
    .onConflict((conflict) => conflict.columns(['customer_id', 'name']).doUpdateSet(values))
    .execute();
  const former = old?.file_id ?? null;
  if (former === null || former === fileId) return;
  await trx
    .deleteFrom('customer_files')
    .where('id', '=', former)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('customer_fields')
            .select('customer_fields.name')
            .where('customer_fields.file_id', '=', former),
        ),
      ),
    )
    .execute();
}
