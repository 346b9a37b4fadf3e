import { releaseTransaction } from '../../transfers/index.ts';
import { transactionCommand } from '../transaction.ts';

export default transactionCommand(async (ctx, row, how) => {
  await releaseTransaction(ctx, row, how);
});
