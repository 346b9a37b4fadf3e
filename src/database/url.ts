import { isAbsolute, resolve } from 'node:path';
import { badInput } from '../kernel/errors.ts';

export type DatabaseAddress =
  | { dialect: 'sqlite'; path: string }
  /** `shown` is the address without its password */
  | { dialect: 'postgres'; url: string; shown: string };

/**
 * Reads `DATABASE_URL`.
 *
 * @param url `sqlite:PATH` (relative paths count from `root`) or `postgres://user:password@host/name`
 * @throws DATABASE_URL_INVALID (exit 2), DATABASE_MYSQL_UNSUPPORTED (exit 2); the URL is never repeated, it may hold a password
 */
export function parseDatabaseUrl(url: string, root: string): DatabaseAddress {
  if (/^(mysql2?|mariadb):/i.test(url)) {
    throw badInput(
      'DATABASE_MYSQL_UNSUPPORTED',
      'DATABASE_URL names MySQL, which is not supported yet.',
      'Use sqlite:data/anchor.db or postgres://user:password@host/name.',
    );
  }
  if (/^sqlite:/i.test(url)) return { dialect: 'sqlite', path: sqlitePath(url, root) };
  if (/^postgres(ql)?:\/\//i.test(url)) {
    const shown = withoutPassword(url);
    if (shown !== null) return { dialect: 'postgres', url, shown };
  }
  throw badInput(
    'DATABASE_URL_INVALID',
    'DATABASE_URL is not an address of a database that we know.',
    'Write sqlite:PATH or postgres://user:password@host:5432/name; percent-encode special characters in the password.',
  );
}

function sqlitePath(url: string, root: string): string {
  const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  if (path === '' || path.startsWith('//') || path.includes('\0') || path.includes(':memory:')) {
    throw badInput(
      'DATABASE_URL_INVALID',
      'DATABASE_URL must name a file after sqlite: (several processes share it, so it cannot be in memory).',
      'Write for example sqlite:data/anchor.db.',
    );
  }
  return isAbsolute(path) ? path : resolve(root, path);
}

function withoutPassword(url: string): string | null {
  try {
    const parsed = new URL(url);
    return `postgres://${parsed.host || 'localhost'}${parsed.pathname}`;
  } catch {
    return null;
  }
}
