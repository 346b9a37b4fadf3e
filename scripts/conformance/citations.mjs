// Which test cites which requirement: the numbers stand in the strings of the tests, in titles or in the rows of tables.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../ensure-installed.mjs';

const ID = String.raw`S(?:\d+|C|O|V)-[PFM]?\d+`;
// `S24-M01 to S24-M04`, `S24-35..36`
const RANGE = new RegExp(`(${ID})(?:(?: to |\\.\\.|–)(?:S(?:\\d+|C|O|V)-)?[PFM]?(\\d+))?`, 'g');
const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const TITLE = /\b(?:it|test|describe)(?:\.\w+)*\($/;
export const MOST_PER_TEST = 5;

function* files(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else if (name.endsWith('.test.ts')) yield path;
  }
}

/** The numbers in a text, ranges written out. */
export function idsIn(text) {
  const ids = [];
  for (const [, first, last] of text.matchAll(RANGE)) {
    const [, stem, number] = /^(.*?)(\d+)$/.exec(first);
    if (last === undefined || Number(last) < Number(number)) ids.push(first);
    else
      for (let i = Number(number); i <= Number(last); i++)
        ids.push(stem + String(i).padStart(number.length, '0'));
  }
  return ids;
}

/** By number: the tests that cite it, `{file, title}`; and those that cite too many. */
export function citations() {
  const cited = new Map();
  const crowded = [];
  for (const path of files(join(root, 'test'))) {
    const source = readFileSync(path, 'utf8');
    const file = relative(root, path);
    for (const match of source.matchAll(STRING)) {
      const title = match[0].slice(1, -1);
      const ids = new Set(idsIn(title));
      if (ids.size === 0) continue;
      const isTest = TITLE.test(source.slice(0, match.index).trimEnd());
      if (isTest && ids.size > MOST_PER_TEST) crowded.push({ file, title });
      for (const id of ids) {
        const tests = cited.get(id) ?? [];
        if (!tests.some((test) => test.file === file && test.title === title)) tests.push({ file, title });
        cited.set(id, tests);
      }
    }
  }
  return { cited, crowded };
}
