import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AnchorError } from '../kernel/errors.ts';

export const CONFIG_FILE = 'anchor.toml';

/**
 * The folder with anchor.toml: `dir` or the nearest one above it.
 *
 * @param dir a folder, or the path of an anchor.toml itself
 * @throws PROJECT_NOT_FOUND
 */
export function findProjectRoot(dir: string): string {
  const start = resolve(dir);
  let folder = isFile(start) ? dirname(start) : start;
  for (;;) {
    if (isFile(join(folder, CONFIG_FILE))) return folder;
    const above = dirname(folder);
    if (above === folder) break;
    folder = above;
  }
  throw new AnchorError({
    code: 'PROJECT_NOT_FOUND',
    message: `There is no ${CONFIG_FILE} in ${start} or any folder above it.`,
    hint: 'Run this inside a project, or with --config DIR. A new project: npx create-anchor my-anchor',
  });
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();
