import type { Command } from '../command.ts';
import { withRuntime } from '../runtime.ts';
import { findTransaction } from '../transaction.ts';
import { printTransaction } from '../transaction-view.ts';

const command: Command = async (given, io) =>
  withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    await printTransaction(ctx, given, io, await findTransaction(ctx, given.args[0] ?? ''));
    return 0;
  });

export default command;
