import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { NetworkAccount, NetworkLedger } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { clearAlarm, raiseAlarm } from './alarm.ts';
import { putAside, putOff, setAside } from './aside.ts';
import { type Batch, type Item, planBatches, type Sizes } from './batch.ts';
import { bind, isStale, takeSlot } from './book.ts';
import { bumpFor } from './bump.ts';
import { boundsFor } from './cosign/bounds.ts';
import { type Draft, draftOf } from './draft.ts';
import { type Flight, flightOf } from './flight.ts';
import { readFreeze } from './freeze.ts';
import { fenced } from './lease.ts';
import { nameOf } from './lookup.ts';
import { policy } from './policy.ts';
import { countFree, type Source, takeChannels } from './pool.ts';
import { readingsOf } from './readings.ts';
import { assetsOf, hasReady, readyFor } from './ready.ts';
import { isSameNetwork } from './reset.ts';
import type { EnvelopeRow, Owed, SlotRow, Wait } from './rows.ts';
import { type Run, sinceMemo } from './run.ts';
import { issuerKey } from './signers/local.ts';
import { refusalsOf } from './signers/policy.ts';
import { planSigning, type SigningPlan, signAndStore } from './signing.ts';
import { costOf, type Sorted, sort, spend } from './sort.ts';
import { bookIsWhole, forget, lastSequence } from './witness.ts';

export interface Prepared {
  /** stored and not yet sent */
  opened: Flight[];
  /** whether to try again in a moment: the network's answer was older than our book, or more may be ready */
  again: boolean;
  /** more is ready than could be looked at: go on at once */
  more: boolean;
}

const none: Prepared = { opened: [], again: false, more: false };

interface Terms {
  ledger: NetworkLedger;
  account: NetworkAccount;
  /** stroops per operation */
  fee: bigint;
  plan: SigningPlan;
  sizes: Sizes;
}

/**
 * Makes the next transaction of every source that is free: looks at destinations, takes the slot after the last sequence number that
 * is accounted for, signs, and stores slot, bindings and envelope in one database transaction each. Nothing has been sent when it
 * returns (reliability R1 to R3).
 *
 * @throws NETWORK_UNAVAILABLE, LEASE_LOST
 */
export async function prepare(ctx: AnchorContext, run: Run): Promise<Prepared> {
  if (!(await hasReady(ctx, await assetsOf(ctx, run.payer)))) return none;
  const own = run.flights.has(run.payer) ? 0 : 1;
  const channels = run.idle.length + (await countFree(ctx));
  const sources = own + channels;
  if ((await readFreeze(ctx.db.read)) !== null) return none;
  if (sources === 0) {
    await lookAhead(ctx, run);
    return none;
  }
  const ready = await readyFor(ctx, run.payer, {
    plain: Math.min(policy.readyPerRound, 100 * sources + 20),
    memo: Math.min(policy.readyPerRound, 2 * sources + 20),
    due: policy.recheckPerRound,
  });
  if (ready.length === 0 || !(await bookIsWhole(ctx, run.lease))) return none;
  const ledger = await readingsOf(ctx).ledger(ctx);
  if (!(await isSameNetwork(ctx, run.lease, ledger))) return none;
  const account = await payerAccount(ctx, run, false);
  if (account === null) {
    const text = `The distribution account ${run.payer} does not exist.`;
    await putOff(ctx, run.lease, ready, { code: 'operator', text, user: false });
    return none;
  }
  const plan = await planSigning(ctx, account);
  if ('wait' in plan) {
    await putOff(ctx, run.lease, ready, plan.wait);
    return none;
  }
  const terms = {
    ledger,
    account,
    plan,
    fee: await feeFor(ctx, ledger),
    sizes: sizesOf(ctx, ledger, run.payer),
  };
  const sorted = await sort(ctx, ready, terms.sizes);
  await pay(ctx, run, sorted, terms);
  const opened = await openAll(ctx, run, sorted, terms, { own, channels, ready });
  await setAside(ctx, run.lease, sorted);
  return { ...opened, more: sorted.more };
}

/** While all sources are busy, the destinations of those next in turn are looked up, so that nothing waits for it later. */
async function lookAhead(ctx: AnchorContext, run: Run): Promise<void> {
  const next = await readyFor(ctx, run.payer, { plain: 2 * policy.lookupsPerRound, memo: 0, due: 0 });
  if (next.length === 0) return;
  const ledger = await readingsOf(ctx).ledger(ctx);
  await sort(ctx, next, sizesOf(ctx, ledger, run.payer));
}

