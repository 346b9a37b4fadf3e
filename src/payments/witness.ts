import { isoTime } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { NetworkTransaction, StellarNetwork } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { freezeSigning } from './freeze.ts';
import { inLanes } from './lanes.ts';
import { fenced, type Lease } from './lease.ts';
import { policy } from './policy.ts';
import { readingsOf } from './readings.ts';

/** The sequence number that an account has used last, as far as this process knows. */
interface Seen {
  sequence: bigint;
  at: number;
}

const memories = new WeakMap<StellarNetwork, Map<string, Seen>>();

function memoryOf(ctx: Pick<AnchorContext, 'network'>): Map<string, Seen> {
  const found = memories.get(ctx.network) ?? new Map<string, Seen>();
  memories.set(ctx.network, found);
  return found;
}

/** What the ledger said of an account of ours: it has used this sequence number. */
export function witness(
  ctx: Pick<AnchorContext, 'network' | 'clock'>,
  account: string,
  sequence: bigint,
): void {
  const memory = memoryOf(ctx);
  const before = memory.get(account)?.sequence ?? sequence;
  // a server that lags knows less, and what was seen was seen
  memory.set(account, { sequence: before > sequence ? before : sequence, at: ctx.clock.now() });
}

/** The number is not what it seemed: it is read anew before it is used. */
export const forget = (ctx: Pick<AnchorContext, 'network'>, account: string): void =>
  void memoryOf(ctx).delete(account);

export const lastSequence = (ctx: Pick<AnchorContext, 'network'>, account: string): bigint | null =>
  memoryOf(ctx).get(account)?.sequence ?? null;

/** An account whose key is ours, and since when this database has held it. */
interface Own {
  id: string;
  since: string;
}

async function ownAccounts(ctx: AnchorContext): Promise<Own[]> {
  const [keys, assets] = await Promise.all([
    ctx.db.read.selectFrom('keys').select(['account', 'created_at']).execute(),
    ctx.db.read.selectFrom('assets').select(['distribution_account', 'created_at']).execute(),
  ]);
  const found = new Map<string, string>();
  const note = (id: string, since: string): void => {
    const known = found.get(id);
    if (known === undefined || since < known) found.set(id, since);
  };
  for (const key of keys) note(key.account, key.created_at);
  for (const asset of assets) note(asset.distribution_account, asset.created_at);
  return [...found].map(([id, since]) => ({ id, since }));
}

/**
 * Before a new slot is opened, every account of ours must stand where the book expects it: a number that the ledger has used and the
 * book does not know was signed by somebody else, or by us before this database was restored from a backup (reliability R3, M6, F18).
 * Then nothing is signed any more. Each account is read at least once a minute, the book is asked each time.
 *
 * @returns whether slots may be opened
 * @throws NETWORK_UNAVAILABLE, LEASE_LOST
 */
export async function bookIsWhole(ctx: AnchorContext, lease: Lease): Promise<boolean> {
  const own = await ownAccounts(ctx);
  const memory = memoryOf(ctx);
  const now = ctx.clock.now();
  const old = own.filter(({ id }) => Math.abs(now - (memory.get(id)?.at ?? 0)) > policy.witnessMs);
  await inLanes(old, policy.lookupsInFlight, async ({ id }) => {
    const account = await ctx.network.account(id);
    readingsOf(ctx).note(ctx, account.ledger);
    if ('missing' in account) forget(ctx, id);
    else witness(ctx, id, account.sequence);
  });
  for (const one of await unexplained(ctx, own)) {
    if (!(await explain(ctx, lease, one))) return false;
  }
  return true;
}

interface Doubtful extends Own {
  sequence: bigint;
}

/** Numbers that no envelope of the book stands for, and that are not an account's first. */
async function unexplained(ctx: AnchorContext, own: readonly Own[]): Promise<Doubtful[]> {
  const memory = memoryOf(ctx);
  const used = own.flatMap((one) => {
    const sequence = memory.get(one.id)?.sequence;
    // created at ledger << 32, and never used
    return sequence === undefined || (sequence & 0xffffffffn) === 0n ? [] : [{ ...one, sequence }];
  });
  const doubtful: Doubtful[] = [];
  for (let at = 0; at < used.length; at += 200) {
    const part = used.slice(at, at + 200);
    const known = await ctx.db.read
      .selectFrom('envelopes')
      .select(['source_account', 'sequence'])
      .where(({ eb, or, and }) =>
        or(
          part.map(({ id, sequence }) => and([eb('source_account', '=', id), eb('sequence', '=', sequence)])),
        ),
      )
      .execute();
    const names = new Set(known.map((row) => `${row.source_account} ${row.sequence}`));
    doubtful.push(...part.filter(({ id, sequence }) => !names.has(`${id} ${sequence}`)));
  }
  return doubtful;
}

const baseline = (account: string): string => `baseline:${account}`;

/** Whether the number was used before this database held the key; otherwise all signing stops, or waits until the history shows it. */
async function explain(ctx: AnchorContext, lease: Lease, one: Doubtful): Promise<boolean> {
  const noted = await ctx.db.read
    .selectFrom('facts')
    .select('value')
    .where('name', '=', baseline(one.id))
    .executeTakeFirst();
  if (noted !== undefined && BigInt(noted.value) >= one.sequence) return true;
  const transaction = await transactionAt(ctx, one);
  if (transaction === null) {
    ctx.log.error('sequence_unexplained', { account: one.id, sequence: one.sequence.toString() });
    // it may have been a reading that made no sense: the next one decides
    forget(ctx, one.id);
    return false;
  }
  const at = isoTime(ctx.clock.now());
  if (!(await everSigned(ctx, one.id)) && transaction.createdAt <= one.since) {
    await fenced(ctx, lease, (trx) =>
      trx
        .insertInto('facts')
        .values({ name: baseline(one.id), value: one.sequence.toString(), updated_at: at })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute(),
    );
    return true;
  }
  // it may have been signed and booked by another worker since the book was asked
  if ((await unexplained(ctx, [one])).length === 0) return true;
  await fenced(ctx, lease, (trx) => freezeSigning(ctx, trx, { hash: transaction.hash, account: one.id }));
  return false;
}

async function everSigned(ctx: AnchorContext, account: string): Promise<boolean> {
  const row = await ctx.db.read
    .selectFrom('envelopes')
    .select('hash')
    .where('source_account', '=', account)
    .executeTakeFirst();
  return row !== undefined;
}

async function transactionAt(
  ctx: AnchorContext,
  { id, sequence }: Doubtful,
): Promise<NetworkTransaction | null> {
  try {
    const page = await ctx.network.recentTransactions(id, 200);
    return page.find((row) => row.sourceAccount === id && row.sequence === sequence) ?? null;
  } catch (error) {
    ctx.log.warn('history_not_read', { account: id, error: messageOf(error) });
    return null;
  }
}
