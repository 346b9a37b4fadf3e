import { importPolaris, openPolaris } from '../../importers/polaris/index.ts';
import type { Command } from '../command.ts';
import { writeEnvFile } from '../env-file.ts';
import { printImport } from '../import-report.ts';
import { readPiped } from '../piped.ts';
import { withRuntime } from '../runtime.ts';
import { accountOption, flagOption } from '../values.ts';

/** how long something that pipes the secret into us may take to say its first word */
const PIPE_WAIT_MS = 250;

const command: Command = async (given, io) => {
  const url = given.args[0] ?? '';
  const distribution = accountOption(given, 'distribution') ?? null;
  const dryRun = flagOption(given, 'dryRun');
  return withRuntime(given, io, { integrations: false }, async ({ ctx, project }) => {
    const source = await openPolaris({ url, cwd: io.cwd, root: project.root });
    try {
      const secretKey = io.env['POLARIS_SECRET_KEY'] || (await readPiped({ waitMs: PIPE_WAIT_MS })).trim();
      const seed = project.secrets.distributionSeed ?? null;
      const keys = { secretKey: secretKey === '' ? null : secretKey, seed, distribution };
      const report = await importPolaris(ctx, source, keys, { dryRun });
      if (!dryRun && seed !== null && report.seedStored)
        writeEnvFile(project.root, { DISTRIBUTION_SEED: '' });
      return printImport(given, io, report);
    } finally {
      await source.close();
    }
  });
};

export default command;
