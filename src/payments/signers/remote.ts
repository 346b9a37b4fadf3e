import * as v from 'valibot';
import type { ExternalSigner } from '../../config/project.ts';
import { messageOf } from '../../kernel/errors.ts';
import { request } from '../../stellar/http.ts';
import { verify } from '../../stellar/keys.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { Powers } from '../cosign/weights.ts';
import { authorization, denyAnswer, type SignRequest, signAnswer } from './protocol.ts';

export interface Signature {
  publicKey: string;
  signature: Buffer;
}

/** What came of asking. Only `denied` says that it was not signed, and nobody relies on it: the slot stays taken either way. */
export type Asked =
  | { status: 'signed'; signatures: Signature[] }
  | { status: 'denied'; reason: string; operations: number[] }
  /** it holds no key of this account */
  | { status: 'none' }
  /** no answer, or none that can be understood: it may be signed or not, and is asked again */
  | { status: 'unknown'; reason: string };

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 20_000;

/**
 * Asks the external signer. Signatures that are not of this transaction, or not by a signer that the account has now, are garbage and
 * refused as a whole.
 */
export async function askSigner(
  ctx: Pick<AnchorContext, 'fetch' | 'clock'>,
  signer: ExternalSigner,
  wanted: SignRequest,
  powers: Powers,
): Promise<Asked> {
  const body = JSON.stringify(wanted);
  const header = authorization(signer.secret, body, Math.floor(ctx.clock.now() / 1000));
  const http = {
    fetch: ctx.fetch,
    clock: ctx.clock,
    headers: { Accept: 'application/json', 'X-Anchor-Signature': header },
  };
  let answer: { status: number; text: string };
  try {
    answer = await request(http, {
      url: signer.url,
      method: 'POST',
      body,
      contentType: 'application/json',
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    });
  } catch (error) {
    return unknown(messageOf(error).replace('The Stellar network cannot be read now: ', ''));
  }
  if (![200, 403, 404].includes(answer.status)) return unknown(`it answered ${answer.status}`);
  const json = parse(answer.text);
  // its own word, not that of something in front of it
  if (answer.status === 404) {
    return v.is(denyAnswer, json) ? { status: 'none' } : unknown('it answered 404');
  }
  return answer.status === 200 ? readSigned(json, wanted, powers) : readDenied(json);
}

const unknown = (reason: string): Asked => ({
  status: 'unknown',
  reason: reason.slice(0, 300).replace(/\.$/, ''),
});

function readDenied(json: unknown): Asked {
  const read = v.safeParse(denyAnswer, json);
  if (!read.success) return unknown('it answered 403 without a reason');
  return { status: 'denied', reason: read.output.error, operations: read.output.operations ?? [] };
}

function readSigned(json: unknown, wanted: SignRequest, powers: Powers): Asked {
  const read = v.safeParse(signAnswer, json);
  if (!read.success) return unknown('its answer is not in the form agreed on');
  const hash = Buffer.from(wanted.hash, 'hex');
  const signatures: Signature[] = [];
  for (const { public_key: publicKey, signature } of read.output.signatures) {
    const bytes = Buffer.from(signature, 'base64');
    const strict = bytes.toString('base64') === signature;
    if (!strict || !verify(publicKey, hash, bytes))
      return unknown('its signature is not one of this transaction');
    if (!powers.weights.has(publicKey)) {
      return unknown(`its key ${publicKey} is no signer of ${powers.account}`);
    }
    signatures.push({ publicKey, signature: bytes });
  }
  return { status: 'signed', signatures };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
