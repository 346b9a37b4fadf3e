import type { CustomersContext, Decider } from '../customers/index.ts';
import { type CustomerRecord, showCustomer } from '../customers/index.ts';
import { customersOf } from '../transfers/customers.ts';
import type { Command, Given } from './command.ts';
import { argumentAt, decisionOf } from './decision.ts';
import type { Io } from './io.ts';
import { printJson, table } from './output.ts';
import { withRuntime } from './runtime.ts';
import { textOption } from './values.ts';

/** The id that is the first argument. @throws ARGUMENT_MISSING (exit 2) */
export const customerId = (given: Given): string => argumentAt(given, 0).toLowerCase();

export const typeOption = (given: Given): string | undefined => textOption(given, 'type');

/** A command that decides about the customer that is the first argument, and shows them afterwards. */
export function customerCommand(
  work: (customers: CustomersContext, id: string, how: Decider, given: Given) => Promise<void>,
): Command {
  return async (given, io) => {
    const id = customerId(given);
    const how = decisionOf(given, io);
    return withRuntime(given, io, {}, async ({ ctx }) => {
      const customers = customersOf(ctx);
      await work(customers, id, how, given);
      printCustomer(given, io, await showCustomer(customers, id));
      return 0;
    });
  };
}

export function printCustomer(given: Given, io: Io, customer: CustomerRecord): void {
  if (given.json) {
    printJson(io, customer);
    return;
  }
  const { id, account, memo, lang, created_at } = customer;
  io.stdout(
    `${id}\n  account  ${account}${memo === null ? '' : `, memo ${memo}`}\n  lang     ${lang}\n  since    ${created_at}\n\n`,
  );
  const statuses = customer.statuses.map((one) => [
    one.type,
    one.status,
    one.by,
    one.at,
    one.missing.length === 0 ? (one.message ?? '') : `missing: ${one.missing.join(', ')}`,
  ]);
  io.stdout(`${table([['TYPE', 'STATUS', 'BY', 'SINCE', ''], ...statuses])}\n`);
  const fields = customer.fields.map((one) => [
    one.name,
    one.state,
    (one.value ?? `file: anchor customers file ${id} ${one.name}`).replaceAll('\n', ' / '),
  ]);
  io.stdout(`${table([['FIELD', 'STATE', 'VALUE'], ...fields])}\n`);
  const history = customer.history.map((one) => [one.at, one.type ?? '', one.to ?? '', one.by, one.reason]);
  io.stdout(table([['AT', 'TYPE', 'STATUS', 'BY', 'WHY'], ...history]));
}
