import { formatAmount } from '../../kernel/amounts.ts';
import { openReturns, unknownEvents } from '../../rails/index.ts';
import type { Command } from '../command.ts';
import { printJson, table } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { numberOption } from '../values.ts';

const command: Command = async (given, io) => {
  const limit = numberOption(given, 'limit', { min: 1, max: 1000, whole: true }) ?? 100;
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    const returns = (await openReturns(ctx, limit)).map((row) => ({
      id: row.id,
      effect: row.effect,
      amount: row.amount_units === null ? null : formatAmount(row.amount_units),
      reason: row.reason,
      transaction_id: row.transaction_id,
      credit_id: row.credit_id,
      payout: row.obligation_id,
      returned_at: row.returned_at,
    }));
    const events = await unknownEvents(ctx, limit);
    if (given.json) {
      printJson(io, { returns, events });
      return 0;
    }
    if (returns.length === 0) io.stdout('No return is open.\n');
    else {
      const head = ['ID', 'EFFECT', 'AMOUNT', 'TRANSACTION', 'RETURNED', 'REASON'];
      const rows = returns.map((row) => [
        row.id,
        row.effect,
        row.amount ?? '',
        row.transaction_id ?? '',
        row.returned_at,
        row.reason,
      ]);
      io.stdout(table([head, ...rows]));
    }
    if (events.length > 0) {
      const rows = events.map((row) => [row.id.slice(0, 12), row.received_at, row.error ?? '']);
      io.stdout(table([['EVENT', 'RECEIVED', 'NOT UNDERSTOOD'], ...rows]));
    }
    return 0;
  });
};

export default command;
