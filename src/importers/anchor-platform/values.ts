import { badInput } from '../../kernel/errors.ts';
import type { Value } from '../yaml.ts';

export type Table = { readonly [key: string]: Value };

export const isTable = (value: Value | undefined): value is { [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Empty for what is not there. */
export function tableOf(table: Table, name: string): Table {
  const value = table[name];
  return isTable(value) ? value : {};
}

export function textOf(table: Table, name: string): string | null {
  const value = table[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

export const isTrue = (table: Table, name: string): boolean => textOf(table, name)?.toLowerCase() === 'true';

/** A list of texts; empty for what is not there. */
export function textsOf(table: Table, name: string): string[] {
  const value = table[name];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

/** The list `items` of a file. @throws IMPORT_FILE_UNREADABLE (exit 2) */
export function itemsOf(document: Value, what: string): Table[] {
  const items = isTable(document) ? document['items'] : undefined;
  if (Array.isArray(items) && items.every(isTable)) return items as Table[];
  throw badInput(
    'IMPORT_FILE_UNREADABLE',
    `This is no ${what} of an Anchor Platform: it has no list \`items\`.`,
    'The form is that of versions 3 and 4. Older files (`assets:`) are written anew by hand.',
  );
}
