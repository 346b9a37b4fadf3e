import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const CHECKS = join(ROOT, 'test', 'simulation', 'check');
/** What the checks judge: whoever shares its code shares its mistakes. */
const JUDGED = ['payments', 'ingest', 'rails', 'jobs'].map((room) => join(ROOT, 'src', room));

const IMPORT = /^\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /import\(\s*['"]([^'"]+)['"]\s*\)/g;

interface Import {
  target: string;
  /** gone when the code runs */
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const found = [
    ...[...text.matchAll(IMPORT)].map(([, type, path]) => ({
      path: path ?? '',
      typeOnly: type !== undefined,
    })),
    ...[...text.matchAll(DYNAMIC)].map(([, path]) => ({ path: path ?? '', typeOnly: false })),
  ];
  return found
    .filter(({ path }) => path.startsWith('.'))
    .map(({ path, typeOnly }) => ({ target: resolve(dirname(file), path), typeOnly }));
}

/** Every file whose code runs when one of these does. */
function reached(from: string[]): Set<string> {
  const seen = new Set(from);
  for (const file of seen) {
    if (!existsSync(file)) continue;
    for (const { target, typeOnly } of importsOf(file)) if (!typeOnly) seen.add(target);
  }
  return seen;
}

const judged = (file: string): boolean => JUDGED.some((room) => file.startsWith(`${room}/`));

describe('the checks of the simulation', () => {
  const checks = readdirSync(CHECKS).map((name) => join(CHECKS, name));

  it('name nothing of what they judge, not even a type', () => {
    expect(checks.length).toBeGreaterThan(3);
    const named = checks.flatMap((file) =>
      importsOf(file).flatMap(({ target }) => (judged(target) ? [`${relative(ROOT, file)}: ${target}`] : [])),
    );
    expect(named).toEqual([]);
  });

  it('run none of its code, by whatever way', () => {
    const files = [...reached(checks)];
    expect(files.filter((file) => judged(file)).map((file) => relative(ROOT, file))).toEqual([]);
  });
});
