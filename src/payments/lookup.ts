import { messageOf } from '../kernel/errors.ts';
import { isMuxed } from '../kernel/strkey.ts';
import type { MissingAccount, NetworkAccount, StellarNetwork } from '../stellar/port.ts';
import { keyOf } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { accountOf } from './destinations.ts';
import { inLanes } from './lanes.ts';
import { policy } from './policy.ts';
import { readingsOf } from './readings.ts';
import type { Owed } from './rows.ts';

type Destination = NetworkAccount | MissingAccount;

/** What this process knows of destinations, so that each is looked up when it is first seen and not again for every payment. */
class Destinations {
  readonly #read = new Map<string, { account: Destination; at: number }>();
  readonly #good = new Map<string, number>();

  fresh(id: string, now: number): Destination | undefined {
    const kept = this.#read.get(id);
    return kept !== undefined && Math.abs(now - kept.at) < policy.destinationMs ? kept.account : undefined;
  }

  keep(account: Destination, now: number): void {
    this.#read.delete(account.id);
    this.#read.set(account.id, { account, at: now });
    trim(this.#read, 2_000);
  }

  isGood(owed: Owed, now: number): boolean {
    const at = this.#good.get(nameOf(owed));
    return at !== undefined && Math.abs(now - at) < policy.goodMs;
  }

  good(name: string, now: number): void {
    this.#good.delete(name);
    this.#good.set(name, now);
    trim(this.#good, policy.goodKept);
  }

  bad(name: string): void {
    this.#good.delete(name);
    this.#read.delete(name.split(' ')[0] ?? '');
  }
}

function trim(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}

/** Whether the account may ask for a memo that the payment does not have: then it is looked at before it is paid (SEP-29, SO-08). */
const isBare = ({ obligation }: Owed): boolean =>
  obligation.memo === null && !isMuxed(obligation.destination ?? '');

/** Account and asset of a payment, and whether it goes without a memo: where one such could be paid, the next can. */
export const nameOf = (owed: Owed): string =>
  `${accountOf(owed.obligation.destination ?? '')} ${keyOf(owed.asset)}${isBare(owed) ? ' bare' : ''}`;

const known = new WeakMap<StellarNetwork, Destinations>();

export function destinationsOf(ctx: Pick<AnchorContext, 'network'>): Destinations {
  const found = known.get(ctx.network) ?? new Destinations();
  known.set(ctx.network, found);
  return found;
}

/** How each ready payment is to be decided. */
export interface Looked {
  /** paid as it is: the destination was good before */
  good: Set<Owed>;
  /** paid as it is: it has a memo, and there are too many new ones to look at */
  unseen: Set<Owed>;
  /** for the next round: more are new than are looked up in one */
  later: Set<Owed>;
  /** by account id; those that could not be read are not in it */
  accounts: Map<string, Destination>;
}

/**
 * Each destination once when it is first seen, few at a time, so many in one round. Not looked up: one that was good before; and of those
 * with a memo, where more are new than can be looked up in this time, those never tried: the failed operation speaks for them, costs one
 * ledger to those beside it, and the next try looks. Without a memo nobody is paid who was never looked at: an exchange's account, say,
 * asks for one, and takes the payment all the same.
 */
export async function lookUp(ctx: AnchorContext, ready: readonly Owed[]): Promise<Looked> {
  const destinations = destinationsOf(ctx);
  const now = ctx.clock.now();
  const looked: Looked = { good: new Set(), unseen: new Set(), later: new Set(), accounts: new Map() };
  const asked = new Set<string>();
  const fresh: { owed: Owed; id: string }[] = [];
  for (const owed of ready) {
    const id = accountOf(owed.obligation.destination ?? '');
    if (id === null) continue;
    const kept = destinations.fresh(id, now);
    const known = owed.obligation.purpose === 'deliver' && destinations.isGood(owed, now);
    if (kept !== undefined) looked.accounts.set(id, kept);
    else if (known) looked.good.add(owed);
    else if (isTried(owed)) asked.add(id);
    else fresh.push({ owed, id });
  }
  const memos = new Set(fresh.flatMap(({ owed, id }) => (isBare(owed) ? [] : [id])));
  for (const { owed, id } of fresh) {
    const bare = isBare(owed);
    if (!bare && memos.size > policy.memoLookups) looked.unseen.add(owed);
    else if (asked.has(id) || asked.size < policy.lookupsPerRound) asked.add(id);
    else looked.later.add(owed);
  }
  for (const account of await readAll(ctx, [...asked])) {
    readingsOf(ctx).note(ctx, account.ledger);
    destinations.keep(account, ctx.clock.now());
    looked.accounts.set(account.id, account);
  }
  return looked;
}

/** With one question where the network takes it, else few in flight; what cannot be read now is left out. */
async function readAll(ctx: AnchorContext, ids: readonly string[]): Promise<readonly Destination[]> {
  if (ids.length === 0) return [];
  const fault = (error: unknown, account?: string): void =>
    ctx.log.warn('destination_not_read', { account, error: messageOf(error) });
  if (ctx.network.accounts !== undefined) {
    const read = await ctx.network.accounts(ids).catch(fault);
    return (read ?? []).filter(({ id }) => ids.includes(id));
  }
  const found: Destination[] = [];
  await inLanes(ids, policy.lookupsInFlight, async (id) => {
    await ctx.network.account(id).then(
      (account) => void found.push(account),
      (error: unknown) => fault(error, id),
    );
  });
  return found;
}

/** It is looked at whatever it costs: an operation that failed before has not said enough, nor does one of a refund. */
const isTried = ({ obligation }: Owed): boolean => obligation.attempts > 0 || obligation.purpose === 'refund';
