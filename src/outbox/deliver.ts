import type { Selectable } from 'kysely';
import type { Queries } from '../database/port.ts';
import type { OutboxTable } from '../database/schema.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import { keyPairFromSeed, seedMissing } from '../stellar/keys.ts';
import type { Fetch } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { nothing, type PassOptions, type PassResult } from '../transfers/pass.ts';
import { databaseTime } from '../transfers/pauses.ts';
import { pauseMs } from './pauses.ts';
import { SEND_TIMEOUT_MS, send } from './send.ts';

export type OutboxRow = Selectable<OutboxTable>;

/** Callbacks that are looked for at once, and how many of them are on the way together. */
const BATCH = 100;
const IN_FLIGHT = 16;
/** A receiver that does not answer holds back its own callbacks only. */
const PER_HOST = 4;
/** So long nobody else sends what is being sent. */
const CLAIM_MS = 6 * SEND_TIMEOUT_MS;

/**
 * One pass of `deliver-callbacks`: what is due is posted, signed, in order for each transaction and customer and address (SC-33 to SC-41), by any
 * number of workers. A failure is tried again after a while, for days; nothing else waits for it, the money least of all.
 */
export async function deliverCallbacks(ctx: AnchorContext, options: PassOptions): Promise<PassResult> {
  const result = nothing();
  const { signingSeed } = ctx.project.secrets;
  if (signingSeed === undefined) throw seedMissing('SIGNING_SEED');
  const key = keyPairFromSeed(signingSeed);
  const fetch = outside(ctx);
  // hosts that do not answer at all: not asked again in this pass
  const silent = new Set<string>();
  while (!options.signal.aborted) {
    const due = (await dueRows(ctx)).filter(({ url }) => !silent.has(hostOf(url)));
    if (due.length === 0) break;
    const before = result.processed + result.failed;
    await inLanes(due, async (row) => {
      if (options.signal.aborted || silent.has(hostOf(row.url))) return;
      const claimed = await claim(ctx, row);
      if (claimed === null) return;
      const body = claimed.body ?? (await makeBody(ctx, claimed));
      if (body === null) return;
      const port = { fetch, clock: ctx.clock, key, signal: options.signal };
      const { ok, answer } = await send(port, row.url, body);
      // a stop is no answer of the receiver: the claim runs out, and somebody sends it again
      if (!ok && options.signal.aborted) return;
      await settle(ctx, claimed, ok, answer);
      if (!ok && !/^\d{3}$/.test(answer)) silent.add(hostOf(row.url));
      result[ok ? 'processed' : 'failed'] += 1;
    });
    if (result.processed + result.failed === before) break;
  }
  result.waiting += await countWaiting(ctx.db.read);
  return result;
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);

/** @throws GUARDED_FETCH_MISSING a context that was put together without it */
function outside(ctx: AnchorContext): Fetch {
  if (ctx.guardedFetch !== undefined) return ctx.guardedFetch;
  throw new AnchorError({
    code: 'GUARDED_FETCH_MISSING',
    message:
      'Callbacks go to addresses that strangers name: they need a fetch that refuses private networks.',
  });
}

/** What may be sent now: of each subject and address the oldest that waits. */
async function dueRows(ctx: AnchorContext): Promise<OutboxRow[]> {
  return ctx.db.read
    .selectFrom('outbox as o')
    .selectAll('o')
    .where('o.state', '=', 'waiting')
    .where('o.next_at', '<=', await databaseTime(ctx))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('outbox as earlier')
            .select('earlier.id')
            .whereRef('earlier.subject', '=', 'o.subject')
            .whereRef('earlier.url', '=', 'o.url')
            .where('earlier.state', '=', 'waiting')
            .whereRef('earlier.id', '<', 'o.id'),
        ),
      ),
    )
    .orderBy('o.next_at')
    .orderBy('o.id')
    .limit(BATCH)
    .execute();
}

/** Takes a callback for a while, by compare-and-set. Null: somebody else was quicker. */
async function claim(ctx: AnchorContext, row: OutboxRow): Promise<OutboxRow | null> {
  const claimed = await ctx.db.read
    .updateTable('outbox')
    .set({ attempts: row.attempts + 1, next_at: await databaseTime(ctx, CLAIM_MS) })
    .where('id', '=', row.id)
    .where('state', '=', 'waiting')
    .where('attempts', '=', row.attempts)
    .where('next_at', '=', row.next_at)
    .returningAll()
    .executeTakeFirst();
  return claimed ?? null;
}

/** Of one that was written down without its body: as the transaction is now, and the same in every retry. */
async function makeBody(ctx: AnchorContext, row: OutboxRow): Promise<string | null> {
  if (ctx.wire === undefined || row.transaction_id === null) return null;
  const transaction = await ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where('id', '=', row.transaction_id)
    .executeTakeFirstOrThrow();
  const body = JSON.stringify({ transaction: await ctx.wire.transaction(ctx.db.read, transaction) });
  await ctx.db.read.updateTable('outbox').set({ body }).where('id', '=', row.id).execute();
  return body;
}

async function settle(ctx: AnchorContext, row: OutboxRow, ok: boolean, answer: string): Promise<void> {
  const pause = pauseMs(row.attempts);
  const then = ok
    ? { state: 'delivered' as const, delivered_at: isoTime(ctx.clock.now()) }
    : pause === null
      ? { state: 'failed' as const }
      : { next_at: await databaseTime(ctx, pause) };
  await ctx.db.read
    .updateTable('outbox')
    .set({ ...then, last_answer: answer })
    .where('id', '=', row.id)
    .where('state', '=', 'waiting')
    .where('attempts', '=', row.attempts)
    .execute();
  if (ok) return;
  const { id, subject, attempts } = row;
  const gone = pause === null ? 'callback_given_up' : 'callback_failed';
  ctx.log.warn(gone, { callback: id, subject, host: hostOf(row.url), attempts, answer });
}

async function countWaiting(db: Queries): Promise<number> {
  const { count } = await db
    .selectFrom('outbox')
    .select(({ fn }) => fn.countAll<bigint | number>().as('count'))
    .where('state', '=', 'waiting')
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Each host has a few lanes of its own, all together a few more. */
async function inLanes(rows: readonly OutboxRow[], work: (row: OutboxRow) => Promise<void>): Promise<void> {
  const byHost = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const host = hostOf(row.url);
    byHost.set(host, [...(byHost.get(host) ?? []), row]);
  }
  const lanes = [...byHost.values()].flatMap((queue) =>
    Array.from({ length: Math.min(PER_HOST, queue.length) }, () => queue),
  );
  const run = async (): Promise<void> => {
    for (let queue = lanes.shift(); queue !== undefined; queue = lanes.shift()) {
      for (let row = queue.shift(); row !== undefined; row = queue.shift()) await work(row);
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, lanes.length) }, run));
}
