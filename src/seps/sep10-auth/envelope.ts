import { createHash } from 'node:crypto';

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
  value: Buffer;
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

/** Discriminants of the network's XDR. */
export const XDR = {
  envelopeTypeTx: 2,
  keyTypeEd25519: 0,
  keyTypeMuxedEd25519: 0x100,
  precondTime: 1,
  memoNone: 0,
  memoId: 2,
  manageData: 10,
} as const;

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
  let at = bytes.writeUInt32BE(XDR.envelopeTypeTx, 0);
  at = writeAddress(bytes, at, transaction.source);
  at = bytes.writeUInt32BE(transaction.fee, at);
  at = bytes.writeBigInt64BE(transaction.sequence, at);
  at = bytes.writeUInt32BE(XDR.precondTime, at);
  at = bytes.writeBigUInt64BE(transaction.minTime, at);
  at = bytes.writeBigUInt64BE(transaction.maxTime, at);
  if (transaction.memo === null) at = bytes.writeUInt32BE(XDR.memoNone, at);
  else at = bytes.writeBigUInt64BE(BigInt(transaction.memo), bytes.writeUInt32BE(XDR.memoId, at));
  at = bytes.writeUInt32BE(transaction.operations.length, at);
  transaction.operations.forEach((operation, index) => {
    at = bytes.writeUInt32BE(1, at);
    at = writeAddress(bytes, at, operation.source);
    at = bytes.writeUInt32BE(XDR.manageData, at);
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
  let at = bytes.writeUInt32BE(
    address.muxedId === null ? XDR.keyTypeEd25519 : XDR.keyTypeMuxedEd25519,
    start,
  );
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
