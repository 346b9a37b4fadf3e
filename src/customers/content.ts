import type { FieldKind } from '../config/sep9.ts';
import { cleanJpeg, cleanPng } from './pictures.ts';

/** A file whose content was checked, without what a picture tells beside its pixels (S9-16). */
export interface CheckedFile {
  contentType: string;
  bytes: Buffer;
}

export type ContentFault = 'kind' | 'empty' | 'dimensions';

const has = (bytes: Uint8Array, at: number, text: string): boolean =>
  bytes.length >= at + text.length &&
  Buffer.from(bytes.buffer, bytes.byteOffset + at, text.length).toString('latin1') === text;

/** `%PDF-` at the start and the end mark near the end; anything before or long after would be another file in disguise. */
function isPdf(bytes: Buffer): boolean {
  return has(bytes, 0, '%PDF-') && bytes.subarray(-1024).includes('%%EOF');
}

/** Boxes of ISO media: `ftyp` first, with a brand of video. */
function isMp4(bytes: Buffer): string | null {
  if (!has(bytes, 4, 'ftyp') || bytes.length < 16) return null;
  const brand = bytes.subarray(8, 12).toString('latin1');
  if (brand === 'qt  ') return 'video/quicktime';
  return [
    'isom',
    'iso2',
    'iso4',
    'iso5',
    'iso6',
    'mp41',
    'mp42',
    'avc1',
    'M4V ',
    'MSNV',
    '3gp4',
    '3gp5',
  ].includes(brand)
    ? 'video/mp4'
    : null;
}

const isWebm = (bytes: Buffer): boolean =>
  bytes.length > 64 && bytes.readUInt32BE(0) === 0x1a45dfa3 && bytes.subarray(0, 64).includes('webm');

/** Kinds that are taken, as faults name them. */
export const kindsFor = (kind: FieldKind | null): string =>
  kind === 'image' ? 'JPEG, PNG, PDF' : 'JPEG, PNG, PDF, MP4, WebM';

/**
 * What a file is by its content; its name and the type that was claimed count for nothing.
 *
 * @param kind of the field that it is for; null where that is not known yet
 */
export function checkContent(given: Uint8Array, kind: FieldKind | null): CheckedFile | ContentFault {
  if (given.length === 0) return 'empty';
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.length);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return picture('image/jpeg', cleanJpeg(bytes));
  if (bytes.length > 8 && bytes.readUInt32BE(0) === 0x89504e47 && bytes.readUInt32BE(4) === 0x0d0a1a0a) {
    return picture('image/png', cleanPng(bytes));
  }
  if (isPdf(bytes)) return { contentType: 'application/pdf', bytes };
  if (kind === 'image') return 'kind';
  const video = isMp4(bytes) ?? (isWebm(bytes) ? 'video/webm' : null);
  return video === null ? 'kind' : { contentType: video, bytes };
}

function picture(contentType: string, cleaned: Buffer | ContentFault): CheckedFile | ContentFault {
  return typeof cleaned === 'string' ? cleaned : { contentType, bytes: cleaned };
}

/** Whether a file that was uploaded without a field may become the field's. */
export const fits = (contentType: string, kind: FieldKind): boolean =>
  kind === 'image_or_video' || (kind === 'image' && !contentType.startsWith('video/'));
