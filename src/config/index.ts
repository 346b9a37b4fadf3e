export { type ConfigFault, configFaults } from './faults.ts';
export { type LoadProjectOptions, loadProject } from './load.ts';
export { type LoadedMigration, loadProjectMigrations } from './migrations.ts';
export { nearest } from './nearest.ts';
export { PASSPHRASES } from './networks.ts';
export { isLoopback } from './reach.ts';
export { findProjectRoot } from './root.ts';
