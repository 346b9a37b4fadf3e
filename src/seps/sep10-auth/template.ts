import type { KeyPair } from '../../stellar/keys.ts';
import { encodeUnsigned } from './envelope.ts';

/**
 * The envelope of the usual challenge, of a `G…` account without memo and client domain: all but key, times, nonce and signature is
 * the same every time, so it is written once and filled in.
 */
export interface Template {
  /** up to its list of signatures, then that list with an empty signature of the server */
  readonly envelope: Buffer;
  readonly unsignedBytes: number;
  /** offsets */
  readonly key: number;
  readonly minTime: number;
  readonly maxTime: number;
  readonly nonce: number;
  readonly signature: number;
}

/** Bytes of the nonce as it stands in the operation: 48 in base64. */
export const NONCE_CHARS = 64;

/** Offsets in XDR: type, source and fee and sequence number, then the time bounds after their type. */
const MIN_TIME = 56;
const MAX_TIME = MIN_TIME + 8;
/** times, memo, number of operations, then the first operation: its source's flag and type */
const KEY = MAX_TIME + 8 + 4 + 4 + 4 + 4;
/** key, type of operation, length of its name */
const NAME = KEY + 32 + 4 + 4;

const padded = (length: number): number => (length + 3) & ~3;

export function createTemplate(
  keyPair: KeyPair,
  homeDomain: string,
  webAuthDomain: string,
  fee: number,
): Template {
  const own = { key: keyPair.rawPublicKey, muxedId: null };
  const name = `${homeDomain} auth`;
  const unsigned = encodeUnsigned({
    source: own,
    fee,
    sequence: 0n,
    minTime: 0n,
    maxTime: 0n,
    memo: null,
    operations: [
      { source: { key: new Uint8Array(32), muxedId: null }, name, value: Buffer.alloc(NONCE_CHARS) },
      { source: own, name: 'web_auth_domain', value: Buffer.from(webAuthDomain) },
    ],
  });
  const envelope = Buffer.alloc(unsigned.length + 12 + 64);
  envelope.set(unsigned);
  envelope.writeUInt32BE(1, unsigned.length);
  envelope.set(keyPair.hint, unsigned.length + 4);
  envelope.writeUInt32BE(64, unsigned.length + 8);
  return {
    envelope,
    unsignedBytes: unsigned.length,
    key: KEY,
    minTime: MIN_TIME,
    maxTime: MAX_TIME,
    nonce: NAME + padded(Buffer.byteLength(name)) + 8,
    signature: unsigned.length + 12,
  };
}

/** @param minTime and maxTime in Unix seconds, below 2^32 */
export function fillTemplate(
  template: Template,
  key: Uint8Array,
  nonce: string,
  minTime: number,
  maxTime: number,
): Buffer {
  const bytes = Buffer.allocUnsafe(template.envelope.length);
  template.envelope.copy(bytes);
  bytes.set(key, template.key);
  bytes.writeUInt32BE(minTime, template.minTime + 4);
  bytes.writeUInt32BE(maxTime, template.maxTime + 4);
  bytes.write(nonce, template.nonce, 'latin1');
  return bytes;
}
