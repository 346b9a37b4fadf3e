import { holdTransaction } from '../../transfers/index.ts';
import { transactionCommand } from '../transaction.ts';

export default transactionCommand(async (ctx, row, how) => {
  await holdTransaction(ctx, row, how);
});
