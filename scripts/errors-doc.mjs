// Writes docs/reference/errors.md from the codes in src/: run it after adding one (`node scripts/errors-doc.mjs`).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './ensure-installed.mjs';

const CODE =
  /(?:code:\s*|(?:badInput|notFound|[a-z]\w*(?:Error|Fault|Input|Usage))\(\s*)'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
const TEXT = /(?:'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/;

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (path.endsWith('.ts')) yield path;
  }
}

const tidy = (text) =>
  (text ?? '')
    .replace(/\\(['`])/g, '$1')
    .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…')
    .replace(/\|/g, '\\|')
    .replace(/\s+/g, ' ');

/** Every code with the first message and hint that follow it, and the rooms that use it. */
export function collectCodes() {
  const found = new Map();
  for (const path of files(join(root, 'src'))) {
    const source = readFileSync(path, 'utf8');
    for (const match of source.matchAll(CODE)) {
      const code = match[1];
      const rest = source.slice(match.index + match[0].length, match.index + 700);
      const end = /(?:throw|return|new AnchorError|badInput\(|notFound\()/.exec(rest)?.index ?? rest.length;
      const own = rest.slice(0, end);
      const message = TEXT.exec(own.includes('message:') ? own.slice(own.indexOf('message:')) : own);
      const hint = own.includes('hint:') ? TEXT.exec(own.slice(own.indexOf('hint:'))) : null;
      const entry = found.get(code) ?? { message: '', hint: '', rooms: new Set() };
      entry.message ||= tidy(message?.[1] ?? message?.[2]);
      entry.hint ||= tidy(hint?.[1] ?? hint?.[2]);
      entry.rooms.add(relative(join(root, 'src'), path).split('/')[0]);
      found.set(code, entry);
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function errorsPage() {
  const rows = [...collectCodes()].map(
    ([code, { message, hint, rooms }]) =>
      `| \`${code}\` | ${message} | ${hint} | ${[...rooms].sort().join(', ')} |`,
  );
  return [
    '# Error codes',
    '',
    'Every error has a code, says what happened and, where there is one, what to do. Commands print it as `error[CODE]`, with `--json`',
    'as `{"error":{"code","message","hint"}}`; the protocol endpoints answer `{"error": "…"}`. `…` stands for what differs.',
    '',
    '| code | what happened | what to do | where |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (process.argv[1]?.endsWith('errors-doc.mjs'))
  writeFileSync(join(root, 'docs', 'reference', 'errors.md'), errorsPage());
