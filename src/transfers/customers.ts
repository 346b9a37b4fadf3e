import type { CustomersContext } from '../customers/index.ts';
import type { AnchorContext } from './context.ts';
import { customerChanged } from './customer-info.ts';
import { tellCustomerChange } from './customer-notices.ts';

/** An anchor's customers, whose changes move the transactions that wait for them, in the same database transaction (S12-43). */
export const customersOf = (ctx: AnchorContext): CustomersContext => ({
  project: ctx.project,
  db: ctx.db,
  box: ctx.box,
  clock: ctx.clock,
  ids: ctx.ids,
  log: ctx.log,
  changed: async (trx, change) => {
    await customerChanged(ctx, trx, change);
    await tellCustomerChange(ctx, trx, change);
  },
});
