import { SEP9_FIELDS } from '../../config/sep9.ts';
import { en, type MessageKey, type Messages } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { id } from './id.ts';
import { pt } from './pt.ts';

export type { MessageKey } from './en.ts';

const LANGUAGES: Readonly<Record<string, Messages>> = { en, es, fr, id, pt };

export interface Translate {
  (key: MessageKey, values?: Record<string, string | number>): string;
  /** the language in use, e.g. `en` */
  readonly lang: string;
}

export const languages = (): string[] => Object.keys(LANGUAGES);

/** Two letters for a language tag such as `pt-BR`; English for one that we do not speak (SC-26, S12-22). */
export function languageOf(tag: string | null | undefined): string {
  const wanted = (tag ?? '').toLowerCase().split(/[-_]/)[0] ?? '';
  return Object.hasOwn(LANGUAGES, wanted) ? wanted : 'en';
}

/** The texts for a language tag; `{name}` in a text is replaced by the value of that name. */
export function textsFor(tag: string | null | undefined): Translate {
  const lang = languageOf(tag);
  const own = LANGUAGES[lang] ?? en;
  const translate = (key: MessageKey, values: Record<string, string | number> = {}): string =>
    own[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(values, name) ? String(values[name]) : whole,
    );
  return Object.assign(translate, { lang });
}

const FINANCIAL = /^organization\.(?:bank_|external_|clabe_|cbu_|mobile_money_|crypto_)/;

/** What a field of SEP-9 is called; null for one that SEP-9 does not know. */
export function describeField(text: Translate, name: string): string | null {
  if (!SEP9_FIELDS.has(name)) return null;
  if (Object.hasOwn(en, name)) return text(name as MessageKey);
  if (!FINANCIAL.test(name)) return null;
  const person = name.slice('organization.'.length);
  return Object.hasOwn(en, person) ? text('of_organization', { field: text(person as MessageKey) }) : null;
}
