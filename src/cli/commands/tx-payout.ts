import { notFound } from '../../kernel/errors.ts';
import { settlePayout } from '../../rails/index.ts';
import type { Command } from '../command.ts';
import { usageError } from '../output.ts';
import { transactionCommand } from '../transaction.ts';
import { flagOption, textOption } from '../values.ts';

const settle = transactionCommand(
  async (ctx, row, how, given) => {
    const held = await ctx.db.read
      .selectFrom('obligations')
      .selectAll()
      .where('transaction_id', '=', row.id)
      .where('leg', '=', 'rails')
      .where('state', '=', 'held')
      .executeTakeFirst();
    if (held === undefined) {
      throw notFound(
        'PAYOUT_NOT_FOUND',
        `No payout of ${row.id} is held.`,
        `See what it waits for: anchor tx show ${row.id}`,
      );
    }
    const outcome = flagOption(given, 'paid')
      ? { outcome: 'paid' as const, externalId: textOption(given, 'bankId') }
      : { outcome: 'again' as const };
    await settlePayout(ctx, held, { ...how, ...outcome });
  },
  { integrations: true },
);

const command: Command = async (given, io) => {
  if (flagOption(given, 'paid') === flagOption(given, 'again')) {
    throw usageError('OUTCOME_MISSING', 'Say what the bank did: --paid, or --again to order it anew.');
  }
  return settle(given, io);
};

export default command;
