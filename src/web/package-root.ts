import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '../kernel/errors.ts';

function find(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'templates', 'pages', 'layout.ejs'))) {
    assert(dirname(folder) !== folder, 'the package has its templates');
    folder = dirname(folder);
  }
  return folder;
}

let root: string | undefined;

/** The folder of this package that holds `templates/`: the same from `src/` and from the bundles in `dist/`. */
export function packageRoot(): string {
  root ??= find();
  return root;
}
