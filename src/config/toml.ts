import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { messageOf } from '../kernel/errors.ts';
import { isSeed } from '../kernel/strkey.ts';
import { type Faults, shown } from './faults.ts';
import { nearest, suggestion } from './nearest.ts';
import { CONFIG_FILE } from './root.ts';
import { SETTINGS, type SettingPath, type SettingValue } from './settings.ts';

export interface TomlValues {
  get<P extends SettingPath>(path: P): SettingValue<P>;
  /** whether the key is written in the file */
  has(path: SettingPath): boolean;
}

const PATHS = Object.keys(SETTINGS) as SettingPath[];
const SECTIONS = [
  ...new Set(PATHS.filter((path) => path.includes('.')).map((path) => path.split('.')[0] as string)),
];
const TOP = [...SECTIONS, ...PATHS.filter((path) => !path.includes('.'))];

/** Reads and checks anchor.toml; what is wrong goes to `faults` and takes its preset. */
export function readToml(root: string, faults: Faults): TomlValues {
  const found = new Map<SettingPath, unknown>();
  for (const [path, value] of flatten(parseFile(root, faults), faults)) {
    if (isSeed(value)) {
      misplacedSecret(`${CONFIG_FILE}: ${path}`, faults);
      continue;
    }
    const reader = SETTINGS[path].reader;
    const read = reader.read(value);
    if (read !== undefined) found.set(path, read);
    else
      faults.add(
        'VALUE_INVALID',
        `${CONFIG_FILE}: ${path}`,
        shown(value),
        `This must be ${reader.expected}.`,
      );
  }
  return {
    get: <P extends SettingPath>(path: P) => (found.get(path) ?? SETTINGS[path].preset) as SettingValue<P>,
    has: (path) => found.has(path),
  };
}

function parseFile(root: string, faults: Faults): Record<string, unknown> {
  try {
    const source = readFileSync(join(root, CONFIG_FILE), 'utf8').replace(/^\uFEFF/, '');
    return parse(source);
  } catch (error) {
    const where = error instanceof TomlError ? `${CONFIG_FILE}:${error.line}:${error.column}` : CONFIG_FILE;
    // the message quotes the line, which may hold a secret that does not belong here
    const reason = messageOf(error).split('\n')[0] ?? '';
    faults.add('TOML_UNREADABLE', where, reason, 'Texts are quoted, lists are written [1, 10, 24].');
    return {};
  }
}

/** Known keys with their values; unknown ones become faults. */
function flatten(document: Record<string, unknown>, faults: Faults): [SettingPath, unknown][] {
  const known: [SettingPath, unknown][] = [];
  for (const [key, value] of Object.entries(document)) {
    if (isPath(key)) known.push([key, value]);
    else if (!SECTIONS.includes(key)) unknownKey(key, key, value, TOP, faults);
    else if (!isTable(value)) {
      const inside = PATHS.filter((path) => path.startsWith(`${key}.`)).join(', ');
      faults.add(
        'VALUE_INVALID',
        `${CONFIG_FILE}: ${key}`,
        shown(value),
        `This is a section: [${key}] with ${inside}.`,
      );
    } else known.push(...section(key, value, faults));
  }
  return known;
}

function section(name: string, table: Record<string, unknown>, faults: Faults): [SettingPath, unknown][] {
  const known: [SettingPath, unknown][] = [];
  const inside = PATHS.filter((path) => path.startsWith(`${name}.`)).map((path) =>
    path.slice(name.length + 1),
  );
  for (const [key, value] of Object.entries(table)) {
    const path = `${name}.${key}`;
    if (isPath(path)) known.push([path, value]);
    else unknownKey(path, key, value, inside, faults);
  }
  return known;
}

function unknownKey(
  path: string,
  key: string,
  value: unknown,
  here: readonly string[],
  faults: Faults,
): void {
  const where = `${CONFIG_FILE}: ${path}`;
  if (isSeed(value)) {
    misplacedSecret(where, faults);
    return;
  }
  // the right name in the wrong place: the same key in another section
  const elsewhere = PATHS.find((other) => other.split('.').at(-1) === key);
  const fix =
    elsewhere !== undefined && nearest(key, here) === undefined
      ? `Did you mean ${elsewhere}?`
      : suggestion(key, here);
  faults.add('UNKNOWN_KEY', where, 'not a key that exists', fix);
}

function misplacedSecret(where: string, faults: Faults): void {
  const fix = 'Secrets belong in .env: remove it here, and use another key from now on.';
  faults.add('SECRET_MISPLACED', where, 'a secret key', fix);
}

const isPath = (key: string): key is SettingPath => Object.hasOwn(SETTINGS, key);

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
