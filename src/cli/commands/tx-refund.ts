import { refundTransaction } from '../../transfers/index.ts';
import { transactionCommand } from '../transaction.ts';
import { flagOption } from '../values.ts';

export default transactionCommand(async (ctx, row, how, given) => {
  const notPaid = flagOption(given, 'notPaid');
  await ctx.db.write((trx) => refundTransaction(ctx, trx, row, { ...how, notPaid }));
});
