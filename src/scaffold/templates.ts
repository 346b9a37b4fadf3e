import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export interface Template {
  /** with `/`, relative to the template's folder, e.g. `anchor.toml.ejs`, `_gitignore` */
  path: string;
  text: string;
}

/** The starter project as it lies in `templates/project`. */
export function readTemplates(packageRoot: string): Template[] {
  const folder = join(packageRoot, 'templates', 'project');
  const walk = (at: string): string[] =>
    readdirSync(at)
      .sort()
      .flatMap((name) => (statSync(join(at, name)).isDirectory() ? walk(join(at, name)) : [join(at, name)]));
  return walk(folder).map((file) => ({
    path: relative(folder, file).split(sep).join('/'),
    text: readFileSync(file, 'utf8'),
  }));
}
