import { type FSWatcher, readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';

const IGNORED = new Set(['node_modules', 'data', 'dist', 'build', 'coverage', 'test', 'docs']);
const DEBOUNCE_MS = 100;

export interface Watcher {
  /** what has changed up to now is known: only what comes later counts */
  settle(): void;
  close(): void;
}

const ignored = (name: string): boolean =>
  IGNORED.has(name) ||
  (name.startsWith('.') && !/^\.env(?:\.\w+)?$/.test(name)) ||
  /(?:~|\.swp|\.tmp|\.log)$/.test(name);

/**
 * Tells when a file of a project has really changed: its content, not only its time. Folders of packages and data are left out,
 * which a recursive watch of the whole would walk through.
 */
export function watchProject(root: string, onChange: (file: string) => void): Watcher {
  const watchers = new Map<string, FSWatcher>();
  let known = contents(root);
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    watchFolders();
    const now = contents(root);
    const changed = [...new Set([...known.keys(), ...now.keys()])].find(
      (file) => known.get(file) !== now.get(file),
    );
    known = now;
    if (changed !== undefined) onChange(changed);
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(look, DEBOUNCE_MS);
  };
  const add = (folder: string, recursive: boolean) => {
    if (watchers.has(folder)) return;
    const watcher = watch(folder, { recursive }, (_event, file) => {
      if (file === null || !ignored(file.toString().split(/[\\/]/)[0] ?? '')) later();
    });
    watcher.on('error', () => {
      watcher.close();
      watchers.delete(folder);
    });
    watchers.set(folder, watcher);
  };
  const watchFolders = () => {
    add(root, false);
    for (const entry of readdirSync(root, { withFileTypes: true })) {
      if (entry.isDirectory() && !ignored(entry.name)) add(join(root, entry.name), true);
    }
  };
  watchFolders();
  return {
    settle() {
      known = contents(root);
    },
    close() {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

/** Files by their path, with what tells a change: the content of small ones, size and time of large ones. */
function contents(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (folder: string, shown: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (ignored(entry.name)) continue;
      const path = join(folder, entry.name);
      const name = shown === '' ? entry.name : `${shown}/${entry.name}`;
      if (entry.isDirectory()) walk(path, name);
      else if (entry.isFile()) found.set(name, fingerprint(path));
    }
  };
  walk(root, '');
  return found;
}

function fingerprint(path: string): string {
  try {
    const { size, mtimeMs } = statSync(path);
    return size < 100_000 ? readFileSync(path, 'latin1') : `${size} ${mtimeMs}`;
  } catch {
    return 'gone';
  }
}
