import { type SendUpdate, updateSend } from '../../sending/index.ts';
import type { Command } from '../command.ts';
import { argumentAt } from '../decision.ts';
import { usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { printSend, textsOption } from '../send.ts';

const command: Command = async (given, io) => {
  const id = argumentAt(given, 0);
  const update: SendUpdate = {};
  for (const name of ['sender', 'receiver', 'fields'] as const) {
    const texts = textsOption(given, io, name);
    if (texts !== undefined) update[name] = texts;
  }
  if (Object.keys(update).length === 0) {
    throw usageError('OPTION_MISSING', 'Say what is new: --sender, --receiver or --fields with a JSON file.');
  }
  return withRuntime(given, io, { logLevel: 'warn' }, async ({ ctx }) => {
    printSend(given, io, await updateSend(ctx, id, update));
    return 0;
  });
};

export default command;
