import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { hold, release } from './book.ts';
import { fenced, type Lease } from './lease.ts';
import type { Owed, Wait } from './rows.ts';
import type { Refusal } from './signers/policy.ts';
import type { Sorted } from './sort.ts';

/** Writes down who waits for what; apart from the payments themselves, because none of them may keep those back. */
export async function setAside(
  ctx: AnchorContext,
  lease: Lease,
  sorted: Pick<Sorted, 'waits' | 'holds'>,
): Promise<void> {
  for (const { owed, wait } of sorted.waits) {
    await alone(ctx, owed, () => fenced(ctx, lease, (trx) => release(ctx, trx, owed.obligation, wait)));
  }
  for (const { owed, text } of sorted.holds) {
    await alone(ctx, owed, () => fenced(ctx, lease, (trx) => hold(ctx, trx, owed.obligation, text)));
  }
}

/** All of them wait for one thing. */
export function putOff(ctx: AnchorContext, lease: Lease, all: readonly Owed[], wait: Wait): Promise<void> {
  return setAside(ctx, lease, { waits: all.map((owed) => ({ owed, wait })), holds: [] });
}

/** What the signer does not sign waits, for its reason; all others go again without it. */
export function putAside(
  ctx: AnchorContext,
  lease: Lease,
  sorted: Sorted,
  refused: readonly Refusal[],
): Promise<void> {
  const waits = refused.flatMap(({ obligation, wait }) => {
    const item = sorted.items.find(({ owed }) => owed.obligation.id === obligation);
    return item === undefined ? [] : [{ owed: item.owed, wait }];
  });
  return setAside(ctx, lease, { waits, holds: [] });
}

async function alone(ctx: AnchorContext, owed: Owed, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const moved =
      AnchorError.is(error) && (error.code === 'OBLIGATION_MOVED' || error.code === 'TRANSACTION_MOVED');
    if (!moved) throw error;
    ctx.log.warn('payment_moved_elsewhere', { obligation: owed.obligation.id });
  }
}
