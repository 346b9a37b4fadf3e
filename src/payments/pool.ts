import { type Selectable, sql } from 'kysely';
import type { KeysTable } from '../database/schema.ts';
import { type KeyPair, keyPairFromSeed } from '../stellar/keys.ts';
import type { AnchorContext } from '../transfers/context.ts';
import type { Worker } from '../transfers/pass.ts';
import { acquireLease, type Lease } from './lease.ts';

type KeyRow = Selectable<KeysTable>;

export const sourceLease = (account: string): string => `source:${account}`;

/** The scope that a key in `keys` is sealed for. */
const keyScope = (account: string): string => `keys/${account}`;

const pairs = new WeakMap<AnchorContext['box'], Map<string, KeyPair>>();

/** The key pair of a stored key; importing one costs more than a signature, so it is kept. @throws SECRET_UNREADABLE */
export function channelKey(ctx: Pick<AnchorContext, 'box'>, row: Pick<KeyRow, 'account' | 'seed'>): KeyPair {
  const known = pairs.get(ctx.box) ?? new Map<string, KeyPair>();
  pairs.set(ctx.box, known);
  const pair = known.get(row.seed) ?? keyPairFromSeed(ctx.box.open(row.seed, keyScope(row.account)));
  known.set(row.seed, pair);
  return pair;
}

/** An account that can be the source of a transaction: the distribution account itself, or a channel that is leased for it. */
export interface Source {
  account: string;
  /** of a channel; null: the distribution account, whose signature is the plan's business */
  key: KeyPair | null;
  lease: Lease;
}

/** Channels that nobody holds and that have nothing in flight. */
const freeQuery = (ctx: AnchorContext, now: bigint) =>
  ctx.db.read
    .selectFrom('keys')
    .where('purpose', '=', 'channel')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('slots')
            .select('slots.id')
            .whereRef('slots.source_account', '=', 'keys.account')
            .where('slots.state', '=', 'open'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('leases')
            .select('leases.name')
            .where('leases.name', '=', sql<string>`'source:' || keys.account`)
            .where('leases.expires_ms', '>', now),
        ),
      ),
    );

export async function countFree(ctx: AnchorContext): Promise<number> {
  const { count } = await freeQuery(ctx, await ctx.db.nowMs())
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Oldest first. */
async function freeChannels(ctx: AnchorContext, most: number): Promise<KeyRow[]> {
  return freeQuery(ctx, await ctx.db.nowMs())
    .selectAll('keys')
    .orderBy('created_at')
    .orderBy('account')
    .limit(most)
    .execute();
}

/** Takes up to `most` free channels for the work of `under`; fewer where there are no more. */
export async function takeChannels(
  ctx: AnchorContext,
  worker: Worker,
  under: Lease,
  most: number,
): Promise<Source[]> {
  if (most <= 0) return [];
  const taken: Source[] = [];
  for (const row of await freeChannels(ctx, most)) {
    const source = await takeChannel(ctx, worker, under, row);
    if (source !== null) taken.push(source);
  }
  return taken;
}

/** A channel with a transaction in flight, e.g. of a worker that is gone. Null where another one holds it, or it is none of ours. */
export async function takeChannelOf(
  ctx: AnchorContext,
  worker: Worker,
  under: Lease,
  account: string,
): Promise<Source | null> {
  const row = await ctx.db.read
    .selectFrom('keys')
    .selectAll()
    .where('account', '=', account)
    .executeTakeFirst();
  return row === undefined ? null : takeChannel(ctx, worker, under, row);
}

async function takeChannel(
  ctx: AnchorContext,
  worker: Worker,
  under: Lease,
  row: KeyRow,
): Promise<Source | null> {
  const lease = await acquireLease(ctx, sourceLease(row.account), worker);
  if (lease === null) return null;
  return { account: row.account, key: channelKey(ctx, row), lease: { ...lease, under } };
}
