import { AnchorError, messageOf } from '../kernel/errors.ts';
import { isTooLarge, retryAfterOf } from '../stellar/http.ts';
import type { NetworkTransaction, StellarNetwork } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { nothing, type PassOptions, type PassResult } from '../transfers/pass.ts';
import { collect } from './cosign/collect.ts';
import { check, type Flight, type Landing, loadFlights, mayHaveEnded, settle, startOf } from './flight.ts';
import { inLanes } from './lanes.ts';
import { type Lease, releaseLeases } from './lease.ts';
import { policy } from './policy.ts';
import { takeChannelOf } from './pool.ts';
import { prepare } from './prepare.ts';
import { readingsOf } from './readings.ts';
import { isReadable } from './results.ts';
import type { Run } from './run.ts';
import { Sender } from './send.ts';

export interface Driven {
  payer: string;
  lease: Lease;
  /** leases that are taken on the way: renewed and given back with the first */
  leases: Lease[];
  options: PassOptions;
}

/** Passes of this process that would like to hear of new work at once, by distribution account. */
const awake = new WeakMap<StellarNetwork, Map<string, () => void>>();

export const nudge = (ctx: Pick<AnchorContext, 'network'>, payer: string): void =>
  awake.get(ctx.network)?.get(payer)?.();

/**
 * Pays what a distribution account owes, through itself and the channels that are free, until nothing is in flight and nothing is ready,
 * or the deadline has come. All that matters is in the database at every moment.
 *
 * @throws LEASE_LOST, NETWORK_UNAVAILABLE with nothing in flight
 */
export async function drive(ctx: AnchorContext, driven: Driven): Promise<PassResult> {
  const { payer, lease, leases, options } = driven;
  const run: Run = {
    ...driven,
    idle: [],
    flights: new Map(),
    account: null,
    costs: new Map(),
    cursor: null,
  };
  for (const flight of await loadFlights(ctx, payer, sourceOf(ctx, run))) {
    run.flights.set(flight.source.account, flight);
  }
  const sender = new Sender(ctx, run);
  const wakers = awake.get(ctx.network) ?? new Map<string, () => void>();
  awake.set(ctx.network, wakers);
  wakers.set(payer, () => sender.nudge());
  const result = nothing();
  let lookAt = 0;
  let openAt = 0;
  try {
    let before = ctx.clock.now();
    for (let first = true; !options.signal.aborted; first = false) {
      const now = ctx.clock.now();
      // set back, maybe by an hour: every time noted here, the deadline too, lies that far ahead; the next pass notes its own
      if (now < before - BACKWARDS_MS) break;
      before = now;
      const look = now >= lookAt;
      const turn = await oneTurn(ctx, run, sender, {
        look,
        open: first || !isLate(ctx, options),
        anew: first || now >= openAt || sender.takeNudge(),
      });
      if (turn.opened) openAt = ctx.clock.now() + policy.workMs;
      if (turn.again || turn.more) openAt = 0;
      if (turn.more && !isLate(ctx, options)) continue;
      result.processed += turn.paid;
      if (isIdle(run, sender) && !turn.again) break;
      if (isLate(ctx, options)) break;
      const next = ctx.clock.now() + pauseMs(ctx, run, turn);
      // a turn that did not look, e.g. for a nudge, must not put the look off: there may be one every few milliseconds
      lookAt = look || turn.retryAfterMs !== null ? next : Math.min(lookAt, next);
      const until = Math.min(lookAt, options.deadlineMs) - ctx.clock.now();
      await sender.pause(Math.max(1, Math.min(until, policy.workMs)));
    }
    return result;
  } finally {
    wakers.delete(payer);
    await releaseLeases(ctx, leases.splice(0));
  }

  /** The lease of a channel that is in flight is taken over from whoever has left it. */
  function sourceOf(ctx: AnchorContext, run: Run) {
    return async (account: string) => {
      if (account === payer) return { account, key: null, lease };
      const source = await takeChannelOf(ctx, options.worker, lease, account);
      if (source !== null) run.leases.push(source.lease);
      return source;
    };
  }
}

/** A clock that is merely being adjusted goes back by less. */
const BACKWARDS_MS = 1_000;

