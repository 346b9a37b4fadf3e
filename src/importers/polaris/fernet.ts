import { createDecipheriv, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { isSeed } from '../../kernel/strkey.ts';

const derive = promisify(pbkdf2);

/**
 * A distribution seed as Polaris keeps it: base64url of a salt (16 bytes) and a Fernet token, whose key is PBKDF2-SHA256 of Django's
 * `SECRET_KEY` (100,000 rounds). Fernet: 0x80, time (8), IV (16), AES-128-CBC, HMAC-SHA256 (32) over all before.
 *
 * @returns the seed, or null where the key does not open it; nothing of either ever goes into an error
 */
export async function openPolarisSeed(stored: string, secretKey: string | null): Promise<string | null> {
  if (isSeed(stored)) return stored;
  if (secretKey === null || secretKey === '') return null;
  const bytes = Buffer.from(stored, 'base64url');
  if (bytes.length < 16 + 1 + 8 + 16 + 16 + 32) return null;
  const [salt, token] = [bytes.subarray(0, 16), bytes.subarray(16)];
  const [signed, mac] = [token.subarray(0, -32), token.subarray(-32)];
  const body = signed.subarray(25);
  if (signed[0] !== 0x80 || body.length % 16 !== 0) return null;
  const key = await derive(secretKey, salt, 100_000, 32, 'sha256');
  const expected = createHmac('sha256', key.subarray(0, 16)).update(signed).digest();
  if (!timingSafeEqual(expected, mac)) return null;
  try {
    const cipher = createDecipheriv('aes-128-cbc', key.subarray(16), signed.subarray(9, 25));
    const seed = Buffer.concat([cipher.update(body), cipher.final()]).toString('utf8');
    return isSeed(seed) ? seed : null;
  } catch {
    return null;
  }
}
