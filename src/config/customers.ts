import type { CustomerFieldDefinition, CustomersIntegration } from './customer-hooks.ts';
import { type Faults, shown } from './faults.ts';
import { isObject } from './hooks-check.ts';
import { nearest } from './nearest.ts';
import { type FieldKind, type FieldType, fieldType, mainName, RESERVED_NAMES, SEP9_FIELDS } from './sep9.ts';

/** A field as the anchor asks for it. */
export interface CustomerFieldRule extends Omit<CustomerFieldDefinition, 'type' | 'description' | 'pattern'> {
  readonly name: string;
  readonly type: FieldType;
  readonly kind: FieldKind;
  /** by language, where SEP-9's own text is not used */
  readonly descriptions: Readonly<Record<string, string>> | undefined;
  readonly pattern: RegExp | undefined;
}

export interface AskedField {
  readonly name: string;
  readonly optional: boolean;
}

/** What is asked of whom: types in the order in which they were declared, the first is meant where a request names none. */
export interface CustomerRules {
  readonly types: ReadonlyMap<string, readonly AskedField[]>;
  readonly fields: ReadonlyMap<string, CustomerFieldRule>;
}

/** The types that other SEPs name, where the anchor does not say what they need. */
const PRESETS: Readonly<Record<string, readonly string[]>> = {
  sep6: ['first_name', 'last_name', 'email_address', 'bank_account_number?', 'bank_number?'],
  'sep31-sender': ['first_name', 'last_name', 'email_address?'],
  'sep31-receiver': ['first_name', 'last_name', 'bank_account_number', 'bank_number?', 'email_address?'],
};

const TYPE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;
/** endings by which requests speak of a field's code and file (S12-27, S12-28) */
const ENDINGS = /_(?:verification|file_id)$/;
const TYPES: readonly unknown[] = ['string', 'number', 'date', 'binary'];

type Declared = Pick<CustomersIntegration, 'types' | 'fields'>;
interface Source {
  where: string;
  declared: unknown;
}

/**
 * What `[customers]` in anchor.toml and `customers` in integrations.ts declare, each fault told. Code adds to the file.
 *
 * @param code null where the anchor's code was not loaded: what only it describes is then taken as it stands
 */
export function readCustomers(
  toml: unknown,
  code: Declared | null | undefined,
  faults: Faults,
): CustomerRules {
  const sources: Source[] = [
    { where: 'anchor.toml: customers', declared: toml },
    { where: 'integrations.ts: customers', declared: code },
  ];
  const definitions = new Map<string, CustomerFieldDefinition>();
  const types = new Map<string, readonly string[]>();
  for (const source of sources) {
    for (const [name, value] of tableOf(source, 'fields', faults)) {
      const definition = checkDefinition(`${source.where}.fields.${name}`, name, value, faults);
      if (definition !== undefined) {
        definitions.set(mainName(name), { ...definitions.get(mainName(name)), ...definition });
      }
    }
    for (const [name, value] of tableOf(source, 'types', faults)) {
      const at = `${source.where}.types.${name}`;
      if (!TYPE_NAME.test(name))
        faults.add('VALUE_INVALID', at, shown(name), 'A type is named like sep31-sender.');
      else if (isNames(value)) types.set(name, value);
      else faults.add('VALUE_INVALID', at, shown(value), 'This must be a list of field names, each once.');
    }
  }
  for (const [name, names] of Object.entries(PRESETS)) if (!types.has(name)) types.set(name, names);
  return {
    types: new Map([...types].map(([name, names]) => [name, askedOf(names)])),
    fields: rulesFor(types, definitions, code === null, faults),
  };
}

/** Codes that nobody sends would keep customers waiting for ever: only the sandbox, which logs them, does without. */
export function checkCodes(
  rules: CustomerRules,
  code: Pick<CustomersIntegration, 'sendCode'> | undefined,
  network: string,
  faults: Faults,
): void {
  const field = [...rules.fields.values()].find(({ verify }) => verify === true);
  if (network === 'sandbox' || field === undefined || code?.sendCode !== undefined) return;
  const fix = `${field.name} is confirmed with a code: write the function sendCode, which sends it.`;
  faults.add('HOOK_MISSING', 'integrations.ts: customers.sendCode', `nothing, on network ${network}`, fix);
}

/** What is asked where nothing is declared: for tests, and for projects that were made by hand. */
export function presetCustomers(): CustomerRules {
  const types = new Map(Object.entries(PRESETS));
  return {
    types: new Map([...types].map(([name, names]) => [name, askedOf(names)])),
    fields: new Map(
      [...types.values()]
        .flat()
        .map((text) => [plain(text), ruleOf(plain(text), undefined) as CustomerFieldRule]),
    ),
  };
}

const plain = (text: string): string => mainName(text.replace(/\?$/, ''));

export const askedOf = (names: readonly string[]): AskedField[] =>
  names.map((text) => ({ name: plain(text), optional: text.endsWith('?') }));