const isLate = (ctx: AnchorContext, options: PassOptions): boolean => ctx.clock.now() >= options.deadlineMs;

const isIdle = (run: Run, sender: Sender): boolean =>
  sender.pending === 0 && [...run.flights.values()].every((flight) => flight.parked);

interface Turn {
  paid: number;
  again: boolean;
  more: boolean;
  /** new transactions were looked for */
  opened: boolean;
  /** milliseconds that the network asked for */
  retryAfterMs: number | null;
}

/** Answers, results, what is overdue, and then new transactions for the sources that are free. */
async function oneTurn(
  ctx: AnchorContext,
  run: Run,
  sender: Sender,
  { look, open, anew }: { look: boolean; open: boolean; anew: boolean },
): Promise<Turn> {
  const turn: Turn = { paid: 0, again: false, more: false, opened: false, retryAfterMs: null };
  try {
    const before = run.flights.size;
    turn.paid += await sender.settleAnswers();
    if (look && [...run.flights.values()].some((flight) => flight.sentAt > 0)) {
      turn.paid += await lookForResults(ctx, run);
    }
    turn.paid += await lookAfter(ctx, run, sender);
    // answers of the door free no source: nothing new can go because of them
    if (!open || !(anew || run.flights.size < before)) return turn;
    turn.opened = true;
    const { opened, again, more } = await prepare(ctx, run);
    turn.again = again;
    turn.more = more;
    for (const flight of opened) sender.send(flight);
    await giveBack(ctx, run);
  } catch (error) {
    if (!AnchorError.is(error) || error.code !== 'NETWORK_UNAVAILABLE') throw error;
    ctx.log.warn('network_unavailable', { source: run.payer, error: error.message });
    if (run.flights.size === 0) throw error;
    turn.retryAfterMs = Math.max(retryAfterOf(error) ?? 0, policy.lookMs);
  }
  return turn;
}

/** Channels with nothing to do are left to others. */
async function giveBack(ctx: AnchorContext, run: Run): Promise<void> {
  const idle = run.idle.splice(0).map(({ lease }) => lease);
  if (idle.length === 0) return;
  for (const lease of idle) run.leases.splice(run.leases.indexOf(lease), 1);
  await releaseLeases(ctx, idle);
}

const PAGES = 5;
/** transactions of a hundred payments are large: fewer to a page where a whole one is too much */
const PAGE_SIZES = [200, 40, 8];

/** One page of the distribution account's history tells of all its channels: every payment names it as the source of its operation. */
async function lookForResults(ctx: AnchorContext, run: Run): Promise<number> {
  const flights = [...run.flights.values()];
  run.cursor ??= flights.map(startOf).reduce((a, b) => (BigInt(a) < BigInt(b) ? a : b));
  let paid = 0;
  for (let at = 0; at < PAGES; at++) {
    const { page, whole } = await pageOf(ctx, run.payer, run.cursor);
    const landings = new Map<string, Landing>();
    for (const found of page) {
      const flight = run.flights.get(found.sourceAccount);
      if (flight?.slot.sequence !== found.sequence || !(await isReadable(ctx, found))) continue;
      landings.set(found.sourceAccount, { flight, found });
    }
    paid += await landAll(ctx, run, [...landings.values()]);
    for (const { pagingToken } of page) {
      if (BigInt(pagingToken) > BigInt(run.cursor)) run.cursor = pagingToken;
    }
    if (!whole) break;
  }
  return paid;
}

/** `whole`: there may be more after it. @throws NETWORK_UNAVAILABLE */
async function pageOf(
  ctx: AnchorContext,
  account: string,
  cursor: string,
): Promise<{ page: NetworkTransaction[]; whole: boolean }> {
  for (const [at, size] of PAGE_SIZES.entries()) {
    try {
      const page = await ctx.network.transactions(account, cursor, size);
      return { page, whole: page.length >= size };
    } catch (error) {
      if (!isTooLarge(error) || at === PAGE_SIZES.length - 1) throw error;
    }
  }
  return { page: [], whole: false };
}

