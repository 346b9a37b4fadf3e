import type { Transaction } from 'kysely';
import type { Tables } from '../database/schema.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import type { Worker } from '../transfers/pass.ts';
import { policy } from './policy.ts';

/** The right to write for one source account, until someone else takes it (reliability R6). */
export interface Lease {
  name: string;
  owner: string;
  epoch: number;
}

const lost = (name: string): AnchorError =>
  new AnchorError({
    code: 'LEASE_LOST',
    message: `Another worker has taken over ${name}.`,
    hint: 'It goes on there; nothing is lost.',
  });

export const isLeaseLost = (error: unknown): boolean => AnchorError.is(error) && error.code === 'LEASE_LOST';

/**
 * Takes the lease when it is free, has run out by the database's clock, or belongs to a worker that is known to be gone. The epoch
 * grows with every change of hands; null when someone holds it, be it another loop of the same process.
 */
export async function acquireLease(ctx: AnchorContext, name: string, worker: Worker): Promise<Lease | null> {
  const now = await ctx.db.nowMs();
  const expires_ms = now + BigInt(policy.leaseMs);
  const { owner, machine, boot } = worker;
  return ctx.db.write(async (trx) => {
    const held = await trx.selectFrom('leases').selectAll().where('name', '=', name).executeTakeFirst();
    if (held === undefined) {
      const made = await trx
        .insertInto('leases')
        .values({ name, owner, epoch: 1, expires_ms, machine, boot })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returning('epoch')
        .executeTakeFirst();
      return made === undefined ? null : { name, owner, epoch: 1 };
    }
    if (held.expires_ms > now && !worker.isGone(held)) return null;
    const epoch = held.epoch + 1;
    const taken = await trx
      .updateTable('leases')
      .set({ owner, epoch, expires_ms, machine, boot })
      .where('name', '=', name)
      .where('epoch', '=', held.epoch)
      .executeTakeFirst();
    return taken.numUpdatedRows === 1n ? { name, owner, epoch } : null;
  });
}

/** Writes that only the holder of the lease may do: with a stale epoch nothing is written. @throws LEASE_LOST */
export function fenced<T>(
  ctx: AnchorContext,
  lease: Lease,
  work: (trx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return ctx.db.write(async (trx) => {
    const held = await trx
      .selectFrom('leases')
      .select('epoch')
      .where('name', '=', lease.name)
      .where('owner', '=', lease.owner)
      .where('epoch', '=', lease.epoch)
      .$if(ctx.db.dialect === 'postgres', (query) => query.forUpdate())
      .executeTakeFirst();
    if (held === undefined) throw lost(lease.name);
    return work(trx);
  });
}

async function setExpiry(ctx: AnchorContext, lease: Lease, expires_ms: bigint): Promise<boolean> {
  const done = await ctx.db.read
    .updateTable('leases')
    .set({ expires_ms })
    .where('name', '=', lease.name)
    .where('owner', '=', lease.owner)
    .where('epoch', '=', lease.epoch)
    .executeTakeFirst();
  return done.numUpdatedRows === 1n;
}

/** Runs `work` with the lease, renewing it meanwhile; null where someone else holds it. */
export async function withLease<T>(
  ctx: AnchorContext,
  name: string,
  worker: Worker,
  work: (lease: Lease) => Promise<T>,
): Promise<T | null> {
  const lease = await acquireLease(ctx, name, worker);
  if (lease === null) return null;
  const done = new AbortController();
  const renewing = renew(ctx, lease, done.signal);
  try {
    return await work(lease);
  } finally {
    done.abort();
    await renewing;
    await setExpiry(ctx, lease, 0n).catch(() => undefined);
  }
}

/** A renewal that fails is tried again; when the lease is lost, the next fenced write says so. */
async function renew(ctx: AnchorContext, lease: Lease, signal: AbortSignal): Promise<void> {
  for (;;) {
    await ctx.clock.sleep(policy.leaseRenewMs, signal);
    if (signal.aborted) return;
    try {
      const until = (await ctx.db.nowMs()) + BigInt(policy.leaseMs);
      if (!(await setExpiry(ctx, lease, until))) return;
    } catch {
      ctx.log.warn('lease_not_renewed', { lease: lease.name });
    }
  }
}
