import { loadProjectMigrations } from '../../config/index.ts';
import { migrate, migrationStatus } from '../../database/index.ts';
import type { Command } from '../command.ts';
import { printJson } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { flagOption } from '../values.ts';

const command: Command = (given, io) =>
  withRuntime(given, io, { integrations: false, schema: false }, async ({ ctx, project }) => {
    const own = { project: await loadProjectMigrations(project.root) };
    if (flagOption(given, 'status')) {
      const status = await migrationStatus(ctx.db, own);
      if (given.json) printJson(io, status);
      else {
        for (const name of status.applied) io.stdout(`applied  ${name}\n`);
        for (const name of status.pending) io.stdout(`missing  ${name}\n`);
      }
      return 0;
    }
    const applied = await migrate(ctx.db, own);
    if (given.json) printJson(io, { applied });
    else if (applied.length === 0) io.stdout('The tables are up to date.\n');
    else for (const name of applied) io.stdout(`applied  ${name}\n`);
    return 0;
  });

export default command;
