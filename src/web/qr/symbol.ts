import type { QrVersion } from './tables.ts';

/** Rows of modules, 1 is dark. */
export type Modules = readonly Uint8Array[];

/** Whether a module is dark, and whether it belongs to a pattern rather than to the data. */
interface Grid {
  size: number;
  dark: Uint8Array[];
  fixed: Uint8Array[];
}

const get = (rows: Modules, y: number, x: number): number => rows[y]?.[x] ?? 0;

function fix(grid: Grid, x: number, y: number, dark: boolean): void {
  const [row, mark] = [grid.dark[y], grid.fixed[y]];
  if (row === undefined || mark === undefined || x < 0 || x >= grid.size) return;
  row[x] = dark ? 1 : 0;
  mark[x] = 1;
}

/** Concentric squares around a centre: a ring is dark where `dark` says so of its distance. */
function squares(grid: Grid, x: number, y: number, reach: number, dark: (distance: number) => boolean): void {
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      fix(grid, x + dx, y + dy, dark(Math.max(Math.abs(dx), Math.abs(dy))));
    }
  }
}

function patterns({ version, size, alignment }: QrVersion): Grid {
  const rows = () => Array.from({ length: size }, () => new Uint8Array(size));
  const grid: Grid = { size, dark: rows(), fixed: rows() };
  for (let i = 0; i < size; i++) {
    fix(grid, i, 6, i % 2 === 0);
    fix(grid, 6, i, i % 2 === 0);
  }
  const last = size - 4;
  for (const [x, y] of [
    [3, 3],
    [last, 3],
    [3, last],
  ] as const) {
    squares(grid, x, y, 4, (distance) => distance < 4 && distance !== 2);
  }
  const end = size - 7;
  for (const x of alignment) {
    for (const y of alignment) {
      const corner = (x === 6 && y === 6) || (x === 6 && y === end) || (x === end && y === 6);
      if (!corner) squares(grid, x, y, 2, (distance) => distance !== 1);
    }
  }
  format(grid, 0);
  if (version >= 7) versionBits(grid, version);
  return grid;
}

/** The value followed by the rest of its division by a polynomial (BCH). */
function withRest(value: number, polynomial: number, bits: number): number {
  let rest = value << bits;
  const degree = 31 - Math.clz32(polynomial);
  for (let bit = 31 - Math.clz32(rest); bit >= degree; bit = 31 - Math.clz32(rest)) {
    rest ^= polynomial << (bit - degree);
  }
  return (value << bits) | rest;
}

/** The fifteen bits that tell level M (which is 00) and the mask. */
export const formatBits = (mask: number): number =>
  withRest(mask, 0b101_0011_0111, 10) ^ 0b101_0100_0001_0010;

function format(grid: Grid, mask: number): void {
  const bits = formatBits(mask);
  const dark = (i: number) => ((bits >> i) & 1) === 1;
  const { size } = grid;
  for (let i = 0; i < 15; i++) {
    // beside the upper left finder, the timing patterns left out
    const along = i < 6 ? i : i < 8 ? i + 1 : 14 - i;
    if (i < 8) fix(grid, 8, along, dark(i));
    else fix(grid, i === 8 ? 7 : along, 8, dark(i));
    // and once more at the two others
    if (i < 8) fix(grid, size - 1 - i, 8, dark(i));
    else fix(grid, 8, size - 15 + i, dark(i));
  }
  fix(grid, 8, size - 8, true);
}

function versionBits(grid: Grid, version: number): void {
  const bits = withRest(version, 0b1_1111_0010_0101, 12);
  for (let i = 0; i < 18; i++) {
    const dark = ((bits >> i) & 1) === 1;
    const [near, far] = [Math.floor(i / 3), grid.size - 11 + (i % 3)];
    fix(grid, far, near, dark);
    fix(grid, near, far, dark);
  }
}

/** Fills the free modules with bits: upwards and downwards in columns of two, from the right. */
function fill(grid: Grid, words: Uint8Array): void {
  const { size } = grid;
  let at = 0;
  let up = true;
  for (let right = size - 1; right > 0; right -= 2, up = !up) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = up ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        const row = grid.dark[y];
        if (row === undefined || get(grid.fixed, y, x) === 1) continue;
        row[x] = ((words[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
        at++;
      }
    }
  }
}

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

function masked(grid: Grid, mask: number): Grid {
  const flips = MASKS[mask];
  const dark = grid.dark.map((row, y) =>
    row.map((module, x) => (get(grid.fixed, y, x) === 0 && flips?.(x, y) ? module ^ 1 : module)),
  );
  const result = { ...grid, dark };
  format(result, mask);
  return result;
}

/** How hard a symbol is to read (ISO/IEC 18004, 7.8.3): runs, blocks, what looks like a finder, and too much of one colour. */
export function penalty(rows: Modules): number {
  const lines = [...rows, ...rows.map((_, x) => Uint8Array.from(rows, (row) => row[x] ?? 0))];
  let points = 0;
  for (const line of lines) {
    const text = line.join('');
    for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) points += run.length - 2;
    for (const finder of ['10111010000', '00001011101']) {
      for (let at = text.indexOf(finder); at >= 0; at = text.indexOf(finder, at + 1)) points += 40;
    }
  }
  for (let y = 1; y < rows.length; y++) {
    for (let x = 1; x < rows.length; x++) {
      const four = get(rows, y, x) + get(rows, y, x - 1) + get(rows, y - 1, x) + get(rows, y - 1, x - 1);
      if (four % 4 === 0) points += 3;
    }
  }
  const dark = rows.reduce((all, row) => all + row.reduce((a, b) => a + b, 0), 0);
  return points + 10 * Math.floor(Math.abs(20 * dark - 10 * rows.length ** 2) / rows.length ** 2);
}

/** @param mask 0 to 7; default: the one that is easiest to read */
export function symbol(version: QrVersion, words: Uint8Array, mask?: number): Modules {
  const grid = patterns(version);
  fill(grid, words);
  const choices = (mask === undefined ? MASKS.map((_, i) => i) : [mask]).map((one) => masked(grid, one).dark);
  return choices.reduce((best, next) => (penalty(next) < penalty(best) ? next : best));
}
