import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CLIENTS_FILE } from '../../config/clients.ts';
import { importAnchorPlatform } from '../../importers/anchor-platform/index.ts';
import type { Command, Given } from '../command.ts';
import { writeEnvFile } from '../env-file.ts';
import { printImport } from '../import-report.ts';
import type { Io } from '../io.ts';
import { usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { flagOption, textOption } from '../values.ts';

const command: Command = async (given, io) => {
  const files = { assets: fileOption(given, io, 'assets'), clients: fileOption(given, io, 'clients') };
  if (files.assets === null && files.clients === null) {
    throw usageError('OPTION_MISSING', 'Name a file to import: --assets FILE, --clients FILE, or both.');
  }
  const dryRun = flagOption(given, 'dryRun');
  return withRuntime(given, io, { integrations: false }, async ({ ctx, project }) => {
    const seed = project.secrets.distributionSeed ?? null;
    const known = project.clients ?? [];
    const report = await importAnchorPlatform(ctx, files, known, { seed, dryRun });
    if (!dryRun && report.clientsToml !== '') append(join(project.root, CLIENTS_FILE), report.clientsToml);
    if (report.seedStored) writeEnvFile(project.root, { DISTRIBUTION_SEED: '' });
    return printImport(given, io, report);
  });
};

/** @throws FILE_UNREADABLE (exit 2) */
function fileOption(given: Given, io: Io, name: string): string | null {
  const path = textOption(given, name);
  if (path === undefined) return null;
  try {
    return readFileSync(resolve(io.cwd, path), 'utf8');
  } catch {
    throw usageError('FILE_UNREADABLE', `--${name}: ${path} cannot be read.`);
  }
}

/** Every table of ours stands at the end, so that what is there keeps its words and comments. */
function append(path: string, text: string): void {
  const before = existsSync(path) ? `${readFileSync(path, 'utf8').trimEnd()}\n\n` : '';
  writeFileSync(path, before.trimStart() === '' ? text : before + text);
}

export default command;
