/** One size of QR code at error correction M (ISO/IEC 18004, tables 7, 9 and annex E). */
export interface QrVersion {
  version: number;
  /** modules per side */
  size: number;
  /** error correction codewords of each block */
  correction: number;
  /** data codewords of each block, short ones first */
  blocks: readonly number[];
  /** centres of the alignment patterns, in both directions */
  alignment: readonly number[];
}

type Row = readonly [correction: number, ...groups: readonly (readonly [blocks: number, data: number])[]];

/** Versions 1 to 20: error correction codewords of a block, then groups of blocks with their data codewords. */
const ROWS: readonly Row[] = [
  [10, [1, 16]],
  [16, [1, 28]],
  [26, [1, 44]],
  [18, [2, 32]],
  [24, [2, 43]],
  [16, [4, 27]],
  [18, [4, 31]],
  [22, [2, 38], [2, 39]],
  [22, [3, 36], [2, 37]],
  [26, [4, 43], [1, 44]],
  [30, [1, 50], [4, 51]],
  [22, [6, 36], [2, 37]],
  [22, [8, 37], [1, 38]],
  [24, [4, 40], [5, 41]],
  [24, [5, 41], [5, 42]],
  [28, [7, 45], [3, 46]],
  [28, [10, 46], [1, 47]],
  [26, [9, 43], [4, 44]],
  [26, [3, 44], [11, 45]],
  [26, [3, 41], [13, 42]],
];

/** The centres between the first, which is always 6, and the last, which is always 7 modules from the end. */
const MIDDLE: Readonly<Record<number, readonly number[]>> = {
  7: [22],
  8: [24],
  9: [26],
  10: [28],
  11: [30],
  12: [32],
  13: [34],
  14: [26, 46],
  15: [26, 48],
  16: [26, 50],
  17: [30, 54],
  18: [30, 56],
  19: [30, 58],
  20: [34, 62],
};

export const VERSIONS: readonly QrVersion[] = ROWS.map(([correction, ...groups], i) => {
  const version = i + 1;
  const size = 17 + 4 * version;
  return {
    version,
    size,
    correction,
    blocks: groups.flatMap(([count, data]) => Array<number>(count).fill(data)),
    alignment: version === 1 ? [] : [6, ...(MIDDLE[version] ?? []), size - 7],
  };
});
