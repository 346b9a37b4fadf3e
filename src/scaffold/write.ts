import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import type { PlannedFile } from './plan.ts';

/**
 * Refuses a directory that holds files, unless forced. A lone `.git` is no file of anybody's.
 *
 * @throws DIRECTORY_NOT_EMPTY, DIRECTORY_IS_A_FILE
 */
export function checkTarget(directory: string, force: boolean): void {
  let names: string[];
  try {
    if (!lstatSync(directory, { throwIfNoEntry: false })) return;
    names = readdirSync(directory).filter((name) => name !== '.git');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new AnchorError({
      code:
        (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? 'DIRECTORY_IS_A_FILE' : 'DIRECTORY_UNUSABLE',
      message: `${directory} cannot be used as a directory: ${messageOf(error)}`,
      hint: 'Choose another name.',
      cause: error,
    });
  }
  if (names.length === 0 || force) return;
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
  throw new AnchorError({
    code: 'DIRECTORY_NOT_EMPTY',
    message: `${directory} is not empty: it holds ${shown}.`,
    hint: 'Choose another directory, or add --force: it overwrites the files of the new project and leaves all others.',
  });
}

/** What `.env` of an earlier project in this directory says; its keys may be the only copies. */
export function existingEnv(directory: string): string | null {
  const path = join(directory, '.env');
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

/** Writes exactly the planned files, each whole or not at all. @throws WRITE_FAILED */
export function writeFiles(directory: string, files: readonly PlannedFile[]): void {
  // .gitignore comes before the secrets that it keeps out of git
  const order = files.toSorted((a, b) => Number(b.path === '.gitignore') - Number(a.path === '.gitignore'));
  for (const file of order) {
    const path = join(directory, ...file.path.split('/'));
    const draft = `${path}.new-${process.pid}`;
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(draft, file.text, { mode: file.mode, flag: 'wx' });
      chmodSync(draft, file.mode);
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw new AnchorError({
        code: 'WRITE_FAILED',
        message: `${path} cannot be written: ${messageOf(error)}`,
        hint: 'Mend this and run create-anchor again with --force.',
        cause: error,
      });
    }
  }
}
