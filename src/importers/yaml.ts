import { badInput } from '../kernel/errors.ts';

/** What a configuration file holds. Scalars stay text: whoever reads them knows what they are. */
export type Value = string | null | Value[] | { [key: string]: Value };

interface Line {
  /** counted from 1 */
  at: number;
  indent: number;
  text: string;
}

/**
 * Reads the part of YAML that configuration files use: mappings and lists by indentation, one-line `[a, b]` and `{a: b}`, plain and quoted
 * scalars, comments. Anchors, tags, block texts (`|`, `>`), several documents and tabs are refused with their line, never misread. A
 * file that begins with `{` or `[` is read as JSON.
 *
 * @throws IMPORT_FILE_UNREADABLE (exit 2)
 */
export function parseYaml(source: string): Value {
  const text = source.replace(/^\uFEFF/, '');
  if (/^\s*[{[]/.test(text)) return fromJson(text);
  const lines = linesOf(text);
  const reader = { lines, next: 0 };
  const [first] = lines;
  if (first === undefined) return null;
  const value = block(reader, first.indent);
  const rest = lines[reader.next];
  if (rest !== undefined) throw unreadable(rest.at, 'its indentation fits nothing above it');
  return value;
}

const unreadable = (at: number, why: string) =>
  badInput(
    'IMPORT_FILE_UNREADABLE',
    `Line ${at} cannot be read: ${why}.`,
    'Write it plainly, or convert the file to JSON.',
  );

function fromJson(text: string): Value {
  try {
    return plain(JSON.parse(text));
  } catch {
    throw badInput(
      'IMPORT_FILE_UNREADABLE',
      'The file begins as JSON and is none.',
      'Check it with a JSON tool.',
    );
  }
}

function plain(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  }
  return String(value);
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const at = i + 1;
    const shown = withoutComment(raw, at).trimEnd();
    if (shown.trim() === '') continue;
    if (at === 1 && shown === '---') continue;
    if (/^(?:---|\.\.\.|%)/.test(shown))
      throw unreadable(at, 'several documents and directives are not read');
    const indent = shown.length - shown.trimStart().length;
    if (shown.slice(0, indent).includes('\t')) throw unreadable(at, 'it is indented by a tab');
    lines.push({ at, indent, text: shown.slice(indent) });
  }
  return lines;
}

/** A `#` begins a comment at the start of a line or after a space, outside of quotes. */
function withoutComment(line: string, at: number): string {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const char = line[i] as string;
    if (quote !== '') {
      if (char === '\\' && quote === '"') i++;
      else if (char === quote) quote = '';
    } else if ((char === '"' || char === "'") && /(?:^|[\s[{,:-])$/.test(line.slice(0, i))) quote = char;
    else if (char === '#' && (i === 0 || /\s/.test(line[i - 1] as string))) return line.slice(0, i);
  }
  if (quote !== '') throw unreadable(at, 'a quoted text does not end on it');
  return line;
}

interface Reader {
  lines: Line[];
  next: number;
}

const isItem = (text: string): boolean => text === '-' || text.startsWith('- ');

function block(reader: Reader, indent: number): Value {
  const line = reader.lines[reader.next] as Line;
  if (isItem(line.text)) return list(reader, indent);
  if (keyOf(line) !== null) return mapping(reader, indent);
  reader.next++;
  return scalar(line.text, line.at);
}

function list(reader: Reader, indent: number): Value[] {
  const items: Value[] = [];
  for (;;) {
    const line = reader.lines[reader.next];
    if (line === undefined || line.indent !== indent || !isItem(line.text)) return items;
    const rest = line.text.slice(1).trimStart();
    if (rest === '') {
      reader.next++;
      items.push(nested(reader, indent));
      continue;
    }
    // what follows the dash is a block of its own, indented by where it begins
    reader.lines[reader.next] = { at: line.at, indent: indent + line.text.length - rest.length, text: rest };
    items.push(block(reader, indent + line.text.length - rest.length));
  }
}

function mapping(reader: Reader, indent: number): Value {
  const found = new Map<string, Value>();
  for (;;) {
    const line = reader.lines[reader.next];
    if (line === undefined || line.indent !== indent || isItem(line.text)) break;
    const entry = keyOf(line);
    if (entry === null) throw unreadable(line.at, 'it is no `key: value`');
    if (found.has(entry.key)) throw unreadable(line.at, `${entry.key} stands twice`);
    reader.next++;
    found.set(entry.key, entry.rest === '' ? nested(reader, indent, true) : scalar(entry.rest, line.at));
  }
  return Object.fromEntries(found);
}

/** What is indented below a key or a dash; a list may stand at the key's own indentation. */
function nested(reader: Reader, indent: number, key = false): Value {
  const line = reader.lines[reader.next];
  if (line === undefined) return null;
  if (line.indent > indent) return block(reader, line.indent);
  return key && line.indent === indent && isItem(line.text) ? list(reader, indent) : null;
}

function keyOf({ text }: Line): { key: string; rest: string } | null {
  const match = /^(?:"([^"\\]*)"|'([^']*)'|([A-Za-z0-9_.-]+))\s*:(?:\s+(.*))?$/.exec(text);
  if (match === null) return null;
  return { key: match[1] ?? match[2] ?? match[3] ?? '', rest: match[4] ?? '' };
}

