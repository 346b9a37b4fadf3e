import { en, type MessageKey, type Messages } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { id } from './id.ts';
import { pt } from './pt.ts';

export type { MessageKey } from './en.ts';

const LANGUAGES: Record<string, Messages> = { en, es, fr, id, pt };

export interface Translate {
  (key: MessageKey, values?: Record<string, string | number>): string;
  /** the language in use, e.g. `en` */
  readonly lang: string;
}

/** The languages the pages speak, e.g. `en`. */
export const languages = (): string[] => Object.keys(LANGUAGES);

/**
 * Texts for a language tag such as `pt-BR`; unknown or malformed tags give English (SC-26).
 * `{name}` in a text is replaced by the value of that name; escaping is the template's part.
 */
export function messagesFor(tag: string | undefined): Translate {
  const wanted = (tag ?? '').toLowerCase().split(/[-_]/)[0] ?? '';
  const lang = Object.hasOwn(LANGUAGES, wanted) ? wanted : 'en';
  const own = LANGUAGES[lang] ?? {};
  const translate = (key: MessageKey, values: Record<string, string | number> = {}): string =>
    (own[key] ?? en[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(values, name) ? String(values[name]) : whole,
    );
  return Object.assign(translate, { lang });
}
