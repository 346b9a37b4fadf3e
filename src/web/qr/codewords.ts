import { type QrVersion, VERSIONS } from './tables.ts';

const BYTE_MODE = 0b0100;
/** what fills the data up, in turn */
const PADDING = [0xec, 0x11] as const;
/** x^8 + x^4 + x^3 + x^2 + 1, the polynomial of the field */
const FIELD = 0x11d;

const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = x;
  EXP[i + 255] = x;
  LOG[x] = i;
  x = x & 0x80 ? (x << 1) ^ FIELD : x << 1;
}

const multiply = (a: number, b: number): number =>
  a === 0 || b === 0 ? 0 : (EXP[(LOG[a] ?? 0) + (LOG[b] ?? 0)] ?? 0);

/** The coefficients of (x - 1)(x - 2)(x - 4)…, without the first, which is 1. */
function generator(count: number): Uint8Array {
  let result = Uint8Array.of(1);
  for (let i = 0; i < count; i++) {
    const next = new Uint8Array(result.length + 1);
    result.forEach((value, at) => {
      next[at] = (next[at] ?? 0) ^ value;
      next[at + 1] = (next[at + 1] ?? 0) ^ multiply(value, EXP[i] ?? 0);
    });
    result = next;
  }
  return result.slice(1);
}

/** Reed-Solomon codewords of one block. */
export function correctionOf(data: Uint8Array, count: number): Uint8Array {
  const divisor = generator(count);
  const rest = new Uint8Array(data.length + count);
  rest.set(data);
  for (let at = 0; at < data.length; at++) {
    const factor = rest[at] ?? 0;
    divisor.forEach((value, i) => {
      rest[at + 1 + i] = (rest[at + 1 + i] ?? 0) ^ multiply(value, factor);
    });
  }
  return rest.slice(data.length);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** bits of the length in byte mode */
const lengthBits = (version: number): number => (version < 10 ? 8 : 16);

/** The smallest version that holds so many bytes; null: none of ours does (more than 666). */
export function versionFor(bytes: number): QrVersion | null {
  const fits = ({ version, blocks }: QrVersion) => 4 + lengthBits(version) + 8 * bytes <= 8 * sum(blocks);
  return VERSIONS.find(fits) ?? null;
}

function dataOf(bytes: Uint8Array, { version, blocks }: QrVersion): Uint8Array {
  const capacity = sum(blocks);
  const result = new Uint8Array(capacity);
  let at = 0;
  const put = (value: number, bits: number): void => {
    for (let bit = bits - 1; bit >= 0; bit--, at++) {
      if ((value >>> bit) & 1) result[at >> 3] = (result[at >> 3] ?? 0) | (0x80 >> (at & 7));
    }
  };
  put(BYTE_MODE, 4);
  put(bytes.length, lengthBits(version));
  for (const byte of bytes) put(byte, 8);
  // up to four zeros end the data, then zeros to the end of the codeword
  at = Math.min(at + 4, capacity * 8);
  for (let next = Math.ceil(at / 8), i = 0; next < capacity; next++, i++) {
    result[next] = PADDING[i % 2 === 0 ? 0 : 1];
  }
  return result;
}

/** All codewords in the order in which they stand in the symbol: one of each block in turn, data first. */
export function codewords(bytes: Uint8Array, version: QrVersion): Uint8Array {
  const data = dataOf(bytes, version);
  let start = 0;
  const blocks = version.blocks.map((length) => {
    start += length;
    return data.subarray(start - length, start);
  });
  const corrections = blocks.map((block) => correctionOf(block, version.correction));
  return Uint8Array.from([...inTurn(blocks), ...inTurn(corrections)]);
}

function inTurn(blocks: readonly Uint8Array[]): number[] {
  const longest = Math.max(...blocks.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) =>
    blocks.flatMap((block) => (i < block.length ? [block[i] ?? 0] : [])),
  ).flat();
}
