import { notFound } from '../../kernel/errors.ts';
import { settlePayout } from '../../rails/index.ts';
import { noteRefund, refundsFor } from '../../transfers/index.ts';
import type { Command } from '../command.ts';
import { usageError } from '../output.ts';
import { decisionCommand } from '../suspense.ts';
import { flagOption, textOption } from '../values.ts';

const settle = decisionCommand(
  async (ctx, item, how, given) => {
    const refunds = await refundsFor(ctx.db.read, item);
    const held = refunds.find((one) => one.leg === 'rails' && one.state === 'held');
    if (held === undefined) {
      throw notFound(
        'PAYOUT_NOT_FOUND',
        'No refund of it through the bank is held.',
        'See: anchor suspense show ID',
      );
    }
    const outcome = flagOption(given, 'paid')
      ? { outcome: 'paid' as const, externalId: textOption(given, 'bankId') }
      : { outcome: 'again' as const };
    await settlePayout(ctx, held, { ...how, ...outcome });
    await noteRefund(ctx, item, how);
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
