import { createHash } from 'node:crypto';
import { assert } from '../kernel/errors.ts';
import type { SignedEnvelope } from '../stellar/build.ts';
import { hashOf, readPaymentEnvelope } from '../stellar/envelope.ts';
import { type KeyPair, rawPublicKey } from '../stellar/keys.ts';

const FEE_BUMP = 5;
const TRANSACTION = 2;
/** kind of envelope, fee source (a plain account), fee */
const HEAD_BYTES = 4 + 36 + 8;
/** extension, one signature: count, hint, length, bytes */
const TAIL_BYTES = 4 + 4 + 4 + 4 + 64;

/**
 * A fee bump around a signed transaction, byte for byte as the SDK makes it (a test compares them), in a hundredth of the time.
 *
 * @param fee stroops of the whole: operations of the inner transaction and one more
 */
export function wrap(innerXdr: string, fee: bigint, signer: KeyPair, passphrase: string): SignedEnvelope {
  const inner = Buffer.from(innerXdr, 'base64');
  assert(inner.readUInt32BE(0) === TRANSACTION, 'a fee bump around something else than a transaction');
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(FEE_BUMP, 0);
  head.set(rawPublicKey(signer.publicKey), 8);
  head.writeBigInt64BE(fee, 40);
  const unsigned = Buffer.concat([head, inner, Buffer.alloc(4)]);
  const network = createHash('sha256').update(passphrase).digest();
  const hash = createHash('sha256').update(network).update(unsigned).digest();
  const signature = Buffer.alloc(12);
  signature.writeUInt32BE(1, 0);
  signature.set(signer.hint, 4);
  signature.writeUInt32BE(64, 8);
  const xdr = Buffer.concat([unsigned, signature, signer.sign(hash)]).toString('base64');
  const innerHash = hashOf(readPaymentEnvelope(innerXdr), passphrase).toString('hex');
  return { xdr, hash: hash.toString('hex'), innerHash };
}

export const isBump = (xdr: string): boolean =>
  Buffer.from(xdr.slice(0, 8), 'base64').readUInt32BE(0) === FEE_BUMP;

/** The transaction inside of a fee bump of ours; any other envelope as it is. */
export function innerOf(xdr: string): string {
  const bytes = Buffer.from(xdr, 'base64');
  if (bytes.readUInt32BE(0) !== FEE_BUMP) return xdr;
  return bytes.subarray(HEAD_BYTES, bytes.length - TAIL_BYTES).toString('base64');
}
