import { isoTime } from '../kernel/clock.ts';
import { limits } from '../kernel/limits.ts';
import type { NetworkAccount, NetworkTransaction, SubmitAnswer } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { fenced, type Lease } from './lease.ts';
import { policy } from './policy.ts';
import { doorWait } from './reactions.ts';
import { replace } from './replace.ts';
import type { EnvelopeRow, SlotRow, Wait } from './rows.ts';
import { settleDead, settleForeign, settleFound } from './settle.ts';

/** What came of one look at a slot: settled with so many payments made, or still in flight. */
export type Progress = { settled: true; paid: number } | { settled: false; retryAfterMs: number | null };

const pending: Progress = { settled: false, retryAfterMs: null };
const settled = (paid: number): Progress => ({ settled: true, paid });

/**
 * Brings the open slot of a source one step on: looks its envelopes up in the ledger, then at the source account for the proof that
 * none can apply any more, and sends again, unchanged, what is still alive (reliability R2, R4, R5).
 *
 * @throws NETWORK_UNAVAILABLE, LEASE_LOST
 */
export async function advance(
  ctx: AnchorContext,
  lease: Lease,
  slot: SlotRow,
  signal: AbortSignal,
): Promise<Progress> {
  const live = await liveEnvelopes(ctx, slot);
  for (const envelope of live) {
    const found = envelope.submissions === 0 ? null : await ctx.network.transaction(envelope.hash);
    if (found !== null) return settled(await settleFound(ctx, lease, slot, envelope, found));
  }
  // never sent as far as the book knows: sending it is always safe, and the quickest way to learn more
  const fresh = live.find((envelope) => envelope.submissions === 0);
  if (fresh !== undefined) return send(ctx, lease, slot, fresh, signal);
  const account = await ctx.network.account(slot.source_account);
  if ('missing' in account) {
    ctx.log.error('source_missing', { account: slot.source_account });
    return pending;
  }
  if (account.sequence >= slot.sequence) return consumed(ctx, lease, slot, live);
  if (live.every((envelope) => account.ledger >= envelope.max_ledger)) {
    await settleDead(ctx, lease, slot, account, lastWait(live));
    return settled(0);
  }
  return keepAlive(ctx, lease, slot, live, { account, signal });
}

const liveEnvelopes = (ctx: AnchorContext, slot: SlotRow): Promise<EnvelopeRow[]> =>
  ctx.db.read
    .selectFrom('envelopes')
    .selectAll()
    .where('slot_id', '=', slot.id)
    .where('state', 'in', ['signed', 'submitted'])
    .orderBy('created_at')
    .execute();

/** The newest envelope goes again; where the door refused it for a reason that a new one in this slot can avoid, that one goes. */
async function keepAlive(
  ctx: AnchorContext,
  lease: Lease,
  slot: SlotRow,
  live: EnvelopeRow[],
  { account, signal }: { account: NetworkAccount; signal: AbortSignal },
): Promise<Progress> {
  const newest = live.at(-1);
  if (newest === undefined) return pending;
  if (live.length < policy.envelopesPerSlot) {
    const better = await replace(ctx, lease, slot, newest);
    if (better !== null) return send(ctx, lease, slot, better, signal);
  }
  const quiet = ctx.clock.now() - Date.parse(newest.updated_at);
  if (quiet < policy.resendMs || account.ledger >= newest.max_ledger - 1) return pending;
  return send(ctx, lease, slot, newest, signal);
}

async function send(
  ctx: AnchorContext,
  lease: Lease,
  slot: SlotRow,
  envelope: EnvelopeRow,
  signal: AbortSignal,
): Promise<Progress> {
  const answer = await unlessAborted(ctx.network.submit(envelope.xdr), signal);
  if (answer === 'aborted') return pending;
  const ours = answer.status === 'applied' && answer.hash === envelope.hash;
  if (ours) return settled(await settleFound(ctx, lease, slot, envelope, answer));
  await record(ctx, lease, slot, envelope, answer);
  return { settled: false, retryAfterMs: answer.status === 'throttled' ? answer.retryAfterMs : null };
}

