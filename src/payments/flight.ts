import { limits } from '../kernel/limits.ts';
import type { NetworkAccount, NetworkTransaction, SubmitAnswer } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { raise } from './bump.ts';
import { deniedText, isDenied, reopen } from './cosign/collect.ts';
import { showGone, whereGone } from './gone.ts';
import { destinationsOf } from './lookup.ts';
import { policy } from './policy.ts';
import type { Source } from './pool.ts';
import { doorWait } from './reactions.ts';
import { readingsOf } from './readings.ts';
import { replace } from './replace.ts';
import { isReadable } from './results.ts';
import type { EnvelopeRow, SlotRow, Wait } from './rows.ts';
import { settleDead, settleForeign, settleFound } from './settle.ts';
import { witness } from './witness.ts';

/** A slot that is open: what was signed for it, and where that stands. The database has all of it that matters. */
export interface Flight {
  source: Source;
  payer: string;
  slot: SlotRow;
  /** oldest first; may still apply */
  live: EnvelopeRow[];
  /** operations that it takes in a ledger */
  operations: number;
  /** destination and asset by obligation, where this process has opened it */
  names: ReadonlyMap<string, string>;
  /** milliseconds, of the last submission in this process; 0: none */
  sentAt: number;
  /** newest ledger known when a node first took it into its queue; null: not that we know */
  queuedAt: number | null;
  /** milliseconds at which its source account is looked at, where no result has come before */
  checkAt: number;
  /** a submission is under way */
  sending: boolean;
  /** milliseconds before which it is not sent again: too many requests */
  quietUntil: number;
  /** people have to sign it: nothing moves before that or its end, and nobody need stand by */
  parked: boolean;
}

export async function loadFlights(
  ctx: AnchorContext,
  payer: string,
  sourceOf: (account: string) => Promise<Source | null>,
): Promise<Flight[]> {
  const slots = await ctx.db.read
    .selectFrom('slots')
    .selectAll()
    .where('state', '=', 'open')
    .where((eb) => eb.fn.coalesce('payer', 'source_account'), '=', payer)
    .orderBy('created_at')
    .execute();
  const flights: Flight[] = [];
  for (const slot of slots) {
    const source = await sourceOf(slot.source_account);
    if (source === null) continue;
    const live = await liveEnvelopes(ctx, slot);
    flights.push(flightOf(ctx, source, payer, slot, live));
  }
  return flights;
}

export function flightOf(
  ctx: AnchorContext,
  source: Source,
  payer: string,
  slot: SlotRow,
  live: EnvelopeRow[],
  opened: Partial<Pick<Flight, 'operations' | 'names'>> = {},
): Flight {
  return {
    source,
    payer,
    slot,
    live,
    operations: 100,
    names: new Map(),
    sentAt: 0,
    queuedAt: null,
    checkAt: ctx.clock.now(),
    sending: false,
    quietUntil: 0,
    parked: false,
    ...opened,
  };
}

const liveEnvelopes = (ctx: AnchorContext, slot: SlotRow): Promise<EnvelopeRow[]> =>
  ctx.db.read
    .selectFrom('envelopes')
    .selectAll()
    .where('slot_id', '=', slot.id)
    .where('state', 'in', ['signed', 'submitted'])
    .orderBy('created_at')
    .orderBy('hash')
    .execute();

/** An end has come: so many payments were made. */
export interface Ended {
  paid: number;
}

/** A transaction with the flight's sequence number, found in a ledger. */
export interface Landing {
  flight: Flight;
  found: NetworkTransaction;
}

/** Books what has landed, ours together in one database transaction; answers how many payments each has made. @throws LEASE_LOST */
export async function settle(ctx: AnchorContext, landings: readonly Landing[]): Promise<number[]> {
  const known: (Landing & { envelope: EnvelopeRow | undefined })[] = [];
  for (const landing of landings) {
    const { found } = landing;
    readingsOf(ctx).found(ctx, found.ledger, Date.parse(found.createdAt));
    known.push({ ...landing, envelope: await envelopeFor(ctx, landing) });
  }
  const ours = known.flatMap(({ flight, found, envelope }) =>
    envelope === undefined
      ? []
      : [{ flight, lease: flight.source.lease, slot: flight.slot, envelope, found }],
  );
  const settled = await settleFound(ctx, ours);
  const paid = new Map<Flight, number>();
  for (const [at, { flight }] of ours.entries()) {
    const { paid: count, faulty } = settled[at] as (typeof settled)[number];
    paid.set(flight, count);
    remember(ctx, flight, faulty);
  }
  for (const { flight, found, envelope } of known) {
    if (envelope !== undefined) continue;
    await settleForeign(ctx, flight.source.lease, flight.slot, { hash: found.hash, ledger: found.ledger });
    witness(ctx, flight.source.account, flight.slot.sequence);
  }
  return landings.map(({ flight }) => paid.get(flight) ?? 0);
}

