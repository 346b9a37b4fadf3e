import type { Principal } from '../kernel/principal.ts';
import { note } from './change.ts';
import type { CustomersContext } from './context.ts';
import { customerNotFound } from './errors.ts';
import { type CustomerKey, findCustomer } from './find.ts';

/**
 * Where the wallet wants to be told of changes of a customer's status; it takes the place of an earlier address (S12-37). Told until the
 * customer is accepted or rejected, see `setStatus` (S12-38).
 *
 * @param url checked: https, and no private address
 * @throws CUSTOMER_NOT_FOUND (404)
 */
export async function setCallback(
  ctx: CustomersContext,
  principal: Principal,
  key: CustomerKey,
  url: string,
): Promise<void> {
  await ctx.db.write(async (trx) => {
    const customer = await findCustomer(trx, principal, key);
    if (customer === null) throw customerNotFound();
    await trx.updateTable('customers').set({ callback_url: url }).where('id', '=', customer.id).execute();
    await note(ctx, trx, customer.id, { by: 'customer', reason: 'callback address set' });
  });
}