/** A submission can take 40 seconds, and a worker that is told to stop need not wait: the next one looks the envelope up. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | 'aborted'> {
  if (signal.aborted) return 'aborted';
  work.catch(() => undefined);
  const ended = new AbortController();
  const aborted = new Promise<'aborted'>((resolve) => {
    signal.addEventListener('abort', () => resolve('aborted'), { once: true, signal: ended.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    ended.abort();
  }
}

/** What the door said is kept for the next step and shown to the operator; it proves nothing. */
async function record(
  ctx: AnchorContext,
  lease: Lease,
  slot: SlotRow,
  envelope: EnvelopeRow,
  answer: SubmitAnswer,
): Promise<void> {
  const last = JSON.stringify(answer);
  ctx.log.info('envelope_answer', { hash: envelope.hash, answer: last.slice(0, 300) });
  await fenced(ctx, lease, async (trx) => {
    await trx
      .updateTable('envelopes')
      .set({
        state: 'submitted',
        submissions: envelope.submissions + 1,
        last_answer: last.slice(0, 4_000),
        updated_at: isoTime(ctx.clock.now()),
      })
      .where('hash', '=', envelope.hash)
      .execute();
    const wait = answer.status === 'refused' ? doorWait(answer.transactionCode) : null;
    await trx
      .updateTable('obligations')
      .set({ waiting_code: wait?.code ?? null, waiting_text: wait?.text ?? null })
      .where('slot_id', '=', slot.id)
      .where('state', '=', 'bound')
      .execute();
  });
}

/** After its end, what a refused transaction carried waits for what the door asked for, instead of going again at once. */
function lastWait(live: EnvelopeRow[]): Wait | null {
  const last = live.at(-1)?.last_answer;
  if (last == null) return null;
  const answer = JSON.parse(last) as SubmitAnswer;
  if (answer.status !== 'refused' || answer.transactionCode === 'tx_too_late') return null;
  return doorWait(answer.transactionCode);
}

/** The sequence number is used up: by one of ours, or by somebody else. Where the history lags behind, wait. */
async function consumed(
  ctx: AnchorContext,
  lease: Lease,
  slot: SlotRow,
  live: EnvelopeRow[],
): Promise<Progress> {
  const found = await findBySequence(ctx, slot, live);
  if (found === null) return pending;
  // also those believed dead, and those of setup: the ledger is right, whatever our book says
  const envelope = await ctx.db.read
    .selectFrom('envelopes')
    .selectAll()
    .where('inner_hash', '=', found.innerHash ?? found.hash)
    .executeTakeFirst();
  if (envelope !== undefined) return settled(await settleFound(ctx, lease, slot, envelope, found));
  await settleForeign(ctx, lease, slot, { hash: found.hash, ledger: found.ledger });
  return settled(0);
}

async function findBySequence(
  ctx: AnchorContext,
  slot: SlotRow,
  live: EnvelopeRow[],
): Promise<NetworkTransaction | null> {
  for (const envelope of live) {
    const found = await ctx.network.transaction(envelope.hash);
    if (found !== null) return found;
  }
  const oldest = Math.min(...live.map((envelope) => envelope.max_ledger));
  const from = Math.max(0, (Number.isFinite(oldest) ? oldest : 0) - 2 * limits.envelopeLedgers);
  let cursor: string | null = (BigInt(from) << 32n).toString();
  while (cursor !== null) {
    const page: NetworkTransaction[] = await ctx.network.transactions(slot.source_account, cursor, 20);
    const found = page.find(
      (one) => one.sourceAccount === slot.source_account && one.sequence === slot.sequence,
    );
    if (found !== undefined) return found;
    cursor = page.at(-1)?.pagingToken ?? null;
  }
  return null;
}
