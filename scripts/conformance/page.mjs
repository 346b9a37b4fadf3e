// docs/reference/conformance.md: every requirement with its level and the test that proves it, or the sentence why there is none.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../ensure-installed.mjs';
import { citations } from './citations.mjs';

const FOLDER = join(root, 'test', 'conformance');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

const GROUPS = {
  SC: 'What all SEPs share',
  S1: 'SEP-1 2.7.0: stellar.toml',
  S6: 'SEP-6 4.3.0: programmatic deposit and withdrawal',
  S9: 'SEP-9 1.17: customer fields',
  S10: 'SEP-10 3.4.1: web authentication',
  S12: 'SEP-12 1.15.0: customers',
  S24: 'SEP-24 3.8.0: hosted deposit and withdrawal',
  S31: 'SEP-31 3.1.0: payments between anchors',
  S38: 'SEP-38 2.5.0: quotes',
  S45: 'SEP-45 0.1.1: authentication of contract accounts',
  SO: 'Other SEPs',
  SV: 'Risks that the SEPs name',
};

/** Every requirement with what proves it. `reason`: the sentence where it is not done, or is done by others that are named. */
export function results() {
  const requirements = read(join(FOLDER, 'requirements.json'));
  const reasons = read(join(FOLDER, 'reasons.json'));
  const { cited, crowded } = citations();
  const known = new Set(requirements.map(({ id }) => id));
  return {
    crowded,
    unknown: [...new Set([...cited.keys(), ...Object.keys(reasons)])].filter((id) => !known.has(id)).sort(),
    rows: requirements.map((one) => ({
      ...one,
      tests: cited.get(one.id) ?? [],
      reason: reasons[one.id],
    })),
  };
}

export const isOpen = ({ tests, reason }) => tests.length === 0 && reason === undefined;

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function proof({ tests, reason }) {
  const [first] = tests;
  const shown =
    first === undefined
      ? ''
      : `[${first.file.replace(/^test\//, '')}](../../${first.file})${tests.length > 1 ? ` and ${tests.length - 1} more` : ''}`;
  if (reason !== undefined) return [reason, shown].filter(Boolean).join(' ');
  return shown || '**no test**';
}

function suite() {
  const path = join(root, 'docs', 'reference', 'suite.json');
  if (!existsSync(path)) return 'It has not been run on this version.';
  const { commit, passed, failed, skipped, seps } = read(path);
  const rows = Object.entries(seps).map(([sep, one]) => `| SEP-${sep} | ${one.passed} | ${one.failed} |`);
  return [
    `At its commit ${commit === null ? 'unknown' : `\`${commit}\``}: ${passed} passed, ${failed} failed, ${skipped} skipped (those for anchors that`,
    'demand no login in SEP-6).',
    '',
    '| | passed | failed |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

export function page() {
  const { rows } = results();
  const count = (level) => {
    const all = rows.filter((row) => row.level === level);
    const tested = all.filter((row) => row.tests.length > 0).length;
    const open = all.filter(isOpen).length;
    return `| ${level} | ${all.length} | ${tested} | ${all.length - tested - open} | ${open} |`;
  };
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const own = rows.filter(({ id }) => id.startsWith(`${group}-`));
    const lines = own.map((row) => `| ${row.id} | ${row.level} | ${cell(row.says)} | ${cell(proof(row))} |`);
    return [`## ${title}`, '', '| | level | requirement | proof |', '|---|---|---|---|', ...lines].join('\n');
  });
  return `${[
    '# Conformance',
    '',
    'Written by `npm run conformance` from the tests: each requirement of the SEPs that an anchor needs, its level, and the first of the tests',
    'that cite its number. `npm run conformance -- --mutate` breaks listed behaviours one at a time: each must turn a citing test red.',
    '',
    '| level | requirements | with a test | with a sentence | open |',
    '|---|---|---|---|---|',
    ...['MUST', 'SHOULD', 'MAY'].map(count),
    '',
    '## The official anchor test suite',
    '',
    '`npm run suite -- DIR` runs a checkout of github.com/stellar/stellar-anchor-tests against a new project on the sandbox.',
    '',
    suite(),
    '',
    groups.join('\n\n'),
  ].join('\n')}\n`;
}
