import { isUuid } from '../../kernel/ids.ts';
import { type Replay, replayCallbacks } from '../../outbox/index.ts';
import type { Command, Given } from '../command.ts';
import { printJson, usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { flagOption, textOption } from '../values.ts';

const command: Command = async (given, io) => {
  const which = whichOf(given);
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    const replayed = await replayCallbacks(ctx, which);
    if (given.json) printJson(io, { replayed });
    else io.stdout(`${replayed} will be sent again by the job deliver-callbacks.\n`);
    return 0;
  });
};

function whichOf(given: Given): Replay {
  const [id] = given.args;
  const transactionId = textOption(given, 'transaction');
  const failed = flagOption(given, 'failed');
  if ([id !== undefined, transactionId !== undefined, failed].filter(Boolean).length !== 1)
    throw usageError('CALLBACK_UNNAMED', 'Name one: the id of a callback, --transaction ID, or --failed.');
  if (failed) return { failed: true };
  if (transactionId !== undefined) {
    if (isUuid(transactionId)) return { transactionId };
    throw usageError('OPTION_INVALID', '--transaction must be the id of a transaction.');
  }
  if (id !== undefined && /^[1-9]\d{0,14}$/.test(id)) return { id: Number(id) };
  throw usageError('CALLBACK_ID_INVALID', 'The id of a callback is a number: see anchor callbacks list.');
}

export default command;
