import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { Faults } from './faults.ts';
import { type CodeOptions, codeLoader, listCode } from './user-code.ts';

/** A file of the project's `migrations/`; give the list to `migrate(db, { project })`. */
export interface LoadedMigration {
  /** file name without extension */
  name: string;
  up(db: Kysely<never>): Promise<void>;
}

/**
 * Loads `<root>/migrations/*.ts`: each exports `up(db)`, which makes or changes the project's own tables with Kysely.
 *
 * @throws CONFIG_INVALID
 */
export async function loadProjectMigrations(
  root: string,
  options: CodeOptions = {},
): Promise<LoadedMigration[]> {
  const files = listCode(join(root, 'migrations'));
  if (files.length === 0) return [];
  const faults = new Faults();
  const loader = await codeLoader(root, options, faults);
  const migrations: LoadedMigration[] = [];
  for (const { id, file } of files) {
    const module = await loader.load(file);
    if (module === undefined) continue;
    const inner = module['default'] as { up?: unknown } | undefined;
    const up = module['up'] ?? inner?.up;
    if (typeof up === 'function') {
      migrations.push({ name: id, up: async (db) => void (await up(db)) });
    } else {
      const fix = 'Write: export async function up(db: Kysely<unknown>): Promise<void> { ... }';
      faults.add('CODE_INVALID', loader.shown(file), 'no function up', fix);
    }
  }
  faults.throwIfAny();
  return migrations;
}
