import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { correctionOf, versionFor } from '../../../src/web/qr/codewords.ts';
import { qrModules, qrPicture } from '../../../src/web/qr/index.ts';
import { formatBits, penalty } from '../../../src/web/qr/symbol.ts';

const picture = (text: string, mask?: number) =>
  (qrModules(text, mask) ?? []).map((row) => row.join('')).join('\n');
const digest = (text: string, mask?: number) =>
  createHash('sha256').update(picture(text, mask)).digest('hex');

/** As two other encoders draw it, mask 2. */
const A = `
111111100001001111111
100000100010001000001
101110101100001011101
101110101101101011101
101110101010101011101
100000101011001000001
111111101010101111111
000000001000000000000
101111100101001111100
010110010101111001000
011110100000101100000
011011010111111001010
100111100100100100100
000000001110100100100
111111100111010011110
100000101100000110110
101110101011010011100
101110101001111001000
101110101010101100000
100000100111111001000
111111101110100100110`.trim();

const PAY =
  'web+stellar:pay?destination=GCALNQQBXAPZ2WIRSDDBMSTAKCUH5SG6U76YBFLQLIXJTF7FE5AX7AOO&amount=120.1234567' +
  '&memo=skdjfasf&memo_type=MEMO_TEXT&msg=pay%20me%20with%20lumens';

describe('a QR code', () => {
  it('has the correction codewords of the known example', () => {
    const data = [32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17];
    const known = [196, 35, 39, 119, 235, 215, 231, 226, 93, 23];
    expect([...correctionOf(Uint8Array.from(data), 10)]).toEqual(known);
  });

  it('tells level M and the mask with the bits of the standard', () => {
    const table = ['101010000010010', '101000100100101', '101111001111100', '101101101001011'];
    const more = ['100010111111001', '100000011001110', '100111110010111', '100101010100000'];
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((mask) => formatBits(mask).toString(2))).toEqual([...table, ...more]);
  });

  it('is drawn as other encoders draw it', () => {
    expect(picture('A', 2)).toBe(A);
    expect(digest(PAY, 2)).toBe('ff91ada914307c3ab30b6fabb2b1e7a47c0ace4736df1deb7426ad9bcac8c429');
    expect(digest('x'.repeat(300), 2)).toBe(
      '0dde90aaf0e932eefc8d91efa3758f9fbfd0185edfc7308242c467729ab52406',
    );
  });

  it('is as small as the text allows, up to what the largest version holds', () => {
    // capacities of level M in byte mode, ISO/IEC 18004 table 7
    const most = [
      14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666,
    ];
    most.forEach((bytes, i) => {
      expect(versionFor(bytes)?.version).toBe(i + 1);
      expect(versionFor(bytes + 1)?.version).toBe(i === 19 ? undefined : i + 2);
      expect(qrModules('é'.repeat(bytes / 2))).toHaveLength(21 + 4 * i);
    });
    expect(qrModules('x'.repeat(667))).toBeNull();
    expect(qrPicture('x'.repeat(667))).toBeNull();
  });

  it('takes the mask that is easiest to read', () => {
    const all = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => penalty(qrModules(PAY, mask) ?? []));
    expect(penalty(qrModules(PAY) ?? [])).toBe(Math.min(...all));
  });

  it('is a path with every dark module and a quiet zone of four', () => {
    const { size, path } = qrPicture('A') ?? { size: 0, path: '' };
    expect(size).toBe(29);
    const runs = [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)];
    expect(runs.map(([run]) => run).join('')).toBe(path);
    const dark = runs.reduce((sum, run) => sum + Number(run[3]), 0);
    expect(dark).toBe([...picture('A')].filter((module) => module === '1').length);
    expect(runs[0]?.slice(1)).toEqual(['4', '4', '7']);
  });
});
