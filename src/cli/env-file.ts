import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { AnchorError, messageOf } from '../kernel/errors.ts';

/** What `.env` says, without the process environment. */
export function readEnvFile(root: string): Record<string, string> {
  const path = join(root, '.env');
  return existsSync(path) ? parse(readFileSync(path)) : {};
}

/**
 * Changes values in `.env` and leaves every other line as it is; names that are not there yet follow at the end. The file is
 * replaced as a whole and readable by its owner only.
 *
 * @throws ENV_UNWRITABLE
 */
export function writeEnvFile(root: string, values: Record<string, string>): void {
  const path = join(root, '.env');
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
    writeFileSync(draft, withValues(before, values), { mode: 0o600, flag: 'wx' });
    renameSync(draft, path);
  } catch (error) {
    throw new AnchorError({
      code: 'ENV_UNWRITABLE',
      message: `${path} cannot be written: ${messageOf(error)}`,
      hint: 'Give this user the right to write it.',
      cause: error,
    });
  }
}

/** The pure part: lines such as `NAME=value`, `export NAME = "value"`, with any line ends. */
export function withValues(text: string, values: Record<string, string>): string {
  const left = new Map(Object.entries(values));
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const name = /^\s*(?:export\s+)?([\w.-]+)\s*[=:]/.exec(line.replace(/^\uFEFF/, ''))?.[1];
    if (name === undefined || values[name] === undefined) return [line];
    // a name that stands twice keeps one line: the last would win otherwise
    if (!left.has(name)) return [];
    left.delete(name);
    return [`${name}=${values[name]}`];
  });
  while (lines.at(-1) === '') lines.pop();
  return [...lines, ...[...left].map(([name, value]) => `${name}=${value}`), ''].join(end);
}
