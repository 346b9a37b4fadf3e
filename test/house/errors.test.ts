import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

describe('error codes', () => {
  it('are all documented as they stand (node scripts/errors-doc.mjs writes the page)', async () => {
    const { errorsPage } = (await import(`${root}/scripts/errors-doc.mjs`)) as { errorsPage(): string };
    expect(readFileSync(`${root}/docs/reference/errors.md`, 'utf8')).toBe(errorsPage());
  });
});