/** Together, or where that does not go one by one: none of them keeps the others back. */
async function landAll(ctx: AnchorContext, run: Run, landings: readonly Landing[]): Promise<number> {
  if (landings.length === 0) return 0;
  try {
    const counts = await settle(ctx, landings);
    for (const { flight, found } of landings) landed(run, flight, found.ledger);
    return counts.reduce((sum, count) => sum + count, 0);
  } catch (error) {
    if (landings.length === 1 || isOutside(error)) throw error;
    ctx.log.error('not_settled_together', { error: messageOf(error) });
    const faults: unknown[] = [];
    let paid = 0;
    for (const landing of landings) {
      paid += await landAll(ctx, run, [landing]).catch((fault: unknown) => {
        if (isOutside(fault)) throw fault;
        faults.push(fault);
        return 0;
      });
    }
    if (faults.length > 0) throw faults[0];
    return paid;
  }
}

/** Of the lease or the database: it would be the same for each. */
const isOutside = (error: unknown): boolean =>
  AnchorError.is(error) && /^(LEASE_LOST|COMMIT_UNKNOWN|DATABASE_)/.test(error.code);

function landed(run: Run, flight: Flight, ledger: number | null): void {
  run.flights.delete(flight.source.account);
  const cost = run.costs.get(flight.slot.id);
  if (cost !== undefined && ledger !== null) run.costs.set(flight.slot.id, { ...cost, ledger });
  else run.costs.delete(flight.slot.id);
  if (flight.source.key !== null) run.idle.push(flight.source);
}

/** Sends what was never sent, gathers signatures, and looks at the source account of what is overdue. */
async function lookAfter(ctx: AnchorContext, run: Run, sender: Sender): Promise<number> {
  let paid = 0;
  const due: Flight[] = [];
  for (const flight of run.flights.values()) {
    if (flight.sending) continue;
    // never sent as far as the book knows: sending it is always safe, and the quickest way to learn more
    if (flight.live.some((one) => one.submissions === 0 && one.awaiting === null)) {
      if (flight.quietUntil <= ctx.clock.now()) sender.send(flight);
      continue;
    }
    if (ctx.clock.now() >= flight.checkAt) due.push(flight);
  }
  await inLanes(due, policy.lookupsInFlight, async (flight) => {
    flight.checkAt = ctx.clock.now() + Math.max(policy.lookMs, readingsOf(ctx).closeMs(ctx));
    if (await gathers(ctx, flight, sender)) return;
    const step = await check(ctx, flight);
    if (step === null) return;
    if ('paid' in step) {
      paid += step.paid;
      landed(run, flight, readingsOf(ctx).highest);
    } else if (flight.quietUntil <= ctx.clock.now()) sender.send(flight, step);
  });
  return paid;
}

/** Whether there is nothing more to do for now than to wait for signatures, or it goes with them now. */
async function gathers(ctx: AnchorContext, flight: Flight, sender: Sender): Promise<boolean> {
  const lacking = flight.live.findLast((one) => one.awaiting !== null);
  if (lacking === undefined) return false;
  const step = await collect(ctx, flight.source.lease, lacking);
  flight.live = flight.live.map((one) => (one.hash === lacking.hash ? step.envelope : one));
  if (step.ready) {
    flight.parked = false;
    sender.send(flight, step.envelope);
    return true;
  }
  // only people can move it: the network is asked when it may have ended by our clock, which decides nothing else
  flight.parked = step.parked && flight.live.length === 1;
  return flight.parked && !mayHaveEnded(ctx, flight.live);
}

/** Until it is worth looking again. */
function pauseMs(ctx: AnchorContext, run: Run, turn: Turn): number {
  if (turn.retryAfterMs !== null) return turn.retryAfterMs;
  const now = ctx.clock.now();
  const flights = [...run.flights.values()].filter((flight) => !flight.parked);
  const sent = flights.filter((flight) => flight.sentAt > 0).map((flight) => flight.sentAt);
  if (sent.length === 0) return policy.lookMs;
  const next = readingsOf(ctx).nextLookMs(ctx, Math.min(...sent));
  // overdue: the rhythm is not what it seemed
  const oldest = now - Math.min(...sent);
  const slow = oldest > 10 * readingsOf(ctx).closeMs(ctx) ? Math.min(policy.lookMaxMs, oldest / 8) : 0;
  return Math.max(next, slow);
}
