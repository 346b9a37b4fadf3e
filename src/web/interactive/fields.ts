import * as v from 'valibot';
import type { FormField } from '../../config/integrations.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { callHook } from '../../transfers/hooks.ts';
import type { Translate } from '../messages/index.ts';
import type { NamedForm } from './flow.ts';

const DEFAULT_MAX = 500;
const EMAIL = /^[^\s@<>()",;:\\]+@[^\s@<>()",;:\\]+\.[^\s@<>()",;:\\.]{2,}$/;
const NUMBER = /^-?\d{1,30}(?:\.\d{1,30})?$/;
const TEL = /^\+?\d{6,15}$/;
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** SEP-9 names that mean the same (S9-02). */
const ALIASES: Record<string, string> = {
  first_name: 'given_name',
  given_name: 'first_name',
  last_name: 'family_name',
  family_name: 'last_name',
};

export const kindOf = (field: FormField): NonNullable<FormField['kind']> => field.kind ?? 'text';
export const isRequired = (field: FormField): boolean => field.required ?? true;

/** What is known for a field: an answer, or what the wallet sent under its name or alias. */
export function knownValue(fields: Record<string, string>, field: FormField): string {
  const own = Object.hasOwn(fields, field.name) ? fields[field.name] : undefined;
  const alias = ALIASES[field.name];
  return own ?? (alias !== undefined && Object.hasOwn(fields, alias) ? fields[alias] : undefined) ?? '';
}

/** As it is kept: without spaces around, line ends as \n, phone numbers without punctuation. */
export function normalize(field: FormField, raw: string | undefined): string {
  const plain = (raw ?? '').replace(/\r\n?/g, '\n').trim();
  if (kindOf(field) === 'tel') return plain.replace(/[\s().-]/g, '');
  if (kindOf(field) === 'checkbox') return plain === '' ? '' : 'yes';
  return plain.normalize('NFC');
}

function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const time = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

/** The fault of a value by the field's own rules; undefined when it is good. */
function faultOf(field: FormField, value: string, t: Translate): string | undefined {
  if (value === '') return isRequired(field) ? t('field.required') : undefined;
  const kind = kindOf(field);
  const max = field.maxLength ?? DEFAULT_MAX;
  const length = [...value].length;
  if (CONTROL.test(value) || (kind !== 'textarea' && /[\n\t]/.test(value))) return t('field.characters');
  if (length > max) return t('field.tooLong', { max });
  if (field.minLength !== undefined && length < field.minLength) {
    return t('field.tooShort', { min: field.minLength });
  }
  if (kind === 'email' && (value.length > 254 || !EMAIL.test(value))) return t('field.email');
  if (kind === 'tel' && !(TEL.test(value) && (field.name !== 'mobile_number' || value.startsWith('+')))) {
    return t('field.tel');
  }
  if (kind === 'number' && !NUMBER.test(value)) return t('field.number');
  if (kind === 'date' && !isDate(value)) return t('field.date');
  if (kind === 'select' && !(field.choices ?? []).some((choice) => choice.value === value)) {
    return t('field.choice');
  }
  return undefined;
}

/**
 * Checks the answers of one form by its rules, then by the `validate` of its fields.
 *
 * @returns texts of the faults by field name, empty when all is good
 * @throws HOOK_FAILED, HOOK_ANSWER_INVALID of a `validate`
 */
export async function checkForm(
  ctx: AnchorContext,
  { id, form }: NamedForm,
  values: Record<string, string>,
  t: Translate,
): Promise<Record<string, string>> {
  const errors = Object.create(null) as Record<string, string>;
  for (const field of form.fields) {
    const value = normalize(field, values[field.name]);
    const fault = faultOf(field, value, t) ?? (await customFault(ctx, id, field, value));
    if (fault) errors[field.name] = fault;
  }
  return errors;
}

async function customFault(
  ctx: AnchorContext,
  formId: string,
  field: FormField,
  value: string,
): Promise<string | null | undefined> {
  if (field.validate === undefined || value === '') return undefined;
  const name = `forms/${formId} ${field.name}.validate`;
  return callHook(ctx, name, () => field.validate?.(value), v.nullish(v.pipe(v.string(), v.maxLength(500))));
}

/** A field as the template prints it. */
export function fieldView(field: FormField, value: string, error: string | undefined) {
  const kind = kindOf(field);
  const types: Record<string, string> = { email: 'email', tel: 'tel', date: 'date' };
  return {
    name: field.name,
    label: field.label,
    kind,
    type: types[kind] ?? 'text',
    inputmode: kind === 'number' ? 'decimal' : null,
    required: isRequired(field),
    choices: field.choices ?? [],
    help: field.help ?? null,
    placeholder: field.placeholder ?? null,
    autocomplete: field.autocomplete ?? null,
    maxLength: kind === 'date' || kind === 'select' ? null : (field.maxLength ?? DEFAULT_MAX),
    value,
    error: error ?? null,
  };
}
