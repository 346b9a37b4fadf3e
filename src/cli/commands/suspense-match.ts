import { matchSuspense } from '../../transfers/index.ts';
import { argumentAt } from '../decision.ts';
import { decisionCommand } from '../suspense.ts';
import { findTransaction } from '../transaction.ts';

/** The fee may be the anchor's own code. */
export default decisionCommand(
  async (ctx, item, how, given) => {
    const row = await findTransaction(ctx, argumentAt(given, 1));
    await matchSuspense(ctx, item, row, how);
  },
  { integrations: true },
);
