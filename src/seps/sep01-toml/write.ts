import { AnchorError } from '../../kernel/errors.ts';

/** Values as JSON has them; null and undefined are left out. */
export type TomlValue = unknown;
export type TomlTable = Record<string, TomlValue>;

const BARE_KEY = /^[A-Za-z0-9_-]+$/;
const ESCAPES: Record<string, string> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

export function tomlInvalid(what: string): AnchorError {
  return new AnchorError({
    code: 'TOML_INVALID',
    message: `stellar.toml cannot be written: ${what}.`,
    hint: 'Correct the toml integration in integrations.ts, or the organization in anchor.toml.',
  });
}

/**
 * TOML that the grammar of version 0.4 reads too, for wallets with old parsers (S1-05): basic strings, arrays of one type, no
 * inline tables, no dotted keys.
 *
 * @throws TOML_INVALID for an array of mixed types or a value that TOML has no form for
 */
export function writeToml(table: TomlTable): string {
  const lines: string[] = [];
  writeTable(lines, [], table);
  return `${lines.join('\n').trim()}\n`;
}

/** Plain values first: what follows a table header belongs to that table. */
function writeTable(lines: string[], path: string[], table: TomlTable): void {
  const entries = Object.entries(table).filter(([, value]) => value !== null && value !== undefined);
  for (const [name, value] of entries) {
    if (!isTable(value) && !isTables(value)) lines.push(`${key(name)} = ${inline([...path, name], value)}`);
  }
  for (const [name, value] of entries) {
    const inner = [...path, name];
    if (isTable(value)) {
      lines.push('', `[${inner.map(key).join('.')}]`);
      writeTable(lines, inner, value);
    } else if (isTables(value)) {
      for (const item of value) {
        lines.push('', `[[${inner.map(key).join('.')}]]`);
        writeTable(lines, inner, item);
      }
    }
  }
}

const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTables = (value: unknown): value is TomlTable[] =>
  Array.isArray(value) && value.length > 0 && value.every(isTable);

const key = (name: string): string => (BARE_KEY.test(name) ? name : quoted(name));

function inline(path: string[], value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return number(value);
  if (Array.isArray(value) && value.every((item) => typeof item === typeof value[0] && !isTable(item))) {
    return `[${value.map((item) => inline(path, item)).join(', ')}]`;
  }
  throw tomlInvalid(`${path.join('.')} has no form in TOML`);
}

function number(value: number): string {
  const text = String(value);
  // 1e21 is a float in TOML only with a point or as here with an exponent; integers must stay plain digits
  return Number.isInteger(value) && text.includes('e') ? BigInt(value).toString() : text;
}

/** Control characters escaped, halves of surrogate pairs replaced: they are no Unicode text. */
function quoted(text: string): string {
  const escaped = text
    .toWellFormed()
    .replace(/[\u0000-\u001f"\\\u007f-\u009f\u2028\u2029\ufeff]/g, (char) => {
      return ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`;
    });
  return `"${escaped}"`;
}
