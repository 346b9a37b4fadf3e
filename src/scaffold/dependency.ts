import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';

/** How a project depends on this package. */
export interface OwnDependency {
  /** for package.json */
  spec: string;
  version: string;
  /** folder of this package */
  root: string;
}

/**
 * By version when this runs from the registry, by path when it runs from a checkout or was installed from a tarball.
 * `CREATE_ANCHOR_SPEC` overrides both.
 */
export function ownDependency(
  env: Record<string, string | undefined>,
  from = import.meta.dirname,
): OwnDependency {
  let root = from;
  while (!existsSync(join(root, 'package.json'))) root = dirname(root);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const override = env.CREATE_ANCHOR_SPEC;
  if (override !== undefined && override !== '') return { spec: override, version, root };
  if (!root.split(sep).includes('node_modules')) return { spec: `file:${root}`, version, root };
  const tarball = installedFrom(root);
  return { spec: tarball === null ? version : `file:${tarball}`, version, root };
}

/** npm notes in its hidden lockfile what it installed a package from. */
function installedFrom(root: string): string | null {
  const modules = dirname(root);
  try {
    const lock = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as {
      packages?: Record<string, { resolved?: string }>;
    };
    const resolved = lock.packages?.[`node_modules/${basename(root)}`]?.resolved;
    if (resolved === undefined || !resolved.startsWith('file:')) return null;
    const path = resolve(dirname(modules), decodeURIComponent(resolved.slice('file:'.length)));
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}
