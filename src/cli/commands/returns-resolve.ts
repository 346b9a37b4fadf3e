import { resolveReturn } from '../../rails/index.ts';
import type { Command } from '../command.ts';
import { argumentAt, decisionOf } from '../decision.ts';
import { printJson } from '../output.ts';
import { withRuntime } from '../runtime.ts';

const command: Command = async (given, io) => {
  const id = argumentAt(given, 0);
  const how = decisionOf(given, io);
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    await resolveReturn(ctx, id, how);
    if (given.json) printJson(io, { id, resolved: true });
    else io.stdout(`${id} is dealt with.\n`);
    return 0;
  });
};

export default command;