function tableOf(source: Source, name: 'types' | 'fields', faults: Faults): [string, unknown][] {
  const table = isObject(source.declared) ? source.declared[name] : undefined;
  if (table === undefined) return [];
  if (isObject(table)) return Object.entries(table);
  faults.add('VALUE_INVALID', `${source.where}.${name}`, shown(table), 'This must be a table.');
  return [];
}

function isNames(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= 100 &&
    value.every((one) => typeof one === 'string') &&
    new Set(value.map((one) => plain(one as string))).size === value.length
  );
}

function rulesFor(
  types: ReadonlyMap<string, readonly string[]>,
  definitions: ReadonlyMap<string, CustomerFieldDefinition>,
  lenient: boolean,
  faults: Faults,
): Map<string, CustomerFieldRule> {
  const rules = new Map<string, CustomerFieldRule>();
  const names = [...definitions.keys(), ...[...types.values()].flat().map(plain)];
  for (const name of new Set(names)) {
    const rule = ruleOf(name, definitions.get(name) ?? (lenient ? { description: name } : undefined));
    if (rule !== undefined) rules.set(name, rule);
    else {
      const near = nearest(name, [...SEP9_FIELDS.keys()]);
      const own = `declare it: [customers.fields.${JSON.stringify(name)}] with a description`;
      const fix =
        near === undefined ? `SEP-9 has no such field; ${own}.` : `Did you mean ${near}? Otherwise ${own}.`;
      faults.add('VALUE_INVALID', `customers: ${name}`, 'not a field that wallets know', fix);
    }
  }
  return rules;
}

const KIND_OF_TYPE: Readonly<Record<FieldType, FieldKind>> = {
  string: 'lines',
  number: 'count',
  date: 'date',
  binary: 'image_or_video',
};

/** Undefined for a field that neither SEP-9 nor the anchor describes (S9-14). */
function ruleOf(
  name: string,
  definition: CustomerFieldDefinition | undefined,
): CustomerFieldRule | undefined {
  const known = SEP9_FIELDS.get(name);
  const type = definition?.type ?? (known === undefined ? 'string' : fieldType(known, name));
  const { description, pattern, ...rest } = definition ?? {};
  if (known === undefined && description === undefined) return undefined;
  return {
    ...rest,
    name,
    type,
    kind: known !== undefined && fieldType(known, name) === type ? known : KIND_OF_TYPE[type],
    descriptions: typeof description === 'string' ? { en: description } : description,
    pattern: pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`, 'u'),
  };
}

const isLength = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 10_000;
const isText = (value: unknown): boolean =>
  typeof value === 'string' && value.trim() !== '' && value.length <= 1_000;

const CHECKS: Readonly<Record<keyof CustomerFieldDefinition, [string, (value: unknown) => boolean]>> = {
  type: ['string, number, date or binary', (value) => TYPES.includes(value)],
  description: [
    'a text, or texts by language such as { en = "…", es = "…" } with an English one',
    (value) =>
      isText(value) || (isObject(value) && isText(value['en']) && Object.values(value).every(isText)),
  ],
  choices: [
    'a list of texts, each once',
    (value) =>
      Array.isArray(value) && value.length > 0 && value.every(isText) && new Set(value).size === value.length,
  ],
  minLength: ['a whole number from 0 to 10000', isLength],
  maxLength: ['a whole number from 0 to 10000', isLength],
  pattern: ['a regular expression', isPattern],
  verify: ['true or false', (value) => typeof value === 'boolean'],
  validate: ['a function', (value) => typeof value === 'function'],
};

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && new RegExp(value, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** anchor.toml writes names with underscores. */
const CODE_NAMES: Readonly<Record<string, string>> = { min_length: 'minLength', max_length: 'maxLength' };

function checkDefinition(
  where: string,
  name: string,
  value: unknown,
  faults: Faults,
): CustomerFieldDefinition | undefined {
  if (!FIELD_NAME.test(name) || ENDINGS.test(name) || RESERVED_NAMES.includes(name)) {
    faults.add(
      'VALUE_INVALID',
      where,
      shown(name),
      'SEP-12 uses this name itself, or it is not a field name.',
    );
    return undefined;
  }
  if (!isObject(value)) {
    faults.add('VALUE_INVALID', where, shown(value), 'A field is a table: { description = "…" }.');
    return undefined;
  }
  const found: Record<string, unknown> = {};
  for (const [given, one] of Object.entries(value)) {
    const key = CODE_NAMES[given] ?? given;
    const check = Object.hasOwn(CHECKS, key) ? CHECKS[key as keyof CustomerFieldDefinition] : undefined;
    if (check === undefined) {
      const near = nearest(given, Object.keys(CHECKS));
      const fix =
        near === undefined ? `Known are ${Object.keys(CHECKS).join(', ')}.` : `Did you mean ${near}?`;
      faults.add('UNKNOWN_KEY', `${where}.${given}`, 'not a key that exists', fix);
    } else if (one === undefined || check[1](one)) found[key] = one;
    else faults.add('VALUE_INVALID', `${where}.${given}`, shown(one), `This must be ${check[0]}.`);
  }
  return found as CustomerFieldDefinition;
}
