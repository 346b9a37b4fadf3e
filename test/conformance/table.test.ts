import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Row {
  id: string;
  level: string;
  says: string;
  tests: { file: string; title: string }[];
  reason?: string;
}

interface Page {
  page(): string;
  isOpen(row: Row): boolean;
  results(): { rows: Row[]; crowded: object[]; unknown: string[] };
}

const script = pathToFileURL(join(process.cwd(), 'scripts', 'conformance', 'page.mjs')).href;
const { page, isOpen, results } = (await import(script)) as Page;
const { rows, crowded, unknown } = results();

describe('the table of requirements', () => {
  it('has a test or a sentence for each', () => {
    expect(rows.filter(isOpen).map(({ id, says }) => `${id} ${says}`)).toEqual([]);
    expect(rows.length).toBe(669);
  });

  it('has tests that cite a few numbers each, and only those that there are', () => {
    expect({ crowded, unknown }).toEqual({ crowded: [], unknown: [] });
  });

  it('is what npm run conformance writes today', () => {
    const written = readFileSync(join(process.cwd(), 'docs', 'reference', 'conformance.md'), 'utf8');
    expect(written === page(), 'run: npm run conformance').toBe(true);
  });
});
