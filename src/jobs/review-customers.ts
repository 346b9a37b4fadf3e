import { dropAllExpired, reviewDue } from '../customers/index.ts';
import { isoTime } from '../kernel/clock.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { customersOf } from '../transfers/customers.ts';
import type { PassOptions, PassResult } from '../transfers/pass.ts';

const BATCH = 100;

/** Customers that wait for the integration's word, and uploads that no customer referred to in time (S12-28, S12-43). */
export async function reviewCustomers(ctx: AnchorContext, options: PassOptions): Promise<PassResult> {
  const customers = customersOf(ctx);
  const at = isoTime(ctx.clock.now());
  const { processed, waiting } = await reviewDue(customers, { at, limit: BATCH, signal: options.signal });
  await dropAllExpired(customers);
  return { processed, waiting, failed: 0 };
}
