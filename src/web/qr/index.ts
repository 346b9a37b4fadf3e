import { codewords, versionFor } from './codewords.ts';
import { type Modules, symbol } from './symbol.ts';

/** What an SVG of a QR code needs: modules per side with the quiet zone, and the dark ones as path data. */
export interface QrPicture {
  size: number;
  path: string;
}

/** light modules around the symbol, without which it is not read */
const QUIET = 4;

/**
 * A QR code in byte mode with error correction M (ISO/IEC 18004), versions 1 to 20.
 *
 * @param mask 0 to 7; default: the one that is easiest to read
 * @returns rows of modules, 1 is dark; null: more than 666 bytes of UTF-8
 */
export function qrModules(text: string, mask?: number): Modules | null {
  const bytes = new TextEncoder().encode(text);
  const version = versionFor(bytes.length);
  return version === null ? null : symbol(version, codewords(bytes, version), mask);
}

/** The same as path data: one stroke of modules per run. */
export function qrPicture(text: string): QrPicture | null {
  const rows = qrModules(text);
  if (rows === null) return null;
  const path = rows.map((row, y) =>
    [...row.join('').matchAll(/1+/g)]
      .map((run) => `M${run.index + QUIET} ${y + QUIET}h${run[0].length}v1h-${run[0].length}z`)
      .join(''),
  );
  return { size: rows.length + 2 * QUIET, path: path.join('') };
}
