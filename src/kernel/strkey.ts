import { badInput } from './errors.ts';

/** Stellar's textual keys (SEP-23). Kept free of the SDK so that commands that only make or check a key start at once. */
const VERSIONS = {
  account: 6 << 3, // G
  seed: 18 << 3, // S
  muxed: 12 << 3, // M
  preAuth: 19 << 3, // T
  hashX: 23 << 3, // X
  signedPayload: 15 << 3, // P
  contract: 2 << 3, // C
  claimableBalance: 1 << 3, // B
  liquidityPool: 11 << 3, // L
} as const;

export type StrKeyKind = keyof typeof VERSIONS;

const LENGTHS: Partial<Record<StrKeyKind, number>> = {
  account: 32,
  seed: 32,
  muxed: 40,
  preAuth: 32,
  hashX: 32,
  contract: 32,
  claimableBalance: 33,
  liquidityPool: 32,
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LETTERS = Buffer.from(ALPHABET, 'latin1');
/** value of an ASCII character, 255 for those that are none */
const VALUES = new Uint8Array(128).fill(255);
for (let at = 0; at < ALPHABET.length; at++) VALUES[ALPHABET.charCodeAt(at)] = at;
/** CRC-16/XMODEM of every byte. Logins encode and decode keys all the time. */
const CRC = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let i = 0; i < 8; i++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  return crc;
});

function base32Encode(bytes: Uint8Array): string {
  const out = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / 5));
  let bits = 0;
  let value = 0;
  let at = 0;
  for (let i = 0; i < bytes.length; i++) {
    value = (value << 8) | (bytes[i] as number);
    bits += 8;
    while (bits >= 5) {
      out[at++] = LETTERS[(value >>> (bits - 5)) & 31] as number;
      bits -= 5;
    }
    value &= (1 << bits) - 1;
  }
  if (bits > 0) out[at++] = LETTERS[(value << (5 - bits)) & 31] as number;
  return out.toString('latin1', 0, at);
}

/** Null for anything that is not the one canonical encoding: no padding, no lower case, unused bits zero (SEP-23). */
function base32Decode(text: string): Uint8Array | null {
  const out = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let value = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = VALUES[text.charCodeAt(i)] ?? 255;
    if (digit === 255) return null;
    value = (value << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      out[at++] = (value >>> (bits - 8)) & 255;
      bits -= 8;
      value &= (1 << bits) - 1;
    }
  }
  return bits >= 5 || value !== 0 ? null : out;
}

/** CRC-16/XMODEM of the first `length` bytes, little endian in the key. */
function checksum(bytes: Uint8Array, length: number): number {
  let crc = 0;
  for (let at = 0; at < length; at++) {
    crc = ((crc << 8) & 0xffff) ^ (CRC[(crc >>> 8) ^ (bytes[at] as number)] as number);
  }
  return crc;
}

export function encodeStrKey(kind: StrKeyKind, payload: Uint8Array): string {
  const body = new Uint8Array(payload.length + 3);
  body[0] = VERSIONS[kind];
  body.set(payload, 1);
  const crc = checksum(body, payload.length + 1);
  body[payload.length + 1] = crc & 255;
  body[payload.length + 2] = crc >>> 8;
  return base32Encode(body);
}

/** The payload, or null where the text is not a valid key of that kind. */
export function decodeStrKey(kind: StrKeyKind, text: unknown): Uint8Array | null {
  if (typeof text !== 'string' || text.length > 165) return null;
  const bytes = base32Decode(text);
  if (bytes === null || bytes.length < 35 || bytes[0] !== VERSIONS[kind]) return null;
  const payload = bytes.subarray(1, -2);
  const length = LENGTHS[kind];
  if (length !== undefined && payload.length !== length) return null;
  if (kind === 'signedPayload' && !isSignedPayload(payload)) return null;
  if (kind === 'claimableBalance' && payload[0] !== 0) return null;
  const crc = checksum(bytes, bytes.length - 2);
  return bytes[bytes.length - 2] === (crc & 255) && bytes[bytes.length - 1] === crc >>> 8 ? payload : null;
}

/** A key, the length of what is signed in 4 bytes, and that many bytes, filled up with zeros to a multiple of 4. */
function isSignedPayload(payload: Uint8Array): boolean {
  if (payload.length < 40 || payload.length > 100) return false;
  const length = new DataView(payload.buffer, payload.byteOffset + 32, 4).getUint32(0);
  if (length === 0 || payload.length !== 36 + Math.ceil(length / 4) * 4) return false;
  return payload.subarray(36 + length).every((byte) => byte === 0);
}

export const isAccount = (text: unknown): text is string => decodeStrKey('account', text) !== null;
export const isMuxed = (text: unknown): text is string => decodeStrKey('muxed', text) !== null;
export const isContract = (text: unknown): text is string => decodeStrKey('contract', text) !== null;
export const isSeed = (text: unknown): text is string => decodeStrKey('seed', text) !== null;

/** `M…` -> its `G…` and the id (unsigned 64-bit, decimal text). @throws ACCOUNT_INVALID (400) */
export function splitMuxed(muxed: string): { account: string; id: string } {
  const payload = decodeStrKey('muxed', muxed);
  if (payload === null) throw badInput('ACCOUNT_INVALID', 'This is not a valid Stellar address.');
  const id = new DataView(payload.buffer, payload.byteOffset + 32, 8).getBigUint64(0);
  return { account: encodeStrKey('account', payload.subarray(0, 32)), id: id.toString() };
}

export function joinMuxed(account: string, id: string): string {
  const key = decodeStrKey('account', account);
  if (key === null) throw badInput('ACCOUNT_INVALID', 'This is not a valid Stellar address.');
  const payload = new Uint8Array(40);
  payload.set(key);
  new DataView(payload.buffer).setBigUint64(32, BigInt(id));
  return encodeStrKey('muxed', payload);
}
