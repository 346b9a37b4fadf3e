import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

let found: { root: string; version: string } | undefined;

/** The folder of this package and its version, from source, from the bundle and when installed. */
export function packageRoot(): { root: string; version: string } {
  if (found !== undefined) return found;
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  found = { root: folder, version };
  return found;
}
