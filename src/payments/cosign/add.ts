import { AnchorError } from '../../kernel/errors.ts';
import { isAccount, isSeed } from '../../kernel/strkey.ts';
import { type Decorated, hashOf, hintOf, readPaymentEnvelope } from '../../stellar/envelope.ts';
import { keyPairFromSeed, verify } from '../../stellar/keys.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { readFreeze } from '../freeze.ts';
import type { EnvelopeRow } from '../rows.ts';
import type { Signature } from '../signers/remote.ts';
import { addSignatures, cosignText, keysOf, showAwaiting } from '../signing.ts';
import { signaturesOf } from './collect.ts';
import { nothingToSign } from './queue.ts';
import { type Powers, weightOf } from './weights.ts';

const signatureError = (code: string, message: string, hint?: string): AnchorError =>
  new AnchorError({ code, message, hint, httpStatus: 400 });

/** Signatures that somebody hands in; `publicKey` null where only its hint is known. */
interface Offered {
  publicKey: string | null;
  signature: Uint8Array;
  hint: Uint8Array | null;
}

/**
 * What a co-signer gives: a secret key (`S…`), the signed transaction as base64 XDR, or a public key and a base64 signature on one line.
 *
 * @throws SEED_INVALID, ENVELOPE_UNREADABLE, ENVELOPE_OTHER, SIGNATURE_UNREADABLE (exit 2); the text is never repeated
 */
export function readOffer(
  ctx: Pick<AnchorContext, 'network'>,
  envelope: EnvelopeRow,
  text: string,
): Offered[] {
  const given = text.trim();
  const hash = Buffer.from(envelope.hash, 'hex');
  const seed = given.replace(/^COSIGNER_SEED\s*=\s*/, '');
  if (/^S[A-Z2-7]{20,}$/.test(seed) && !isSeed(seed)) keyPairFromSeed(seed);
  if (isSeed(seed)) {
    const pair = keyPairFromSeed(seed);
    return [{ publicKey: pair.publicKey, signature: pair.sign(hash), hint: null }];
  }
  const [first = '', second, third] = given.split(/[\s:]+/);
  if (isAccount(first) && second !== undefined && third === undefined) {
    const signature = Buffer.from(second, 'base64');
    const strict = signature.toString('base64') === second;
    if (strict && signature.length === 64) return [{ publicKey: first, signature, hint: null }];
    throw unreadableSignature();
  }
  if (second !== undefined || given === '') throw unreadableSignature();
  const read = readPaymentEnvelope(given);
  if (!hashOf(read, ctx.network.passphrase).equals(hash)) {
    throw new AnchorError({
      code: 'ENVELOPE_OTHER',
      message: 'This is another transaction than the one that waits: something in it was changed.',
      hint: `Sign the very transaction that anchor tx sign ${envelope.hash} prints, on this network.`,
      exitStatus: 2,
      httpStatus: 400,
    });
  }
  const before = readPaymentEnvelope(envelope.xdr).signatures;
  return read.signatures
    .filter((one) => !before.some((old) => same(old, one)))
    .map(({ hint, signature }) => ({ publicKey: null, signature, hint }));
}

const same = (a: Decorated, b: Decorated): boolean =>
  Buffer.from(a.signature).equals(Buffer.from(b.signature));

const unreadableSignature = (): AnchorError =>
  new AnchorError({
    code: 'SIGNATURE_UNREADABLE',
    message: 'This is neither a secret key, nor a signed transaction, nor a public key with its signature.',
    hint: 'Give S..., the signed transaction as base64 XDR, or: G... BASE64_SIGNATURE',
    exitStatus: 2,
    httpStatus: 400,
  });

export interface Cosigned {
  /** keys whose signatures are new */
  added: string[];
  weight: number;
  needed: number;
  complete: boolean;
}

/**
 * Adds co-signers' signatures to an envelope that waits. Each has to be valid for this transaction and of a signer that the account has
 * now; one that is not refuses them all, and nothing is changed. The submit job sends it when the threshold is reached.
 *
 * @throws SIGNATURE_WRONG, SIGNATURE_UNKNOWN, SIGNATURE_DUPLICATE, SIGNING_FROZEN, NOTHING_TO_SIGN
 */
export async function cosign(
  ctx: AnchorContext,
  envelope: EnvelopeRow,
  powers: Powers,
  offered: readonly Offered[],
  by: string,
): Promise<Cosigned> {
  const freeze = await readFreeze(ctx.db.read);
  if (freeze !== null) {
    throw signatureError(
      'SIGNING_FROZEN',
      'Nothing is signed now: signing is frozen.',
      'See: anchor reconcile',
    );
  }
  const hash = Buffer.from(envelope.hash, 'hex');
  const checked = offered.map((one) => identify(one, hash, powers));
  const known = keysOf(await signaturesOf(ctx, envelope.hash));
  const fresh = checked.filter((one) => !known.includes(one.publicKey));
  if (fresh.length === 0) {
    const keys = keysOf(checked).join(', ');
    const what =
      keys === '' ? 'There is no new signature in it.' : `It has the signature of ${keys} already.`;
    throw signatureError('SIGNATURE_DUPLICATE', what, `Still to sign: ${missing(powers, known)}`);
  }
  const all = [...known, ...keysOf(fresh)];
  await ctx.db.write(async (trx) => {
    const row: EnvelopeRow | undefined = await trx
      .selectFrom('envelopes')
      .selectAll()
      .where('hash', '=', envelope.hash)
      .executeTakeFirst();
    if (row === undefined || row.awaiting === null || row.state !== 'signed')
      throw nothingToSign(row ?? envelope);
    await addSignatures(ctx, trx, envelope.hash, fresh, by);
    await showAwaiting(trx, envelope.hash, cosignText(envelope, powers, all));
  });
  const weight = weightOf(powers, all);
  return { added: keysOf(fresh), weight, needed: powers.needed, complete: weight >= powers.needed };
}

const missing = (powers: Powers, signed: readonly string[]): string =>
  [...powers.weights.keys()].filter((key) => !signed.includes(key)).join(', ') || 'nobody';

function identify(one: Offered, hash: Buffer, powers: Powers): Signature {
  const signature = Buffer.from(one.signature);
  const candidates = one.publicKey === null ? [...powers.weights.keys()] : [one.publicKey];
  const hinted = candidates.filter(
    (key) => one.hint === null || Buffer.from(hintOf(key)).equals(Buffer.from(one.hint)),
  );
  const key = hinted.find((candidate) => verify(candidate, hash, signature));
  const who = one.publicKey ?? 'One of the signatures';
  const signers = `Its signers are: ${[...powers.weights.keys()].join(', ')}`;
  if (key === undefined && hinted.length === 0) {
    throw signatureError('SIGNATURE_UNKNOWN', `${who} is not by a signer of ${powers.account}.`, signers);
  }
  if (key === undefined) {
    throw signatureError('SIGNATURE_WRONG', `${who}: the signature is not valid for this transaction.`);
  }
  if (!powers.weights.has(key)) {
    throw signatureError('SIGNATURE_UNKNOWN', `${key} is not a signer of ${powers.account}.`, signers);
  }
  return { publicKey: key, signature };
}
