import { statusOf } from '../customers/index.ts';
import type { Principal } from '../kernel/principal.ts';
import type { AnchorContext } from './context.ts';
import type { CustomerStatus } from './customer-info.ts';
import { customersOf } from './customers.ts';

/** What the anchor knows of a customer, for one use (a SEP-12 type). */
export interface Kyc {
  is: CustomerStatus;
  /** null where no customer is known, or none is asked for */
  customerId: string | null;
  /** for the user */
  message: string | null;
}

const NOT_ASKED: Kyc = { is: 'ACCEPTED', customerId: null, message: null };

/**
 * Whether the customer may go on. Without SEP-12 nobody is asked.
 *
 * @param options.id of a customer of this principal's, where another than its own is meant
 * @throws CUSTOMER_NOT_FOUND (404) for an id that is not the principal's
 */
export async function kycFor(
  ctx: AnchorContext,
  principal: Principal,
  type: string,
  options: { id?: string | undefined; lang?: string | undefined } = {},
): Promise<Kyc> {
  if (!ctx.project.seps.includes(12)) return NOT_ASKED;
  const found = await statusOf(customersOf(ctx), principal, type, options);
  return { is: found.status, customerId: found.id, message: found.message };
}
