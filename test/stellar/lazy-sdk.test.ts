import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');
/** The sandbox is a network: it needs XDR of every kind, and is itself loaded only where one is hosted. */
const ALLOWED = /^(?:sandbox\/|stellar\/sdk\.ts$)/;
const IMPORT = /^import\s+(?!type\b)(?:[^;'"]*from\s+)?['"]@stellar\/stellar-sdk/m;

it('the SDK is imported where it is needed only: it costs 300 ms at start and its signatures are slow', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(50);
  const eager = files
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !ALLOWED.test(file) && IMPORT.test(readFileSync(join(SRC, file), 'utf8')));
  expect(eager).toEqual([]);
});
