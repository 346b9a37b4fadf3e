import { createHash } from 'node:crypto';
import { badInput } from '../../kernel/errors.ts';

/**
 * The XDR of challenges, by hand: a transaction of ManageData operations with time bounds and perhaps an id memo (SEP-10).
 * Byte-identical to the SDK's and tested against it in both directions, at a fraction of its cost. What has any other shape
 * was not made by this server.
 */
export interface ChallengeTransaction {
  source: Address;
  /** total, stroops */
  fee: number;
  sequence: bigint;
  /** Unix seconds */
  minTime: bigint;
  maxTime: bigint;
  /** memo of type id, unsigned 64-bit decimal text */
  memo: string | null;
  operations: ManageData[];
}

export interface ManageData {
  source: Address;
  name: string;
  value: Uint8Array;
}

/** 32 bytes of an ed25519 account and, for `M…`, the id in it. */
export interface Address {
  key: Uint8Array;
  /** 8 bytes, big endian */
  muxedId: Uint8Array | null;
}

export interface Signature {
  /** last 4 bytes of the signer's key */
  hint: Uint8Array;
  signature: Uint8Array;
}

export interface DecodedChallenge extends ChallengeTransaction {
  /** 32 bytes: what is signed */
  hash: Buffer;
  signatures: Signature[];
}

const ENVELOPE_TYPE_TX = 2;
const KEY_TYPE_ED25519 = 0;
const KEY_TYPE_MUXED_ED25519 = 0x100;
const PRECOND_TIME = 1;
const MEMO_NONE = 0;
const MEMO_ID = 2;
const MANAGE_DATA = 10;
const MAX_DATA_BYTES = 64;
const MAX_OPERATIONS = 100;
const MAX_SIGNATURES = 20;

const padded = (length: number): number => (length + 3) & ~3;
const addressBytes = (address: Address): number => (address.muxedId === null ? 36 : 44);

/** The hash that is signed: the network's id, then the envelope up to its signatures. */
export function challengeHash(networkId: Uint8Array, unsigned: Uint8Array): Buffer {
  return createHash('sha256').update(networkId).update(unsigned).digest();
}

/** @returns the envelope up to, not including, its list of signatures */
export function encodeUnsigned(transaction: ChallengeTransaction): Buffer {
  const names = transaction.operations.map((operation) => Buffer.from(operation.name));
  let size = 4 + addressBytes(transaction.source) + 4 + 8 + 20 + (transaction.memo === null ? 4 : 12) + 4 + 4;
  transaction.operations.forEach((operation, at) => {
    const name = names[at] as Buffer;
    size += 4 + addressBytes(operation.source) + 8 + padded(name.length) + 8 + padded(operation.value.length);
  });
  const bytes = Buffer.alloc(size);
  let at = bytes.writeUInt32BE(ENVELOPE_TYPE_TX, 0);
  at = writeAddress(bytes, at, transaction.source);
  at = bytes.writeUInt32BE(transaction.fee, at);
  at = bytes.writeBigInt64BE(transaction.sequence, at);
  at = bytes.writeUInt32BE(PRECOND_TIME, at);
  at = bytes.writeBigUInt64BE(transaction.minTime, at);
  at = bytes.writeBigUInt64BE(transaction.maxTime, at);
  if (transaction.memo === null) at = bytes.writeUInt32BE(MEMO_NONE, at);
  else at = bytes.writeBigUInt64BE(BigInt(transaction.memo), bytes.writeUInt32BE(MEMO_ID, at));
  at = bytes.writeUInt32BE(transaction.operations.length, at);
  transaction.operations.forEach((operation, index) => {
    at = bytes.writeUInt32BE(1, at);
    at = writeAddress(bytes, at, operation.source);
    at = bytes.writeUInt32BE(MANAGE_DATA, at);
    at = writeOpaque(bytes, at, names[index] as Buffer);
    at = bytes.writeUInt32BE(1, at);
    at = writeOpaque(bytes, at, operation.value);
  });
  return bytes; // the last four zero bytes are the transaction's empty extension
}

/** Adds the signatures and gives the envelope in base64. */
export function encodeSigned(unsigned: Uint8Array, signatures: readonly Signature[]): string {
  const bytes = Buffer.alloc(unsigned.length + 4 + signatures.length * 72);
  bytes.set(unsigned);
  let at = bytes.writeUInt32BE(signatures.length, unsigned.length);
  for (const { hint, signature } of signatures) {
    bytes.set(hint, at);
    at = writeOpaque(bytes, at + 4, signature);
  }
  return bytes.toString('base64');
}

