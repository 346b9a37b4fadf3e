import type { Principal } from '../kernel/principal.ts';
import type { AnchorContext } from './context.ts';
import type { CustomerStatus } from './customer-info.ts';

/** What the anchor knows of a customer, for one use (a SEP-12 type). */
export interface Kyc {
  is: CustomerStatus;
  /** null where no customer is known, or none is asked for */
  customerId: string | null;
  /** for the user */
  message: string | null;
}

const NOT_ASKED: Kyc = { is: 'ACCEPTED', customerId: null, message: null };

/** Whether the customer may go on. Without SEP-12 nobody is asked. */
export async function kycFor(ctx: AnchorContext, _principal: Principal, _type: string): Promise<Kyc> {
  if (!ctx.project.seps.includes(12)) return NOT_ASKED;
  return NOT_ASKED;
}
