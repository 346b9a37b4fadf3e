import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../src');

/** Floor of each room; a file imports from lower floors and from its own room only. */
const FLOORS: Record<string, number> = {
  kernel: 0,
  config: 1,
  database: 1,
  stellar: 1,
  sandbox: 1,
  customers: 2,
  quotes: 2,
  wallet: 2,
  transfers: 3,
  payments: 4,
  ingest: 4,
  rails: 4,
  sending: 4,
  outbox: 4,
  seps: 5,
  importers: 5,
  web: 5,
  jobs: 5,
  server: 6,
  cli: 7,
  scaffold: 7,
};

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : path.endsWith('.ts') ? [path] : [];
  });
}

const IMPORT =
  /(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|import\s*['"]([^'"]+)['"]/g;

function importsOf(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(IMPORT)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
}

const roomOf = (path: string): string => relative(SRC, path).split('/')[0] ?? '';

describe('the house', () => {
  it('keeps its floors: no file imports from a higher floor or from a neighbour', () => {
    const faults: string[] = [];
    for (const file of files(SRC)) {
      const room = roomOf(file);
      const floor = FLOORS[room];
      if (floor === undefined) continue; // public entries: re-exports
      for (const target of importsOf(file)) {
        if (!target.startsWith('.')) continue;
        const other = roomOf(resolve(dirname(file), target));
        if (other === room) continue;
        const otherFloor = FLOORS[other];
        if (otherFloor === undefined || otherFloor >= floor)
          faults.push(`${relative(SRC, file)} imports ${target}`);
      }
    }
    expect(faults).toEqual([]);
  });

  it('has no room without a floor', () => {
    const rooms = readdirSync(SRC).filter((name) => statSync(join(SRC, name)).isDirectory());
    expect(rooms.filter((room) => FLOORS[room] === undefined)).toEqual([]);
  });

  it('takes time, randomness and the network through ports', () => {
    const allowed = /^(?:kernel\/(?:clock|ids)\.ts|cli\/|scaffold\/|sandbox\/serve\.ts|server\/)/;
    const faults: string[] = [];
    for (const file of files(SRC)) {
      const name = relative(SRC, file);
      if (allowed.test(name)) continue;
      const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      const found =
        /\b(?:Date\.now\(|Math\.random\(|new Date\(\)|setInterval\()|(?<![.\w])setTimeout\(|globalThis\.fetch/.exec(
          text,
        );
      if (found) faults.push(`${name}: ${found[0]}`);
    }
    expect(faults).toEqual([]);
  });

  it('throws only its own error type', () => {
    const faults = files(SRC)
      .filter((file) => /throw new (?:Error|TypeError|RangeError)\(/.test(readFileSync(file, 'utf8')))
      .map((file) => relative(SRC, file));
    expect(faults).toEqual([]);
  });
});
