import type { Command } from '../command.ts';
import { argumentAt } from '../decision.ts';
import { withRuntime } from '../runtime.ts';
import { kindOption, printSuspense } from '../suspense.ts';

const command: Command = async (given, io) => {
  const id = argumentAt(given, 0);
  kindOption(given);
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    await printSuspense(ctx, given, io, id);
    return 0;
  });
};

export default command;