function scalar(text: string, at: number): Value {
  const reader = { text, at, i: 0 };
  const value = flow(reader, '');
  if (reader.i < text.length) throw unreadable(at, 'something follows its value');
  return value;
}

interface Flow {
  text: string;
  at: number;
  i: number;
}

const skip = (reader: Flow): void => {
  while (reader.text[reader.i] === ' ') reader.i++;
};

/** @param stops characters that end a plain scalar: inside of brackets */
function flow(reader: Flow, stops: string): Value {
  skip(reader);
  const char = reader.text[reader.i];
  if (char === '[') return flowList(reader);
  if (char === '{') return flowMapping(reader);
  if (char === '"' || char === "'") return quoted(reader, char);
  let end = reader.i;
  while (end < reader.text.length && !stops.includes(reader.text[end] as string)) end++;
  const plainText = reader.text.slice(reader.i, end).trim();
  reader.i = end;
  if (/^[&*!|>%@`]/.test(plainText) || (stops === '' && /:(?:\s|$)/.test(plainText))) {
    throw unreadable(reader.at, 'anchors, tags, block texts and nested keys on one line are not read');
  }
  return plainText === '' || plainText === '~' || plainText === 'null' ? null : plainText;
}

function flowList(reader: Flow): Value[] {
  const items: Value[] = [];
  reader.i++;
  for (;;) {
    skip(reader);
    if (reader.text[reader.i] === ']') break;
    items.push(flow(reader, ',]'));
    skip(reader);
    if (reader.text[reader.i] === ',') reader.i++;
    else if (reader.text[reader.i] !== ']') throw unreadable(reader.at, 'its [ does not end on it');
  }
  reader.i++;
  skip(reader);
  return items;
}

function flowMapping(reader: Flow): Value {
  const found = new Map<string, Value>();
  reader.i++;
  for (;;) {
    skip(reader);
    if (reader.text[reader.i] === '}') break;
    const key = flow(reader, ':,}');
    if (typeof key !== 'string' || reader.text[reader.i] !== ':' || found.has(key)) {
      throw unreadable(reader.at, 'its { holds something else than `key: value`');
    }
    reader.i++;
    found.set(key, flow(reader, ',}'));
    skip(reader);
    if (reader.text[reader.i] === ',') reader.i++;
    else if (reader.text[reader.i] !== '}') throw unreadable(reader.at, 'its { does not end on it');
  }
  reader.i++;
  skip(reader);
  return Object.fromEntries(found);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '"': '"', '\\': '\\', '/': '/' };

function quoted(reader: Flow, quote: string): string {
  let out = '';
  for (reader.i++; reader.i < reader.text.length; reader.i++) {
    const char = reader.text[reader.i] as string;
    if (char === '\\' && quote === '"') {
      const escaped = ESCAPES[reader.text[++reader.i] ?? ''];
      if (escaped === undefined) throw unreadable(reader.at, 'an escape of its quoted text is not read');
      out += escaped;
    } else if (char !== quote) out += char;
    else if (quote === "'" && reader.text[reader.i + 1] === "'") {
      out += "'";
      reader.i++;
    } else {
      reader.i++;
      skip(reader);
      return out;
    }
  }
  throw unreadable(reader.at, 'a quoted text does not end on it');
}
