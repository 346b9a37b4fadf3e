import { initial } from './0001-initial.ts';
import type { Migration } from './types.ts';

/** Every step of the schema, oldest first. Append only: a released one is never edited. */
export const MIGRATIONS: readonly Migration[] = [initial];
