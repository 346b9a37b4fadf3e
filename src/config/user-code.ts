import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../kernel/errors.ts';
import type { Faults } from './faults.ts';

export interface CodeOptions {
  /** other places for imports, e.g. `create-anchor` itself in our own tests */
  alias?: Record<string, string> | undefined;
}

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cjs'];

/** `name` with the first extension that exists, as an absolute path. */
export function findCode(folder: string, name: string): string | undefined {
  return EXTENSIONS.map((extension) => join(folder, name + extension)).find((file) => existsSync(file));
}

/** Source files directly in a folder, by id (name without extension), in the order of their names. */
export function listCode(folder: string): { id: string; file: string }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !/^[._]|\.d\.[mc]?ts$|\.test\.|\.spec\./.test(name))
    .flatMap((name) => {
      const extension = EXTENSIONS.find((one) => name.endsWith(one));
      return extension === undefined
        ? []
        : [{ id: name.slice(0, -extension.length), file: join(folder, name) }];
    })
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** By `require`: imported, Node would read through its 150 KB once more to find the names of its exports. */
const loadJiti = (): typeof import('jiti') => createRequire(import.meta.url)('jiti');

export interface CodeLoader {
  /** the module's exports, or undefined after a fault */
  load(file: string): Promise<Record<string, unknown> | undefined>;
  /** path of a file for people: relative to the project */
  shown(file: string): string;
}

/** Loads TypeScript and JavaScript of the project without a build step. One loader for all, so that modules are shared. */
export async function codeLoader(root: string, options: CodeOptions, faults: Faults): Promise<CodeLoader> {
  const { createJiti } = loadJiti();
  const jiti = createJiti(join(root, 'anchor.toml'), {
    fsCache: cacheFolder(root),
    ...(options.alias === undefined ? {} : { alias: options.alias }),
  });
  const shown = (file: string) => relative(root, file).split(sep).join('/');
  return {
    shown,
    async load(file) {
      try {
        const module = (await jiti.import(file)) as Record<string, unknown>;
        // asked plainly, jiti answers the module itself for a default export that is not there
        const own = Object.getOwnPropertyDescriptor(module, 'default');
        return { ...module, default: own?.get ? own.get.call(module) : own?.value };
      } catch (error) {
        const reason = messageOf(error).split('\n')[0]?.trim() ?? '';
        faults.add(
          'CODE_UNLOADABLE',
          placeOf(error, root) ?? shown(file),
          reason,
          `${shown(file)} cannot be loaded.`,
        );
        return undefined;
      }
    },
  };
}

/** Inside the project or not at all: a shared temporary folder would let others put code in. */
function cacheFolder(root: string): string | false {
  const modules = join(root, 'node_modules');
  try {
    accessSync(modules, constants.W_OK);
    return join(modules, '.cache', 'jiti');
  } catch {
    return false;
  }
}

/** `integrations.ts:12:5`: the first place in the project's own code that an error names. */
export function placeOf(error: unknown, root: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const trace = `${error.message}\n${error.stack ?? ''}\n${requireStack(error)}`.replace(
    /file:\/\/[^\s:)]+/g,
    (url) => safePath(url),
  );
  const escaped = (root + sep).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  for (const match of trace.matchAll(new RegExp(`${escaped}([^\\s:()]+)((?::\\d+){0,2})`, 'g'))) {
    const [, file = '', position = ''] = match;
    if (!file.includes('node_modules')) return file.split(sep).join('/') + position;
  }
  return undefined;
}

const requireStack = (error: Error): string =>
  ((error as { requireStack?: string[] }).requireStack ?? []).join('\n');

function safePath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
