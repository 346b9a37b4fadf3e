import { showCustomer } from '../../customers/index.ts';
import { customersOf } from '../../transfers/customers.ts';
import type { Command } from '../command.ts';
import { customerId, printCustomer } from '../customers.ts';
import { withRuntime } from '../runtime.ts';

const command: Command = async (given, io) => {
  const id = customerId(given);
  return withRuntime(given, io, {}, async ({ ctx }) => {
    printCustomer(given, io, await showCustomer(customersOf(ctx), id));
    return 0;
  });
};

export default command;
