import { listCustomers } from '../../customers/index.ts';
import { customersOf } from '../../transfers/customers.ts';
import type { Command } from '../command.ts';
import { typeOption } from '../customers.ts';
import { printJson, table } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { accountOption, choiceOption, numberOption } from '../values.ts';

const STATUSES = ['ACCEPTED', 'PROCESSING', 'NEEDS_INFO', 'REJECTED'] as const;

const command: Command = async (given, io) => {
  const status = choiceOption(given, 'status', STATUSES);
  const account = accountOption(given, 'account');
  const limit = numberOption(given, 'limit', { min: 1, max: 1000, whole: true }) ?? 100;
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    const customers = await listCustomers(customersOf(ctx), {
      status,
      account,
      limit,
      type: typeOption(given),
    });
    if (given.json) printJson(io, { customers });
    else if (customers.length === 0) io.stdout('There is no such customer.\n');
    else {
      const rows = customers.map((one) => [
        one.id,
        one.type,
        one.status,
        one.updated_at,
        `${one.account}${one.memo === null ? '' : `:${one.memo}`}`,
      ]);
      io.stdout(table([['ID', 'TYPE', 'STATUS', 'SINCE', 'ACCOUNT'], ...rows]));
    }
    return 0;
  });
};

export default command;