/** The number that was used, and which destinations are good. */
function remember(ctx: AnchorContext, flight: Flight, faulty: ReadonlySet<string>): void {
  witness(ctx, flight.source.account, flight.slot.sequence);
  const destinations = destinationsOf(ctx);
  for (const [id, name] of flight.names) {
    if (faulty.has(id)) destinations.bad(name);
    else destinations.good(name, ctx.clock.now());
  }
}

async function envelopeFor(ctx: AnchorContext, { flight, found }: Landing): Promise<EnvelopeRow | undefined> {
  const inner = found.innerHash ?? found.hash;
  return (
    flight.live.find((one) => one.hash === found.hash) ??
    flight.live.find((one) => one.inner_hash === inner) ??
    // also those believed dead, and those of setup: the ledger is right, whatever our book says
    (await envelopeOf(ctx, found.hash, inner))
  );
}

const ended = async (ctx: AnchorContext, flight: Flight, found: NetworkTransaction): Promise<Ended> => ({
  paid: (await settle(ctx, [{ flight, found }]))[0] ?? 0,
});

async function envelopeOf(ctx: AnchorContext, hash: string, inner: string): Promise<EnvelopeRow | undefined> {
  const rows = await ctx.db.read
    .selectFrom('envelopes')
    .selectAll()
    .where('inner_hash', '=', inner)
    .execute();
  return rows.find((row) => row.hash === hash) ?? rows[0];
}

/**
 * Looks at the source account of a flight whose result has not come: has its number been used, can it never be used any more, or is
 * something to be sent again (reliability R2, R4, R5)?
 *
 * @returns an end, an envelope to send, or null: nothing to do now
 * @throws NETWORK_UNAVAILABLE, LEASE_LOST
 */
export async function check(ctx: AnchorContext, flight: Flight): Promise<Ended | EnvelopeRow | null> {
  const { slot, source, live } = flight;
  const account = await ctx.network.account(source.account);
  readingsOf(ctx).note(ctx, account.ledger);
  if ('missing' in account) return withoutSource(ctx, flight);
  if (account.sequence >= slot.sequence) {
    const found = await findBySequence(ctx, flight);
    return found === null || !(await isReadable(ctx, found)) ? null : ended(ctx, flight, found);
  }
  const end = Math.max(0, ...live.map((envelope) => envelope.max_ledger));
  if (account.ledger >= end) {
    // one header alone is no witness: the server's newest ledger has to be as far
    if ((await ctx.network.latestLedger()).sequence < end) return null;
    if (!(await allAgree(ctx, flight, account, end))) return null;
    await settleDead(ctx, source.lease, slot, account, lastWait(live));
    witness(ctx, source.account, account.sequence);
    return { paid: 0 };
  }
  return keepAlive(ctx, flight, account);
}

/** The source account was merged away: its history decides, or else the operator (F21). */
async function withoutSource(ctx: AnchorContext, flight: Flight): Promise<Ended | null> {
  const gone = await whereGone(ctx, flight);
  if (gone.is === 'used') return ended(ctx, flight, gone.by);
  if (gone.is === 'unknown') {
    await showGone(ctx, flight);
    return null;
  }
  for (const server of ctx.network.servers ?? []) {
    const seen = await server.account(flight.source.account);
    if (!('missing' in seen) || seen.ledger < gone.ledger) return null;
  }
  const { slot, source } = flight;
  ctx.log.error('source_merged', { account: source.account, hash: gone.hash });
  await settleDead(ctx, source.lease, slot, { ledger: gone.ledger, sequence: slot.sequence - 1n }, null);
  return { paid: 0 };
}

/** Where several servers are configured, each must have seen the end, and none the number used (reliability R4, F7). */
async function allAgree(
  ctx: AnchorContext,
  flight: Flight,
  read: NetworkAccount,
  end: number,
): Promise<boolean> {
  for (const server of ctx.network.servers ?? []) {
    const account = await server.account(flight.source.account);
    if ('missing' in account || account.ledger < end || account.sequence >= flight.slot.sequence) {
      ctx.log.warn('servers_disagree', {
        account: flight.source.account,
        ledgers: [read.ledger, account.ledger],
      });
      return false;
    }
  }
  return true;
}