/** The distribution account, read now where it is old or must be new. Null: it does not exist. */
async function payerAccount(ctx: AnchorContext, run: Run, anew: boolean): Promise<NetworkAccount | null> {
  const now = ctx.clock.now();
  if (!anew && run.account !== null && Math.abs(now - run.account.at) < policy.witnessMs) {
    return run.account.value;
  }
  const value = await ctx.network.account(run.payer);
  readingsOf(ctx).note(ctx, value.ledger);
  if ('missing' in value) return null;
  run.account = { value, at: now };
  for (const [id, { ledger }] of run.costs) {
    if (ledger !== null && ledger <= value.ledger) run.costs.delete(id);
  }
  return value;
}

/**
 * Keeps what the distribution account can pay. The rest waits for funds, which the user never sees as an error; while payments are on
 * their way it only stays where it is, because they may have been counted twice.
 */
async function pay(ctx: AnchorContext, run: Run, sorted: Sorted, terms: Terms): Promise<void> {
  let account = terms.account;
  let { paid, short } = spend(sorted.items, account, [...run.costs.values()], terms);
  if (short.length > 0) {
    account = (await payerAccount(ctx, run, true)) ?? account;
    ({ paid, short } = spend(sorted.items, account, [...run.costs.values()], terms));
  }
  sorted.items = paid;
  if (run.flights.size > 0) return;
  if (short.length === 0) {
    if (paid.length > 0) await clearAlarm(ctx, run);
    return;
  }
  await raiseAlarm(ctx, run, short);
  for (const { item, what } of short) {
    const text = `The distribution account ${account.id} has not enough ${what}.`;
    sorted.waits.push({ owed: item.owed, wait: { code: 'funds', text, user: false } });
  }
}

function sizesOf(ctx: AnchorContext, ledger: NetworkLedger, payer: string): Sizes {
  return {
    operations: Math.max(2, Math.min(limits.operationsPerTransaction, ledger.operationsPerLedger)),
    startingBalance: ctx.project.stellar.startingBalance,
    baseReserve: ledger.baseReserve,
    issuerKey: (issuer) => issuerKey(ctx, issuer),
    distribution: payer,
  };
}

/** What recent ledgers asked for, never above the configured cap; the network charges only what it needs. */
async function feeFor(ctx: AnchorContext, ledger: NetworkLedger): Promise<bigint> {
  const surge = (await readingsOf(ctx).surge(ctx)) ?? 0n;
  const wanted = surge > ledger.baseFee ? surge : ledger.baseFee;
  const cap = ctx.project.stellar.maxFee;
  return wanted > cap ? cap : wanted;
}

interface Room {
  /** 1 where the distribution account itself is free */
  own: number;
  channels: number;
  ready: readonly Owed[];
}

/** Lays the payments out over the sources and opens a slot for each batch. */
async function openAll(
  ctx: AnchorContext,
  run: Run,
  sorted: Sorted,
  terms: Terms,
  { own, channels, ready }: Room,
): Promise<Prepared> {
  // an envelope that waits for people takes a channel of its own, where there is one
  const first = terms.plan.patient && channels > 0 ? 0 : own;
  const flying = [...run.flights.values()].filter((flight) => !flight.parked);
  const { batches, sinceMemo: since } = planBatches(
    {
      items: sorted.items,
      sources: first + channels,
      firstIsPlain: first === 1,
      room: terms.ledger.operationsPerLedger - flying.reduce((sum, flight) => sum + flight.operations, 0),
      sinceMemo: sinceMemo(ctx.network).get(run.payer) ?? policy.memoEvery - 2,
    },
    terms.sizes,
  );
  const sources = await sourcesFor(ctx, run, first === 1, batches.length);
  const openings = batches.flatMap((batch, index) => {
    const source = sources[index];
    return source === undefined ? [] : [{ source, batch, terms, ready }];
  });
  const done = await openTogether(ctx, run, sorted, openings);
  if (done.opened.length > 0) sinceMemo(ctx.network).set(run.payer, since);
  const used = new Set(done.opened.map(({ source }) => source));
  run.idle.push(...sources.filter((source) => source.key !== null && !used.has(source)));
  return done;
}

/** All in one database transaction, or where one of them cannot go now, one by one: it keeps no other back. */
async function openTogether(
  ctx: AnchorContext,
  run: Run,
  sorted: Sorted,
  openings: readonly Opening[],
): Promise<Prepared> {
  if (openings.length === 0) return none;
  try {
    return { ...none, opened: await open(ctx, run, sorted, openings) };
  } catch (error) {
    const [one] = openings;
    if (openings.length > 1 && canHappen(error)) {
      const parts: Prepared[] = [];
      for (const opening of openings) parts.push(await openTogether(ctx, run, sorted, [opening]));
      const again = parts.some((part) => part.again);
      return { ...none, opened: parts.flatMap(({ opened }) => opened), again };
    }
    if (one === undefined || !canHappen(error)) throw error;
    await onFault(ctx, run, { error, source: one.source, sorted, ready: one.ready });
    return { ...none, again: true };
  }
}

