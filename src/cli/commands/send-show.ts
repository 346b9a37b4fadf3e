import { showSend } from '../../sending/index.ts';
import type { Command } from '../command.ts';
import { argumentAt } from '../decision.ts';
import { withRuntime } from '../runtime.ts';
import { printSend } from '../send.ts';

const command: Command = async (given, io) => {
  const id = argumentAt(given, 0);
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    printSend(given, io, await showSend(ctx, id));
    return 0;
  });
};

export default command;
