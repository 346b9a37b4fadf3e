import { createHmac, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';

/** What an anchor asks of an external signer, as JSON over POST (docs/how-to/keys-and-signers.md). */
export interface SignRequest {
  version: 1;
  network_passphrase: string;
  /** the distribution account whose signature is wanted */
  account: string;
  /** base64; may carry signatures of channel accounts */
  transaction: string;
  /** lower-case hex: what is to be signed */
  hash: string;
  obligations: SignObligation[];
}

/** What an operation of the transaction pays. Amounts are decimal text. */
export interface SignObligation {
  id: string;
  /** index of its operation */
  operation: number;
  purpose: 'deliver' | 'refund';
  transaction_id: string | null;
  /** `native` or CODE:ISSUER */
  asset: string;
  amount: string;
  destination: string;
  memo: string | null;
  memo_type: 'text' | 'id' | 'hash' | null;
}

/** 200: signed. */
export const signAnswer = v.object({
  signatures: v.pipe(
    v.array(v.object({ public_key: v.string(), signature: v.string() })),
    v.minLength(1),
    v.maxLength(20),
  ),
});

/** 403: not signed, on purpose. `operations`: those that are not to be signed; the others would be. */
export const denyAnswer = v.object({
  error: v.pipe(v.string(), v.maxLength(1_000)),
  operations: v.optional(v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(99)))),
});

const TOLERANCE_SECONDS = 300;

/** `t=…, s=…`: HMAC-SHA256 in hex over `t.body`, so that the secret itself never travels. */
export function authorization(secret: string, body: string, seconds: number): string {
  return `t=${seconds}, s=${mac(secret, body, seconds)}`;
}

/** Whether the header was made with the secret for this body, within five minutes. */
export function isAuthorized(header: string | null, secret: string, body: string, seconds: number): boolean {
  const match = /^t=(\d{1,12}), s=([0-9a-f]{64})$/.exec(header ?? '');
  if (match === null || Math.abs(seconds - Number(match[1])) > TOLERANCE_SECONDS) return false;
  const expected = mac(secret, body, Number(match[1]));
  return timingSafeEqual(Buffer.from(match[2] ?? ''), Buffer.from(expected));
}

const mac = (secret: string, body: string, seconds: number): string =>
  createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
