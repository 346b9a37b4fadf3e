import { createCipheriv, createDecipheriv } from 'node:crypto';
import { createSecretBox, type SealingBox } from '../database/secret-box.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { Ids } from '../kernel/ids.ts';
import type { CustomersContext } from './context.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

type Sealing = Pick<CustomersContext, 'box' | 'ids'>;

const keyScope = (customerId: string): string => `customers/${customerId}/key`;
const fileScope = (fileId: string): string => `customer_files/${fileId}/key`;

/** A new key of one customer's own, as it is stored: sealed with ENCRYPTION_KEY, bound to the customer. */
export function newDataKey(ctx: Sealing, customerId: string): string {
  return ctx.box.seal(ctx.ids.bytes(KEY_BYTES).toString('base64'), keyScope(customerId));
}

/** Seals with the customer's own key. @throws SECRET_UNREADABLE */
export function boxOf(ctx: Sealing, customer: { id: string; data_key: string }): SealingBox {
  return createSecretBox(`c:${ctx.box.open(customer.data_key, keyScope(customer.id))}`, ctx.ids);
}

export const valueScope = (customerId: string, name: string, what = 'value'): string =>
  `customer_fields/${customerId}/${name}/${what}`;

/** A file under a key of its own; the key is sealed with ENCRYPTION_KEY until the file becomes part of a customer. */
export function sealFile(ctx: Sealing, fileId: string, content: Uint8Array): { key: string; sealed: Buffer } {
  const key = ctx.ids.bytes(KEY_BYTES);
  const nonce = ctx.ids.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(fileId, 'utf8'));
  const sealed = Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  return { key: ctx.box.seal(key.toString('base64'), fileScope(fileId)), sealed };
}

/** The key of a file that becomes part of a customer, sealed with the customer's own. */
export function bindFileKey(ctx: Sealing, box: SealingBox, file: { id: string; file_key: string }): string {
  return box.seal(ctx.box.open(file.file_key, fileScope(file.id)), fileScope(file.id));
}

/** @throws SECRET_UNREADABLE */
export function openFile(
  box: Pick<SealingBox, 'open'>,
  file: { id: string; file_key: string; content: Uint8Array },
): Buffer {
  const key = Buffer.from(box.open(file.file_key, fileScope(file.id)), 'base64');
  const content = Buffer.from(file.content);
  const opening = createDecipheriv('aes-256-gcm', key, content.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  opening.setAAD(Buffer.from(file.id, 'utf8'));
  opening.setAuthTag(content.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([opening.update(content.subarray(NONCE_BYTES, -TAG_BYTES)), opening.final()]);
  } catch (cause) {
    throw new AnchorError({
      code: 'CUSTOMER_FILE_UNREADABLE',
      message: 'A stored file cannot be opened: it was changed, or belongs to another record.',
      cause,
    });
  }
}

/** Six digits, without bias. */
export function newCode(ids: Ids): string {
  for (;;) {
    const value = ids.bytes(4).readUInt32BE(0);
    if (value < 4_294_000_000) return String(value % 1_000_000).padStart(6, '0');
  }
}
