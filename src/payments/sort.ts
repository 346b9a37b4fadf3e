import type { NetworkAccount, NetworkLedger } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { type Item, itemFor, purseOf, type Sizes, take } from './batch.ts';
import { accountOf, judge, rulesFor } from './destinations.ts';
import { destinationsOf, lookUp, nameOf } from './lookup.ts';
import type { Owed, Wait } from './rows.ts';

/** What is decided about the payments that are ready, before anything is written. */
export interface Sorted {
  items: Item[];
  waits: { owed: Owed; wait: Wait }[];
  holds: { owed: Owed; text: string }[];
  /** not all could be looked at in this round */
  more: boolean;
}

/** Decides how each can be made; destinations are looked up as far as it takes. */
export async function sort(ctx: AnchorContext, ready: readonly Owed[], sizes: Sizes): Promise<Sorted> {
  const { good, unseen, later, accounts } = await lookUp(ctx, ready);
  const sorted: Sorted = { items: [], waits: [], holds: [], more: later.size > 0 };
  for (const owed of ready) {
    if (later.has(owed)) continue;
    if (good.has(owed) || unseen.has(owed)) {
      sorted.items.push({ ...itemFor(owed, { how: 'pay' }, sizes), unseen: unseen.has(owed) });
      continue;
    }
    const id = accountOf(owed.obligation.destination ?? '');
    const account = id === null ? null : accounts.get(id);
    if (account === undefined) {
      const wait: Wait = { code: 'network', text: 'The network could not be asked.', user: false };
      sorted.waits.push({ owed, wait });
      continue;
    }
    const verdict = judge(owed, account, rulesFor(ctx, owed.asset, sizes.baseReserve));
    if (verdict.how === 'hold') sorted.holds.push({ owed, text: verdict.text });
    else if (verdict.how === 'wait') sorted.waits.push({ owed, wait: verdict.wait });
    else {
      sorted.items.push(itemFor(owed, verdict, sizes));
      if (verdict.how === 'pay') destinationsOf(ctx).good(nameOf(owed), ctx.clock.now());
    }
  }
  return sorted;
}

/** What transactions take, or may have taken, from the distribution account. */
export interface Cost {
  xlm: bigint;
  assets: ReadonlyMap<string, bigint>;
  /** ledger in which it was taken; null: not known yet */
  ledger: number | null;
}

export function costOf(items: readonly Item[], fee: bigint): Cost {
  const assets = new Map<string, bigint>();
  let xlm = fee * BigInt(1 + items.reduce((sum, item) => sum + item.operations.length, 0));
  for (const { xlm: lumens, asset } of items) {
    xlm += lumens;
    if (asset.key !== 'native') assets.set(asset.key, (assets.get(asset.key) ?? 0n) + asset.amount);
  }
  return { xlm, assets, ledger: null };
}

/**
 * Oldest first out of the purse, which is what the account held less what is on its way. What it does not hold is left over.
 */
export function spend(
  items: readonly Item[],
  account: NetworkAccount,
  costs: readonly Cost[],
  terms: { ledger: NetworkLedger; fee: bigint },
): { paid: Item[]; short: { item: Item; what: string }[] } {
  const purse = purseOf(account, terms.ledger.baseReserve);
  for (const cost of costs) {
    if (cost.ledger !== null && cost.ledger <= account.ledger) continue;
    purse.xlm -= cost.xlm;
    for (const [key, amount] of cost.assets) purse.assets.set(key, (purse.assets.get(key) ?? 0n) - amount);
  }
  const paid: Item[] = [];
  const short: { item: Item; what: string }[] = [];
  for (const item of items) {
    const fee = terms.fee * BigInt(item.operations.length);
    if (take(purse, item, fee)) paid.push(item);
    else short.push({ item, what: item.xlm + fee > purse.xlm ? 'XLM' : item.owed.asset.code });
  }
  return { paid, short };
}
