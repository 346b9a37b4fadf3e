import { notFound } from '../kernel/errors.ts';
import type { AnchorContext, Decision, TransactionRow } from '../transfers/index.ts';
import type { Command, Given } from './command.ts';
import { argumentAt, decisionOf } from './decision.ts';
import { withRuntime } from './runtime.ts';
import { printTransaction } from './transaction-view.ts';

/** By id, bank reference, or hash of its Stellar transaction. @throws TRANSACTION_NOT_FOUND (404) */
export async function findTransaction(ctx: AnchorContext, key: string): Promise<TransactionRow> {
  const row = await ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where(({ eb, or }) =>
      or([
        eb('id', '=', key.toLowerCase()),
        eb('reference', '=', key),
        eb('stellar_transaction_id', '=', key),
      ]),
    )
    .executeTakeFirst();
  if (row === undefined)
    throw notFound('TRANSACTION_NOT_FOUND', 'There is no such transaction.', 'See: anchor tx list');
  return row;
}

/** A command that decides about the transaction that is the first argument, and shows it afterwards. */
export function transactionCommand(
  work: (ctx: AnchorContext, row: TransactionRow, how: Decision, given: Given) => Promise<void>,
  options: { integrations?: boolean } = {},
): Command {
  return async (given, io) => {
    const id = argumentAt(given, 0);
    const how = decisionOf(given, io);
    return withRuntime(given, io, { integrations: options.integrations === true }, async ({ ctx }) => {
      const row = await findTransaction(ctx, id);
      await work(ctx, row, how, given);
      await printTransaction(ctx, given, io, await findTransaction(ctx, row.id));
      return 0;
    });
  };
}
