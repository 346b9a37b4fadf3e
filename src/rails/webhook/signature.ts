import { createHmac, timingSafeEqual } from 'node:crypto';
import { limits } from '../../kernel/limits.ts';

export const SIGNATURE_HEADER = 'anchor-signature';

const mac = (secret: string, at: string, body: Uint8Array): Buffer =>
  createHmac('sha256', secret).update(`${at}.`).update(body).digest();

/**
 * The value of the header `Anchor-Signature`: `t=UNIX_SECONDS,v1=HEX`, an HMAC-SHA256 of `UNIX_SECONDS.BODY`. Several secrets give
 * several `v1`, so that sender and receiver can change theirs at different times.
 */
export function signDelivery(
  body: string | Uint8Array,
  options: { secret: string | readonly string[]; at: number },
): string {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const at = String(Math.floor(options.at));
  const secrets = typeof options.secret === 'string' ? [options.secret] : options.secret;
  return [`t=${at}`, ...secrets.map((secret) => `v1=${mac(secret, at, bytes).toString('hex')}`)].join(',');
}

export type Verdict = { signedAt: number } | { refused: string };

const MAX_HEADER = 2_000;

/** Whether one of our secrets has signed these bytes, not long ago. Every comparison takes its full time. */
export function verifyDelivery(
  header: string | undefined,
  body: Uint8Array,
  options: { secrets: readonly string[]; nowSeconds: number },
): Verdict {
  if (header === undefined || header.length > MAX_HEADER) return { refused: 'no signature' };
  const parts = header.split(',').map((part) => part.trim());
  const times = parts.filter((part) => part.startsWith('t='));
  const at = times[0]?.slice(2) ?? '';
  const given = parts.filter((part) => /^v1=[0-9a-f]{64}$/i.test(part)).slice(0, 10);
  if (times.length !== 1 || !/^\d{1,12}$/.test(at) || given.length === 0) {
    return { refused: 'malformed signature' };
  }
  let good = false;
  for (const secret of options.secrets) {
    const expected = mac(secret, at, body);
    for (const part of given) {
      if (timingSafeEqual(expected, Buffer.from(part.slice(3), 'hex'))) good = true;
    }
  }
  if (!good) return { refused: 'wrong signature' };
  return inTime(Number(at), options.nowSeconds)
    ? { signedAt: Number(at) }
    : { refused: 'too old or too new' };
}

export const inTime = (signedAt: number, nowSeconds: number): boolean =>
  Math.abs(nowSeconds - signedAt) <= limits.webhookToleranceSeconds;
