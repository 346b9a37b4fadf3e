import { createCipheriv, createDecipheriv } from 'node:crypto';
import { AnchorError, badInput } from '../kernel/errors.ts';
import type { Ids } from '../kernel/ids.ts';

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals secrets for the database; the same shape as `SecretBox` of transfers/context. */
export interface SealingBox {
  /** id of the key that seals now */
  readonly keyId: string;
  /** `scope` says where the value belongs, e.g. `assets/ID/seed`: it opens there only */
  seal(plain: string, scope: string): string;
  /** @throws SECRET_UNREADABLE when the key is missing, the value was changed, or it belongs elsewhere */
  open(sealed: string, scope: string): string;
  /** whether a value was sealed with an older key and should be sealed anew */
  isStale(sealed: string): boolean;
}

/**
 * AES-256-GCM. A sealed value is `v1.KID.NONCE.CIPHERTEXT` in base64url; version, key id and scope are authenticated with it.
 *
 * @param encryptionKey `ENCRYPTION_KEY`: `kid:base64(32 bytes)`, several separated by commas; the first seals, all open
 * @throws ENCRYPTION_KEY_INVALID (exit 2)
 */
export function createSecretBox(encryptionKey: string, ids: Ids): SealingBox {
  const keys = parseEncryptionKey(encryptionKey);
  const [keyId, key] = [...keys][0] as [string, Buffer];
  return {
    keyId,
    seal(plain, scope) {
      const nonce = ids.bytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(associated(keyId, scope));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return [VERSION, keyId, nonce.toString('base64url'), body.toString('base64url')].join('.');
    },
    open(sealed, scope) {
      const [version, kid, nonce, body, ...rest] = sealed.split('.');
      const opening =
        version === VERSION && kid !== undefined && rest.length === 0 ? keys.get(kid) : undefined;
      if (opening === undefined || kid === undefined || nonce === undefined || body === undefined) {
        throw unreadable(version === VERSION && kid !== undefined ? kid : null);
      }
      return decipher(opening, kid, Buffer.from(nonce, 'base64url'), Buffer.from(body, 'base64url'), scope);
    },
    isStale: (sealed) => !sealed.startsWith(`${VERSION}.${keyId}.`),
  };
}

function decipher(key: Buffer, kid: string, nonce: Buffer, body: Buffer, scope: string): string {
  if (nonce.length !== NONCE_BYTES || body.length < TAG_BYTES) throw unreadable(null);
  const opening = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  opening.setAAD(associated(kid, scope));
  opening.setAuthTag(body.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([opening.update(body.subarray(0, -TAG_BYTES)), opening.final()]).toString('utf8');
  } catch {
    throw unreadable(null);
  }
}

const associated = (kid: string, scope: string): Buffer =>
  Buffer.from(`${VERSION}\n${kid}\n${scope}`, 'utf8');

function unreadable(missingKid: string | null): AnchorError {
  return new AnchorError({
    code: 'SECRET_UNREADABLE',
    message:
      missingKid === null
        ? 'A stored secret cannot be opened: it was changed, or belongs to another record.'
        : `A stored secret was sealed with the key "${missingKid}", which ENCRYPTION_KEY does not list.`,
    hint: 'ENCRYPTION_KEY must list every key that was ever used, the newest first, separated by commas.',
  });
}

/** @throws ENCRYPTION_KEY_INVALID (exit 2); the key itself is never repeated */
export function parseEncryptionKey(text: string): Map<string, Buffer> {
  const keys = new Map<string, Buffer>();
  for (const part of text.split(',').map((piece) => piece.trim())) {
    const match = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]{43}=?)$/.exec(part);
    const [, kid = '', secret = ''] = match ?? [];
    const key = Buffer.from(secret, 'base64');
    if (match === null || key.length !== 32 || keys.has(kid)) {
      throw badInput(
        'ENCRYPTION_KEY_INVALID',
        'ENCRYPTION_KEY must be kid:base64 of 32 bytes, or several of these with different kids separated by commas.',
        `Make one with: node -p "'k1:'+require('crypto').randomBytes(32).toString('base64')"`,
      );
    }
    keys.set(kid, key);
  }
  return keys;
}