/** The newest goes again, unchanged; where the door refused it for what a new one in this slot can avoid, that one goes. */
async function keepAlive(
  ctx: AnchorContext,
  flight: Flight,
  account: NetworkAccount,
): Promise<EnvelopeRow | null> {
  const last = flight.live.at(-1);
  if (last === undefined) return null;
  if (flight.live.length < policy.envelopesPerSlot) {
    const better = (await replace(ctx, flight, last)) ?? (await raise(ctx, flight, account.ledger));
    if (better !== null) {
      flight.live.push(better);
      flight.queuedAt = null;
      return better.awaiting === null ? better : null;
    }
  }
  const newest = flight.live.findLast((envelope) => envelope.awaiting === null);
  if (newest === undefined) {
    flight.parked = flight.live.every(isForPeople);
    return null;
  }
  const quiet = ctx.clock.now() - Math.max(flight.sentAt, Date.parse(newest.updated_at));
  if (quiet < policy.resendMs || account.ledger >= newest.max_ledger - 1) return null;
  if (newest.signed_xdr !== null && isBadAuth(newest)) {
    await reopen(ctx, flight.source.lease, newest);
    flight.live = await liveEnvelopes(ctx, flight.slot);
    return null;
  }
  return newest;
}

const isForPeople = (envelope: EnvelopeRow): boolean =>
  envelope.awaiting === 'cosigners' || (envelope.awaiting !== null && isDenied(envelope));

export const answerOf = ({ last_answer: text }: EnvelopeRow): SubmitAnswer | null =>
  text === null ? null : (JSON.parse(text) as SubmitAnswer);

function isBadAuth(envelope: EnvelopeRow): boolean {
  const answer = answerOf(envelope);
  if (answer?.status !== 'refused') return false;
  return answer.transactionCode.startsWith('tx_bad_auth') || answer.operationCodes.includes('op_bad_auth');
}

/** By our clock, which only says when to look: always where the bounds are short, near their end where they are hours away. */
export const mayHaveEnded = (ctx: AnchorContext, live: EnvelopeRow[]): boolean =>
  live.some(
    ({ max_time: end, created_at: at }) =>
      ctx.clock.now() >= end * 1000 || end * 1000 - Date.parse(at) < 4_000 * limits.envelopeSeconds,
  );

/** After its end, what a refused transaction carried waits for what the door asked for, instead of going again at once. */
function lastWait(live: EnvelopeRow[]): Wait | null {
  const last = live.at(-1);
  const answer = last === undefined ? null : answerOf(last);
  if (answer?.status !== 'refused' || answer.transactionCode === 'tx_too_late') return null;
  if (answer.transactionCode === 'signer_denied') return deniedWait(answer);
  return doorWait(answer.transactionCode);
}

/** Asked again seldom: each time takes the slot until its end. */
function deniedWait(answer: object): Wait {
  const text = deniedText((answer as { reason?: string }).reason ?? '');
  return { code: 'signatures', text, user: false, pauseMs: policy.waitMaxMs };
}

/** The number is used up; null where the history does not show yet by what. */
async function findBySequence(ctx: AnchorContext, flight: Flight): Promise<NetworkTransaction | null> {
  const { slot, live } = flight;
  const isIt = (one: NetworkTransaction): boolean =>
    one.sourceAccount === slot.source_account && one.sequence === slot.sequence;
  for (const envelope of live.slice(-3)) {
    if (envelope.submissions === 0) continue;
    const found = await ctx.network.transaction(envelope.hash);
    if (found !== null && isIt(found)) return found;
  }
  let cursor: string | null = startOf(flight);
  while (cursor !== null) {
    const page: NetworkTransaction[] = await ctx.network.transactions(slot.source_account, cursor, 50);
    const found = page.find(isIt);
    if (found !== undefined) return found;
    const next: string | null = page.at(-1)?.pagingToken ?? null;
    cursor = next === null || BigInt(next) <= BigInt(cursor) ? null : next;
  }
  const recent = await ctx.network.recentTransactions(slot.source_account, 50);
  return recent.find(isIt) ?? null;
}

/** A paging token before anything that can have used the slot. */
export function startOf({ live }: Pick<Flight, 'live'>): string {
  const signed = live.map((one) => one.signed_ledger ?? one.max_ledger - 60);
  const first = signed.length === 0 ? 0 : Math.max(0, Math.min(...signed) - 2);
  return (BigInt(first) << 32n).toString();
}
