import type { Transaction } from 'kysely';
import type { Tables } from '../database/schema.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { isSameMachine, twoMachines } from '../transfers/machine.ts';
import type { Worker } from '../transfers/pass.ts';
import { policy } from './policy.ts';

/** The right to write for one source account, until someone else takes it (reliability R6). */
export interface Lease {
  name: string;
  owner: string;
  epoch: number;
  /** of a channel: the lease of the distribution account that it works for; both have to be held */
  under?: Lease;
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
    if (held.expires_ms > now && !worker.isGone(held)) {
      if (ctx.db.dialect === 'sqlite' && !isSameMachine(held, worker)) throw twoMachines(held.machine);
      return null;
    }
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

/**
 * Writes that only the holder of the lease, and of those that it was taken under, may do; of several leases, of all of them. With a
 * stale epoch nothing is written.
 *
 * @throws LEASE_LOST
 */
export function fenced<T>(
  ctx: AnchorContext,
  wanted: Lease | readonly Lease[],
  work: (trx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  const given = 'name' in wanted ? [wanted] : wanted;
  const leases = new Map<string, Lease>();
  for (const lease of given.flatMap((one) => (one.under === undefined ? [one] : [one, one.under]))) {
    leases.set(lease.name, lease);
  }
  return ctx.db.write(async (trx) => {
    const held = await trx
      .selectFrom('leases')
      .select(['name', 'owner', 'epoch'])
      .where('name', 'in', [...leases.keys()])
      .orderBy('name')
      .$if(ctx.db.dialect === 'postgres', (query) => query.forUpdate())
      .execute();
    for (const one of leases.values()) {
      const row = held.find(({ name }) => name === one.name);
      if (row?.owner !== one.owner || row.epoch !== one.epoch) throw lost(one.name);
    }
    return work(trx);
  });
}

/** Only of those that are still ours; how many they were. */
async function setExpiry(ctx: AnchorContext, leases: readonly Lease[], expires_ms: bigint): Promise<number> {
  const done = await ctx.db.read
    .updateTable('leases')
    .set({ expires_ms })
    .where(({ eb, or, and }) =>
      or(
        leases.map(({ name, owner, epoch }) =>
          and([eb('name', '=', name), eb('owner', '=', owner), eb('epoch', '=', epoch)]),
        ),
      ),
    )
    .executeTakeFirst();
  return Number(done.numUpdatedRows);
}

/** Gives leases back before they run out. */
export async function releaseLeases(ctx: AnchorContext, leases: readonly Lease[]): Promise<void> {
  if (leases.length > 0) await setExpiry(ctx, leases, 0n).catch(() => undefined);
}

/**
 * Runs `work` with the lease, renewing it meanwhile together with those that `work` puts into `more`; null where someone else holds it.
 */
export async function withLease<T>(
  ctx: AnchorContext,
  name: string,
  worker: Worker,
  work: (lease: Lease, more: Lease[]) => Promise<T>,
): Promise<T | null> {
  const lease = await acquireLease(ctx, name, worker);
  if (lease === null) return null;
  const done = new AbortController();
  const more: Lease[] = [];
  const renewing = renew(ctx, [lease], more, done.signal);
  try {
    return await work(lease, more);
  } finally {
    done.abort();
    await renewing;
    await releaseLeases(ctx, [lease, ...more]);
  }
}

/** A renewal that fails is tried again; when the lease is lost, the next fenced write says so. */
async function renew(
  ctx: AnchorContext,
  own: readonly Lease[],
  more: readonly Lease[],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await ctx.clock.sleep(policy.leaseRenewMs, signal);
    if (signal.aborted) return;
    try {
      const until = (await ctx.db.nowMs()) + BigInt(policy.leaseMs);
      if ((await setExpiry(ctx, [...own, ...more], until)) === 0) return;
    } catch {
      ctx.log.warn('lease_not_renewed', { leases: [...own, ...more].map((one) => one.name) });
    }
  }
}