function writeAddress(bytes: Buffer, start: number, address: Address): number {
  let at = bytes.writeUInt32BE(address.muxedId === null ? KEY_TYPE_ED25519 : KEY_TYPE_MUXED_ED25519, start);
  if (address.muxedId !== null) {
    bytes.set(address.muxedId, at);
    at += 8;
  }
  bytes.set(address.key, at);
  return at + 32;
}

function writeOpaque(bytes: Buffer, start: number, value: Uint8Array): number {
  const at = bytes.writeUInt32BE(value.length, start);
  bytes.set(value, at);
  return at + padded(value.length);
}

/** Every shape that is not a challenge: a fee bump, other operations, trailing bytes, base64 of something else. */
const notAChallenge = () =>
  badInput('CHALLENGE_MALFORMED', 'This is not a challenge transaction of this server in base64 XDR.');

/**
 * @param base64 the envelope with its signatures
 * @param networkId sha256 of the passphrase
 * @throws CHALLENGE_MALFORMED (400)
 */
export function decodeChallenge(base64: string, networkId: Uint8Array): DecodedChallenge {
  const bytes = Buffer.from(base64, 'base64');
  // Buffer skips what is not base64; encoding again shows it, and is five times cheaper than a regular expression
  if (bytes.length === 0 || bytes.toString('base64') !== base64) throw notAChallenge();
  try {
    return new ChallengeReader(bytes).envelope(networkId);
  } catch (error) {
    if (error instanceof RangeError) throw notAChallenge();
    throw error;
  }
}

/** Reads beyond the end are RangeErrors of Buffer. */
class ChallengeReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  envelope(networkId: Uint8Array): DecodedChallenge {
    this.#expect(ENVELOPE_TYPE_TX);
    const source = this.#address();
    const fee = this.#uint32();
    const sequence = this.#uint64();
    this.#expect(PRECOND_TIME);
    const minTime = this.#uint64();
    const maxTime = this.#uint64();
    const memo = this.#memo();
    const operations = this.#list(MAX_OPERATIONS, () => this.#operation());
    this.#expect(0);
    const hash = challengeHash(networkId, this.#bytes.subarray(0, this.#at));
    const signatures = this.#list(MAX_SIGNATURES, () => this.#signature());
    if (this.#at !== this.#bytes.length) throw notAChallenge();
    return { source, fee, sequence, minTime, maxTime, memo, operations, hash, signatures };
  }

  #uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  #uint64(): bigint {
    const value = this.#bytes.readBigUInt64BE(this.#at);
    this.#at += 8;
    return value;
  }

  #expect(value: number): void {
    if (this.#uint32() !== value) throw notAChallenge();
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw notAChallenge();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #opaque(max: number): Buffer {
    const length = this.#uint32();
    if (length > max) throw notAChallenge();
    const value = this.#take(length);
    for (const byte of this.#take(padded(length) - length)) if (byte !== 0) throw notAChallenge();
    return value;
  }

  #list<T>(max: number, read: () => T): T[] {
    const length = this.#uint32();
    if (length > max) throw notAChallenge();
    const items: T[] = [];
    for (let at = 0; at < length; at++) items.push(read());
    return items;
  }

  #address(): Address {
    const type = this.#uint32();
    if (type === KEY_TYPE_ED25519) return { key: this.#take(32), muxedId: null };
    if (type !== KEY_TYPE_MUXED_ED25519) throw notAChallenge();
    const muxedId = this.#take(8);
    return { key: this.#take(32), muxedId };
  }

  #memo(): string | null {
    const type = this.#uint32();
    if (type === MEMO_NONE) return null;
    if (type !== MEMO_ID) throw notAChallenge();
    return this.#uint64().toString();
  }

  #operation(): ManageData {
    this.#expect(1);
    const source = this.#address();
    this.#expect(MANAGE_DATA);
    const name = this.#opaque(MAX_DATA_BYTES).toString('utf8');
    this.#expect(1);
    return { source, name, value: this.#opaque(MAX_DATA_BYTES) };
  }

  #signature(): Signature {
    const hint = this.#take(4);
    return { hint, signature: this.#opaque(64) };
  }
}
