import { crc32 } from 'node:zlib';

/** pixels; a picture of a document from the best of phones has half as many */
const MAX_PIXELS = 120_000_000;

/** Chunks that draw the picture; text, time and EXIF stay behind. */
const PNG_KEPT = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'gAMA',
  'cHRM',
  'sRGB',
  'iCCP',
  'sBIT',
  'bKGD',
  'pHYs',
  'cICP',
]);

/**
 * The chunks of a PNG that draw it, each with a good check sum; what follows its end is cut off.
 *
 * @returns `kind` for what no decoder would read, `dimensions` for a picture that is a trap
 */
export function cleanPng(bytes: Buffer): Buffer | 'kind' | 'dimensions' {
  const kept: Buffer[] = [bytes.subarray(0, 8)];
  let at = 8;
  let drawn = false;
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > bytes.length) return 'kind';
    const type = bytes.subarray(at + 4, at + 8).toString('latin1');
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return 'kind';
    if ((at === 8) !== (type === 'IHDR')) return 'kind';
    if (type === 'IHDR') {
      if (length !== 13) return 'kind';
      const fault = dimensions(bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12));
      if (fault !== null) return fault;
    }
    drawn ||= type === 'IDAT' && length > 0;
    if (PNG_KEPT.has(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IEND') return drawn ? Buffer.concat(kept) : 'kind';
    at = end;
  }
  return 'kind';
}

const dimensions = (width: number, height: number): 'kind' | 'dimensions' | null => {
  if (width === 0 || height === 0) return 'kind';
  return width * height > MAX_PIXELS ? 'dimensions' : null;
};

const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** JFIF, ICC profile and Adobe's colour mark are needed to draw; other application data and comments are not. */
const isKept = (marker: number): boolean =>
  marker === 0xe0 ||
  marker === 0xe2 ||
  marker === 0xee ||
  !((marker >= 0xe1 && marker <= 0xef) || marker === 0xfe);

/**
 * A JPEG without EXIF, its place on the map, thumbnails and comments; what follows its end is cut off. The turn of the camera is lost with the EXIF
 * data; who looks at the picture can turn it.
 */
export function cleanJpeg(bytes: Buffer): Buffer | 'kind' | 'dimensions' {
  const kept: Buffer[] = [bytes.subarray(0, 2)];
  let at = 2;
  let framed = false;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return 'kind';
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xd9 || marker < 0xc0) return 'kind';
    const length = bytes.readUInt16BE(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) return 'kind';
    if (isFrame(marker)) {
      if (length < 8) return 'kind';
      const fault = dimensions(bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5));
      if (fault !== null) return fault;
      framed = true;
    }
    if (isKept(marker)) kept.push(bytes.subarray(at, end));
    at = end;
    if (marker !== 0xda) continue;
    const next = endOfScan(bytes, at);
    if (next < 0 || !framed) return 'kind';
    kept.push(bytes.subarray(at, next));
    at = next;
    if (bytes[at + 1] === 0xd9) return Buffer.concat([...kept, bytes.subarray(at, at + 2)]);
  }
  return 'kind';
}

/** Position of the first marker after entropy-coded data; -1 where there is none. */
function endOfScan(bytes: Buffer, start: number): number {
  let at = bytes.indexOf(0xff, start);
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1] as number;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
    at = bytes.indexOf(0xff, at + (next === 0xff ? 1 : 2));
  }
  return -1;
}
