import { findSuspense, matchSuspense } from '../../transfers/index.ts';
import { argumentAt } from '../decision.ts';
import { kindOption } from '../suspense.ts';
import { transactionCommand } from '../transaction.ts';

/** `anchor suspense match` seen from the transaction. */
export default transactionCommand(
  async (ctx, row, how, given) => {
    const item = await findSuspense(ctx.db.read, argumentAt(given, 1), kindOption(given));
    await matchSuspense(ctx, item, row, how);
  },
  { integrations: true },
);
