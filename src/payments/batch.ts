import type { Memo } from '../kernel/memos.ts';
import type { KeyPair } from '../stellar/keys.ts';
import type { Operation } from '../stellar/operations.ts';
import type { NetworkAccount } from '../stellar/port.ts';
import type { Item, Sizes } from './items.ts';
import { policy } from './policy.ts';
import type { Owed } from './rows.ts';

export { type Item, itemFor, type Sizes } from './items.ts';

/** What goes into one transaction. */
export interface Batch {
  items: Item[];
  memo: Memo | null;
}

/** What an account can spend: balances less liabilities, XLM also less the reserve. Null: without limit, it is the issuer. */
export interface Purse {
  xlm: bigint;
  assets: Map<string, bigint>;
  issuerOf: (key: string) => boolean;
}

export function purseOf(account: NetworkAccount, baseReserve: bigint): Purse {
  const entries = BigInt(2 + account.subEntryCount + account.sponsoring - account.sponsored);
  const assets = new Map<string, bigint>();
  let xlm = 0n;
  for (const balance of account.balances) {
    const free = balance.balance - balance.sellingLiabilities;
    if (balance.asset === 'native') xlm = free - entries * baseReserve;
    else if (balance.authorized) assets.set(balance.asset, free);
  }
  return { xlm, assets, issuerOf: (key) => key.endsWith(`:${account.id}`) };
}

/** Takes the item from the purse, fee included; false, and nothing taken, where it does not fit. */
export function take(purse: Purse, item: Item, fee: bigint): boolean {
  const xlm = item.xlm + fee;
  const { key, amount } = item.asset;
  const free = key === 'native' || purse.issuerOf(key) ? amount : (purse.assets.get(key) ?? 0n);
  if (xlm > purse.xlm || amount > free) return false;
  purse.xlm -= xlm;
  if (key !== 'native' && !purse.issuerOf(key)) purse.assets.set(key, free - amount);
  return true;
}

const memoOf = ({ obligation }: Owed): Memo | null =>
  obligation.memo === null || obligation.memo_type === null
    ? null
    : { type: obligation.memo_type, value: obligation.memo };

/** What is to be laid out over the sources that are free. */
export interface Plan {
  items: readonly Item[];
  /** transactions that can be made now */
  sources: number;
  /** whether the first of them pays its own fee; the others are fee bumps, which count as one operation more */
  firstIsPlain: boolean;
  /** operations that the network takes beside those in flight */
  room: number;
  /** transactions opened since a payment with a memo went last */
  sinceMemo: number;
}

/**
 * The next transactions, one for each source that is free. Those without a memo travel together, as many as fit; one with a memo travels
 * alone. The fullest goes first, because it settles most, and of two that are as full the older one; but of every ten transactions one
 * goes to the oldest memo, so that none of the two kinds ever waits for the other to run dry. Payments whose destination nobody has
 * looked at do not travel with the others: where one of them fails, it delays its like only. An account is created once per transaction.
 */
export function planBatches(plan: Plan, sizes: Sizes): { batches: Batch[]; sinceMemo: number } {
  const singles = plan.items.filter((item) => memoOf(item.owed) !== null);
  const together = plan.items.filter((item) => memoOf(item.owed) === null);
  const groups = [together.filter((item) => !item.unseen), together.filter((item) => item.unseen)];
  const batches: Batch[] = [];
  let { room, sinceMemo } = plan;
  while (batches.length < plan.sources) {
    const bump = batches.length === 0 && plan.firstIsPlain ? 0 : 1;
    const most = Math.min(sizes.operations, room - bump);
    if (most < 1) break;
    const candidates = groups.map((items) => fitting(items, most)).filter((items) => items.length > 0);
    const fullest = candidates.sort((a, b) => b.length - a.length)[0];
    const single = singles[0];
    const memoTurn =
      single !== undefined &&
      (fullest === undefined ||
        sinceMemo + 1 >= policy.memoEvery ||
        (fullest.length === 1 && olderThan(single, fullest[0])));
    const batch: Batch | null = memoTurn
      ? { items: [single as Item], memo: memoOf((single as Item).owed) }
      : fullest === undefined
        ? null
        : { items: fullest, memo: null };
    if (batch === null) break;
    batches.push(batch);
    sinceMemo = memoTurn ? 0 : sinceMemo + 1;
    room -= batch.items.reduce((sum, item) => sum + item.operations.length, bump);
    const gone = new Set(batch.items);
    if (memoTurn) singles.shift();
    else
      groups.forEach((items, at) => {
        groups[at] = items.filter((item) => !gone.has(item));
      });
  }
  return { batches, sinceMemo };
}

const olderThan = (one: Item, other: Item | undefined): boolean =>
  other === undefined || one.owed.obligation.created_at < other.owed.obligation.created_at;

function fitting(items: readonly Item[], most: number): Item[] {
  const batch: Item[] = [];
  const opened = new Set<string>();
  let operations = 0;
  for (const item of items) {
    if (operations + item.operations.length > most) break;
    const destination = item.owed.obligation.destination ?? '';
    if (item.operations[0]?.type === 'createAccount') {
      if (opened.has(destination)) continue;
      opened.add(destination);
    }
    batch.push(item);
    operations += item.operations.length;
  }
  return batch;
}

/** Each key once that the operations need beside those of source and distribution account. */
export function signersOf(items: readonly Item[]): KeyPair[] {
  const all = items.flatMap((item) => item.signers ?? []);
  return [...new Map(all.map((pair) => [pair.publicKey, pair])).values()];
}

/** The transaction's operations, and for each obligation the index of the one that stands for it. */
export function layOut(batch: Batch): { operations: Operation[]; marks: { index: number; id: string }[] } {
  const operations: Operation[] = [];
  const marks: { index: number; id: string }[] = [];
  for (const item of batch.items) {
    marks.push({ index: operations.length + item.marked, id: item.owed.obligation.id });
    operations.push(...item.operations);
  }
  return { operations, marks };
}