async function sourcesFor(ctx: AnchorContext, run: Run, own: boolean, wanted: number): Promise<Source[]> {
  const sources: Source[] = own ? [{ account: run.payer, key: null, lease: run.lease }] : [];
  while (sources.length < wanted && run.idle.length > 0) sources.push(run.idle.shift() as Source);
  const more = await takeChannels(ctx, run.options.worker, run.lease, wanted - sources.length);
  run.leases.push(...more.map(({ lease }) => lease));
  // one whose account is not there is left alone: anchor setup makes it
  const there = more.filter(({ account }) => lastSequence(ctx, account) !== null);
  run.idle.push(...more.filter((source) => !there.includes(source)));
  return [...sources, ...there];
}

interface Opening {
  source: Source;
  batch: Batch;
  terms: Terms;
  ready: readonly Owed[];
}

/** Slots with their first envelopes. @throws what `canHappen` names, nothing kept */
async function open(
  ctx: AnchorContext,
  run: Run,
  sorted: Sorted,
  openings: readonly Opening[],
): Promise<Flight[]> {
  const drafts: { opening: Opening; draft: Draft; finish: Awaited<ReturnType<typeof bumpFor>> }[] = [];
  for (const opening of openings) {
    const { source, batch, terms } = opening;
    const sequence = (lastSequence(ctx, source.account) ?? 0n) + 1n;
    const bounds = await boundsFor(ctx, terms.plan, terms.ledger, terms.account.ledger);
    const draft = await draftOf(ctx, sorted, batch, { source, sequence, fee: terms.fee, bounds });
    if (draft === null) continue;
    drafts.push({ opening, draft, finish: await bumpFor(ctx, source, terms.plan.powers) });
  }
  if (drafts.length === 0) return [];
  const leases = drafts.map(({ opening }) => opening.source.lease);
  const stored = await fenced(ctx, leases, async (trx) => {
    const rows: { slot: SlotRow; envelope: EnvelopeRow }[] = [];
    for (const { opening, draft, finish } of drafts) {
      const { source, terms } = opening;
      const slot = await takeSlot(ctx, trx, source.account, draft.sequence, run.payer);
      await bind(ctx, trx, slot, draft.batch);
      rows.push({ slot, envelope: await signAndStore(ctx, trx, terms.plan, slot, draft, finish) });
    }
    return rows;
  });
  return stored.map(({ slot, envelope }, at) => {
    const { opening, draft } = drafts[at] as (typeof drafts)[number];
    const { source, terms } = opening;
    run.costs.set(slot.id, costOf(draft.batch.items, terms.fee));
    const flight = flightOf(ctx, source, run.payer, slot, [envelope], {
      operations: draft.operations + (source.key === null ? 0 : 1),
      names: namesOf(draft.batch.items),
    });
    run.flights.set(source.account, flight);
    return flight;
  });
}

const namesOf = (items: readonly Item[]): Map<string, string> =>
  new Map(items.map(({ owed }) => [owed.obligation.id, nameOf(owed)]));

interface Fault {
  error: unknown;
  source: Source;
  sorted: Sorted;
  ready: readonly Owed[];
}

/** What may happen between the look and the book. */
const canHappen = (error: unknown): boolean =>
  refusalsOf(error) !== null || isStale(error) || isMovedElsewhere(error);

async function onFault(ctx: AnchorContext, run: Run, { error, source, sorted, ready }: Fault): Promise<void> {
  const refused = refusalsOf(error);
  if (refused !== null) {
    ctx.log.warn('signing_refused', {
      source: source.account,
      error: messageOf(error),
      count: refused.length,
    });
    await putAside(ctx, run.lease, sorted, refused);
    return;
  }
  ctx.log.warn('payment_put_back', { source: source.account, error: messageOf(error) });
  if (!isStale(error)) return;
  forget(ctx, source.account);
  if (source.key !== null || !(await bookIsOld(ctx, source.account))) return;
  const text = `The network knows less of ${source.account} than our own book. Was it reset? See anchor doctor.`;
  await putOff(ctx, run.lease, ready, { code: 'network', text, user: false } satisfies Wait);
}

/** A server that lags catches up; one that is behind what we booked a minute ago is another network, or a reset one. */
async function bookIsOld(ctx: AnchorContext, source: string): Promise<boolean> {
  const last = await ctx.db.read
    .selectFrom('slots')
    .select('updated_at')
    .where('source_account', '=', source)
    .orderBy('sequence', 'desc')
    .executeTakeFirst();
  return last !== undefined && ctx.clock.now() - Date.parse(last.updated_at) > policy.lagMs;
}

const isMovedElsewhere = (error: unknown): boolean =>
  AnchorError.is(error) && (error.code === 'OBLIGATION_MOVED' || error.code === 'TRANSACTION_MOVED');
