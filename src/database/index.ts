export { isCheckViolation, isUniqueViolation } from './errors.ts';
export {
  type MigrateOptions,
  type MigrationStatus,
  migrate,
  migrationStatus,
  type ProjectMigration,
} from './migrate.ts';
export { type OpenDatabaseOptions, openDatabase } from './open.ts';
export type { Database, Queries } from './port.ts';
export { createSecretBox, parseEncryptionKey, type SealingBox } from './secret-box.ts';
export { parseDatabaseUrl } from './url.ts';
