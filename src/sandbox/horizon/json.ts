/** What goes into an answer and into the store: plain JSON, bigints as decimal text. `undefined` is left out. */
export type Json = string | number | boolean | null | undefined | Json[] | Fields;
export interface Fields {
  [key: string]: Json;
}

/** Go's encoder writes these as escapes inside of streams; answers are written without. */
const ESCAPED: Record<string, string> = {
  '&': '\\u0026',
  '<': '\\u003c',
  '>': '\\u003e',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

export const pretty = (value: Json): string => JSON.stringify(value, null, 2);

export const compact = (value: Json): string =>
  JSON.stringify(value).replace(/[&<>\u2028\u2029]/g, (char) => ESCAPED[char] as string);
