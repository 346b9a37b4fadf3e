import { callbackUrlOf, clientOf } from '../config/clients.ts';
import type { CustomerChange, CustomerRow } from '../customers/index.ts';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import type { AnchorContext } from './context.ts';

/** After these the wallet asks anew to be told (S12-38). */
const ENDS: readonly string[] = ['ACCEPTED', 'REJECTED'];

/**
 * Writes what is to be told of a customer's new status, in the database transaction of the change: to the address of PUT /customer/callback,
 * until the customer is accepted or rejected (S12-38), and to the custodial wallet of clients.toml. The body is that of GET /customer (S12-39).
 */
export async function tellCustomerChange(
  ctx: Pick<AnchorContext, 'project' | 'clock' | 'wire'>,
  trx: Queries,
  change: CustomerChange,
): Promise<void> {
  if (ctx.wire === undefined) return;
  const customer = await trx
    .selectFrom('customers')
    .selectAll()
    .where('id', '=', change.customerId)
    .executeTakeFirst();
  if (customer === undefined) return;
  const client = clientOf(ctx.project, null, customer.owner);
  const known = client === undefined ? undefined : callbackUrlOf(client, '12');
  const own = customer.callback_url;
  const urls = [...new Set([own, known])].filter((url) => url !== null && url !== undefined);
  if (urls.length === 0) return;
  const body = JSON.stringify(await ctx.wire.customer(trx, customer, change.type));
  const at = isoTime(ctx.clock.now());
  await trx
    .insertInto('outbox')
    .values(
      urls.map((url) => ({
        subject: `customer:${customer.id}`,
        customer_id: customer.id,
        kind: url === own ? ('customer_callback' as const) : ('client_callback' as const),
        url,
        status: change.to,
        body,
        next_at: at,
        created_at: at,
      })),
    )
    .execute();
  if (own !== null && ENDS.includes(change.to)) await forget(trx, customer);
}

const forget = async (trx: Queries, { id }: CustomerRow): Promise<void> => {
  await trx.updateTable('customers').set({ callback_url: null }).where('id', '=', id).execute();
};
