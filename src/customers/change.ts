import type { CustomerStatusName } from '../config/customer-hooks.ts';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import type { CustomersContext } from './context.ts';
import type { CustomerRow, StatusRow } from './find.ts';
import { boxOf, valueScope } from './keys.ts';

/** A line in the book of what happened to a customer: names of fields, never what is in them. */
export async function note(
  ctx: CustomersContext,
  trx: Queries,
  customerId: string,
  entry: { type?: string; from?: string | null; to?: string | null; by: string; reason: string },
): Promise<void> {
  await trx
    .insertInto('customer_history')
    .values({
      customer_id: customerId,
      at: isoTime(ctx.clock.now()),
      type: entry.type ?? null,
      from_status: entry.from ?? null,
      to_status: entry.to ?? null,
      by_whom: entry.by,
      reason: entry.reason,
    })
    .execute();
}

export interface NewStatus {
  status: CustomerStatusName;
  by: string;
  reason: string;
  message?: string | null;
  /** names of fields that are asked for beyond those of the type; left out: as before */
  asked?: readonly string[];
  /** version of the customer that was decided about */
  reviewedVersion?: number | null;
  /** when the integration is asked next; null: nobody waits for it */
  reviewAt?: string | null;
  reviewTries?: number;
}

/**
 * The one place where a customer's status is written (S12-43): the row, the book, and everything that waits for it, in one database
 * transaction. Whoever adds a reaction to a change (the callback of S12-38) adds it here or in the port `ctx.changed`.
 */
export async function setStatus(
  ctx: CustomersContext,
  trx: Queries,
  customer: CustomerRow,
  before: StatusRow | undefined,
  type: string,
  next: NewStatus,
): Promise<void> {
  const box = boxOf(ctx, customer);
  const values = {
    status: next.status,
    message: next.message ? box.seal(next.message, valueScope(customer.id, type, 'message')) : null,
    ...(next.asked === undefined ? {} : { asked: JSON.stringify(next.asked) }),
    reviewed_version: next.reviewedVersion ?? null,
    review_at: next.reviewAt ?? null,
    review_tries: next.reviewTries ?? 0,
    by_whom: next.by,
    updated_at: isoTime(ctx.clock.now()),
  };
  await trx
    .insertInto('customer_statuses')
    .values({ customer_id: customer.id, type, ...values })
    .onConflict((conflict) => conflict.columns(['customer_id', 'type']).doUpdateSet(values))
    .execute();
  const from = before?.status ?? null;
  if (from === next.status) return;
  await note(ctx, trx, customer.id, { type, from, to: next.status, by: next.by, reason: next.reason });
  await ctx.changed?.(trx, {
    customerId: customer.id,
    owner: customer.owner,
    type,
    from,
    to: next.status,
    by: next.by,
  });
}
