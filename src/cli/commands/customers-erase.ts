import { eraseById } from '../../customers/index.ts';
import { customersOf } from '../../transfers/customers.ts';
import type { Command } from '../command.ts';
import { customerId } from '../customers.ts';
import { decisionOf } from '../decision.ts';
import { printJson } from '../output.ts';
import { withRuntime } from '../runtime.ts';

const command: Command = async (given, io) => {
  const id = customerId(given);
  const how = decisionOf(given, io);
  return withRuntime(given, io, {}, async ({ ctx }) => {
    await eraseById(customersOf(ctx), id, how);
    if (given.json) printJson(io, { id, erased: true });
    else io.stdout(`${id} is erased.\n`);
    return 0;
  });
};

export default command;
