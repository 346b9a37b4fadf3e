import { en, type TextKey, type Texts } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { id } from './id.ts';
import { pt } from './pt.ts';

export type { TextKey } from './en.ts';

const LANGUAGES: Readonly<Record<string, Texts>> = { en, es, fr, id, pt };

export type TextOf = (key: TextKey, values?: Record<string, string | number>) => string;

/** Texts of protocol answers for a language tag such as `pt-BR`; English for what is no tag or not spoken here (SC-26). */
export function textsFor(tag: string | undefined): TextOf {
  const wanted = (tag ?? '').toLowerCase().split(/[-_]/)[0] ?? '';
  const own = Object.hasOwn(LANGUAGES, wanted) ? (LANGUAGES[wanted] ?? en) : en;
  return (key, values = {}) =>
    own[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(values, name) ? String(values[name]) : whole,
    );
}
