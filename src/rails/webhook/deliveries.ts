import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { RailsWebhook } from '../../config/integrations.ts';
import { isoTime } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { scrub } from '../../kernel/log.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { databaseTime } from '../../transfers/pauses.ts';
import { copyEntries, list, railsOf } from '../answers.ts';
import { takeEvent } from '../events.ts';
import { callRails } from '../guard.ts';
import { retryMs } from '../pauses.ts';

const BY = 'rails:webhook';
const BATCH = 50;
/** After so many tries (about an hour) it waits for an operator, or for the bank to send it again. */
const TRIES = 15;
/** So long nobody else works on what is being worked on. */
const CLAIM_MS = 90_000;
const KEPT_MS = 2 * 86_400_000;

/** One delivery is one set of bytes signed at one time. */
export const deliveryId = (signedAt: number, body: Uint8Array): string =>
  createHash('sha256').update(`${signedAt}.`).update(body).digest('hex');

/** Writes a delivery down before it is answered; false when it is known and settled. */
export async function storeDelivery(
  ctx: AnchorContext,
  id: string,
  delivery: RailsWebhook,
): Promise<boolean> {
  const now = await databaseTime(ctx);
  const sealed = ctx.box.seal(JSON.stringify(delivery), scopeOf(id));
  const row = await ctx.db.read
    .insertInto('bank_events')
    .values({ id, delivery: sealed, state: 'waiting', not_before_at: now, received_at: now, updated_at: now })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ state: 'waiting', attempts: 0, not_before_at: now, updated_at: now })
        .where('bank_events.state', '=', 'unknown'),
    )
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

const scopeOf = (id: string): string => `bank_event:${id}`;

export type Worked = 'done' | 'unknown' | 'waiting' | 'taken';

/** Works one delivery off; whatever goes wrong stays in its row and is tried again by the jobs. */
export async function workOff(ctx: AnchorContext, id: string): Promise<Worked> {
  const row = await ctx.db.read
    .selectFrom('bank_events')
    .selectAll()
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  if (row === undefined || row.delivery === null) return 'taken';
  const claimed = await ctx.db.read
    .updateTable('bank_events')
    .set({ attempts: row.attempts + 1, not_before_at: await databaseTime(ctx, CLAIM_MS) })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .where('attempts', '=', row.attempts)
    .returning('id')
    .executeTakeFirst();
  if (claimed === undefined) return 'taken';
  let faults: string[];
  try {
    faults = await takeAll(ctx, JSON.parse(ctx.box.open(row.delivery, scopeOf(id))) as RailsWebhook);
  } catch (error) {
    ctx.log.error('bank_event_failed', { event: id, error: messageOf(error) });
    const state = row.attempts + 1 < TRIES ? 'waiting' : 'unknown';
    await finish(ctx, id, state, messageOf(error), retryMs(row.attempts));
    return state;
  }
  if (faults.length > 0) ctx.log.warn('bank_event_unknown', { event: id, reason: faults.join('; ') });
  const state = faults.length > 0 ? 'unknown' : 'done';
  await finish(ctx, id, state, faults.join('; ') || null, 0);
  return state;
}

async function finish(
  ctx: AnchorContext,
  id: string,
  state: 'waiting' | 'done' | 'unknown',
  error: string | null,
  pauseMs: number,
): Promise<void> {
  const now = Number(await ctx.db.nowMs());
  await ctx.db.read
    .updateTable('bank_events')
    .set({
      state,
      error: error === null ? null : scrub(error).slice(0, 500),
      not_before_at: isoTime(now + pauseMs),
      updated_at: isoTime(now),
      ...(state === 'done' ? { delivery: null } : {}),
    })
    .where('id', '=', id)
    .execute();
}

/** What makes no sense in it, entry by entry; the others are booked. */
async function takeAll(ctx: AnchorContext, delivery: RailsWebhook): Promise<string[]> {
  const events =
    railsOf(ctx).webhook === undefined
      ? ownFormat(delivery.body)
      : await callRails(
          ctx,
          'webhook',
          async (rails, hook) => copyEntries(await rails.webhook?.(Object.freeze(delivery), hook)),
          list,
        );
  if (typeof events === 'string') return [events];
  const faults: string[] = [];
  for (const event of events) {
    const fault = await takeEvent(ctx, event, BY);
    if (fault !== null) faults.push(fault);
  }
  return faults;
}

const many = v.object({ events: v.array(v.unknown()) });
const one = v.looseObject({ type: v.string() });

/** `{"events": [...]}` or a single event. */
function ownFormat(body: string): unknown[] | string {
  try {
    const json: unknown = JSON.parse(body);
    if (v.is(many, json)) return json.events;
    return v.is(one, json) ? [json] : 'neither an event nor a list of events';
  } catch {
    return 'not JSON';
  }
}

/** Deliveries that could not be worked off when they came; then clears away what is long done. */
export async function workOffDeliveries(ctx: AnchorContext, signal: AbortSignal): Promise<void> {
  const now = Number(await ctx.db.nowMs());
  const rows = await ctx.db.read
    .selectFrom('bank_events')
    .select('id')
    .where('state', '=', 'waiting')
    .where('not_before_at', '<=', isoTime(now))
    .orderBy('not_before_at')
    .limit(BATCH)
    .execute();
  for (const { id } of rows) {
    if (signal.aborted) return;
    await workOff(ctx, id);
  }
  await ctx.db.read
    .deleteFrom('bank_events')
    .where('state', '=', 'done')
    .where('received_at', '<', isoTime(now - KEPT_MS))
    .execute();
}
