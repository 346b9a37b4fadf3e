import { isIP } from 'node:net';
import type { CustomerFieldRule } from '../config/customers.ts';
import type { FieldKind } from '../config/sep9.ts';
import { ALPHA_2, ALPHA_3, LANGUAGES } from './codes.ts';
import { fieldInvalid } from './errors.ts';
import type { MessageKey, Translate } from './messages/index.ts';

const MAX_CHARS = 1_000;
const MAX_LINES_CHARS = 4_000;
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const LINE_CONTROL = /[\u0000-\u001f\u007f]/;

/** A real day of the calendar, `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Check digits of a Mexican CLABE: 18 digits, weights 3 7 1. */
function isClabe(text: string): boolean {
  if (!/^\d{18}$/.test(text)) return false;
  const weights = [3, 7, 1];
  const sum = [...text.slice(0, 17)].reduce(
    (all, digit, at) => all + ((Number(digit) * (weights[at % 3] ?? 0)) % 10),
    0,
  );
  return (10 - (sum % 10)) % 10 === Number(text[17]);
}

/** Check digits of an Argentine CBU or CVU: 22 digits in two blocks, weights 3 1 7 9 from the right. */
function isCbu(text: string): boolean {
  if (!/^\d{22}$/.test(text)) return false;
  const holds = (block: string): boolean => {
    const weights = [3, 1, 7, 9];
    const digits = [...block.slice(0, -1)].reverse();
    const sum = digits.reduce((all, digit, at) => all + Number(digit) * (weights[at % 4] ?? 0), 0);
    return (10 - (sum % 10)) % 10 === Number(block.at(-1));
  };
  return holds(text.slice(0, 8)) && holds(text.slice(8));
}

function isCardNumber(text: string): boolean {
  if (!/^\d{12,19}$/.test(text)) return false;
  const sum = [...text].reverse().reduce((all, digit, at) => {
    const value = Number(digit) * (at % 2 === 1 ? 2 : 1);
    return all + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

function isWebsite(text: string): boolean {
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`);
    return (
      (url.protocol === 'https:' || url.protocol === 'http:') &&
      url.hostname.includes('.') &&
      url.username === ''
    );
  } catch {
    return false;
  }
}

const E164 = /^\+[1-9]\d{6,14}$/;

interface Rule {
  test(text: string): boolean;
  message: MessageKey;
}

const any: Rule = { test: () => true, message: 'value_invalid' };

/** S9-03, S9-04, S9-11, S9-13. */
const RULES: Readonly<Record<FieldKind, Rule>> = {
  text: { test: (text) => !LINE_CONTROL.test(text), message: 'value_text' },
  lines: { test: (text) => !CONTROL.test(text), message: 'value_text' },
  date: { test: isDate, message: 'value_date' },
  month: { test: (text) => /^\d{2}-(?:0[1-9]|1[0-2])$/.test(text), message: 'value_month' },
  country: { test: (text) => ALPHA_3.has(text), message: 'value_country' },
  country2: { test: (text) => ALPHA_2.has(text), message: 'value_country2' },
  subdivision: { test: (text) => /^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(text), message: 'value_subdivision' },
  language: { test: (text) => LANGUAGES.has(text), message: 'value_language' },
  phone: { test: (text) => E164.test(text), message: 'value_phone' },
  phone_format: { test: (text) => /^[\w.-]{1,30}$/.test(text), message: 'value_invalid' },
  email: {
    test: (text) => /^[^\s@<>"]{1,64}@[^\s@<>".]+(?:\.[^\s@<>".]+)+$/.test(text) && text.length <= 254,
    message: 'value_email',
  },
  occupation: { test: (text) => /^\d{1,4}$/.test(text), message: 'value_occupation' },
  count: { test: (text) => /^(?:0|[1-9]\d{0,14})$/.test(text), message: 'value_number' },
  ip: { test: (text) => isIP(text) !== 0, message: 'value_ip' },
  url: { test: isWebsite, message: 'value_url' },
  sex: { test: (text) => ['male', 'female', 'other'].includes(text), message: 'value_sex' },
  account_type: { test: (text) => ['checking', 'savings'].includes(text), message: 'value_account_type' },
  clabe: { test: isClabe, message: 'value_clabe' },
  cbu: { test: isCbu, message: 'value_cbu' },
  card_number: { test: isCardNumber, message: 'value_card' },
  card_cvc: { test: (text) => /^\d{3,4}$/.test(text), message: 'value_card' },
  image: any,
  image_or_video: any,
};

/** Choices that SEP-9 itself gives (S9-13). */
export const STANDARD_CHOICES: Readonly<Partial<Record<FieldKind, readonly string[]>>> = {
  sex: ['male', 'female', 'other'],
  account_type: ['checking', 'savings'],
};

/**
 * Checks the text of a field.
 *
 * @param all the other texts, as far as one depends on another (S9-11)
 * @returns the value as it is kept
 * @throws CUSTOMER_FIELD_INVALID (400) naming the field
 */
export function checkValue(
  rule: CustomerFieldRule,
  given: string,
  all: Readonly<Record<string, string | undefined>>,
  text: Translate,
): string {
  const { name, kind } = rule;
  const refuse = (key: MessageKey, values: Record<string, string | number> = {}): never => {
    throw fieldInvalid(name, text(key, values));
  };
  const value = given.normalize('NFC').trim();
  const max = rule.maxLength ?? (kind === 'lines' ? MAX_LINES_CHARS : MAX_CHARS);
  if (value.length > max) refuse('value_long', { max });
  if (value === '' || (rule.minLength !== undefined && value.length < rule.minLength)) {
    refuse('value_short', { min: Math.max(1, rule.minLength ?? 1) });
  }
  if (CONTROL.test(value) || !value.isWellFormed()) refuse('value_text');
  if (rule.choices !== undefined && !rule.choices.includes(value)) {
    refuse('value_choice', { choices: rule.choices.join(', ') });
  }
  const hashed = name === 'mobile_number' && (all['mobile_number_format'] ?? 'E.164') !== 'E.164';
  const check = hashed ? RULES.text : RULES[kind];
  if (!check.test(value)) refuse(check.message);
  if (rule.pattern !== undefined && !rule.pattern.test(value)) refuse('value_invalid');
  const own = rule.validate?.(value);
  if (typeof own === 'string' && own !== '') throw fieldInvalid(name, own);
  return value;
}
