import { customerFields, findCustomer } from '../customers/index.ts';
import { parseSubject } from '../kernel/principal.ts';
import type { AnchorContext } from './context.ts';
import { customersOf } from './customers.ts';
import { readFields } from './fields.ts';
import type { TransactionRow } from './rows.ts';

/**
 * All that is known of whom a transaction is for, by SEP-9 name: what its customer gave (of SEP-31 its receiver), and over it what came with
 * the transaction itself. This is what the rails see.
 *
 * A customer that is not the transaction's own user's is none: wallets may have named any id before SEP-12 was switched on (SC-21).
 *
 * @throws SECRET_UNREADABLE
 */
export async function knownFields(ctx: AnchorContext, row: TransactionRow): Promise<Record<string, string>> {
  const own = readFields(ctx, row);
  const customer = row.sep === '31' ? row.receiver_id : row.customer_id;
  if (customer === null || !ctx.project.seps.includes(12)) return own;
  const principal = parseSubject(row.subject);
  if (principal === null || (await findCustomer(ctx.db.read, principal, { id: customer })) === null)
    return own;
  return { ...(await customerFields(customersOf(ctx), customer)), ...own };
}
