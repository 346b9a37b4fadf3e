import { type Faults, shown } from './faults.ts';
import { isObject } from './hooks-check.ts';
import type { FormDefinition } from './integrations.ts';
import { suggestion } from './nearest.ts';

type Check = { expected: string; test: (value: unknown) => boolean; needed?: true };

const aText = (max: number): Check => ({
  expected: `a text of 1 to ${max} characters`,
  test: (value) => typeof value === 'string' && value.trim() !== '' && value.length <= max,
});
const aFlag: Check = { expected: 'true or false', test: (value) => typeof value === 'boolean' };
const aLength: Check = {
  expected: 'a whole number from 0 to 10000',
  test: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 10_000,
};

const KINDS = ['text', 'email', 'tel', 'number', 'date', 'select', 'checkbox', 'textarea'];

const FORM: Readonly<Record<string, Check>> = {
  title: { ...aText(200), needed: true },
  guidance: aText(2_000),
  kinds: {
    expected: "['deposit'], ['withdrawal'] or both",
    test: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((kind) => kind === 'deposit' || kind === 'withdrawal'),
  },
  fields: {
    expected: 'a list of at least one field',
    test: (value) => Array.isArray(value) && value.length > 0 && value.length <= 50,
    needed: true,
  },
};

const FIELD: Readonly<Record<string, Check>> = {
  name: {
    expected: 'letters, digits, dots and underscores, at most 64, beginning with a letter',
    test: (value) => typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_.]{0,63}$/.test(value),
    needed: true,
  },
  label: { ...aText(200), needed: true },
  kind: { expected: KINDS.join(', '), test: (value) => KINDS.includes(value as string) },
  required: aFlag,
  choices: {
    expected: "a list of { value: '...', label: '...' }",
    test: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every(
        (one) => isObject(one) && typeof one['value'] === 'string' && typeof one['label'] === 'string',
      ),
  },
  help: aText(1_000),
  placeholder: aText(200),
  autocomplete: aText(100),
  minLength: aLength,
  maxLength: aLength,
  validate: { expected: 'a function', test: (value) => typeof value === 'function' },
};

/** What a file in `forms/` exports by default. Undefined after a fault. */
export function checkForm(exported: unknown, where: string, faults: Faults): FormDefinition | undefined {
  const before = faults.list.length;
  if (!isObject(exported)) {
    const found = exported === undefined ? 'no default export' : shown(exported);
    faults.add(
      'CODE_INVALID',
      where,
      found,
      'End the file with: export default defineForm({ title, fields });',
    );
    return undefined;
  }
  checkRecord(exported, FORM, where, faults);
  const fields = Array.isArray(exported['fields']) ? exported['fields'] : [];
  const names = new Set<unknown>();
  for (const [index, field] of fields.entries()) {
    const at = `${where}: fields[${index}]`;
    if (!isObject(field)) {
      faults.add('CODE_INVALID', at, shown(field), 'A field is { name, label, ... }.');
      continue;
    }
    checkRecord(field, FIELD, at, faults);
    if (names.has(field['name']))
      faults.add('VALUES_CONFLICT', at, shown(field['name']), 'Field names are used once.');
    names.add(field['name']);
    if (field['kind'] === 'select' && field['choices'] === undefined) {
      faults.add('VALUE_MISSING', `${at}.choices`, 'nothing', 'A select needs its choices.');
    }
  }
  return faults.list.length === before ? (exported as unknown as FormDefinition) : undefined;
}

function checkRecord(
  record: Record<string, unknown>,
  checks: Readonly<Record<string, Check>>,
  where: string,
  faults: Faults,
): void {
  for (const name of Object.keys(record)) {
    if (!Object.hasOwn(checks, name)) {
      faults.add(
        'UNKNOWN_KEY',
        `${where}.${name}`,
        'not a key that exists',
        suggestion(name, Object.keys(checks)),
      );
    }
  }
  for (const [name, { expected, test, needed }] of Object.entries(checks)) {
    const value = record[name];
    if (value === undefined && needed)
      faults.add('VALUE_MISSING', `${where}.${name}`, 'nothing', `This must be ${expected}.`);
    else if (value !== undefined && !test(value)) {
      faults.add('VALUE_INVALID', `${where}.${name}`, shown(value), `This must be ${expected}.`);
    }
  }
}
