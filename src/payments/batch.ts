import { parseAssetKey } from '../kernel/assets.ts';
import type { Memo } from '../kernel/memos.ts';
import type { Operation } from '../stellar/operations.ts';
import type { NetworkAccount } from '../stellar/port.ts';
import { keyOf } from '../transfers/assets.ts';
import type { Verdict } from './destinations.ts';
import type { Owed } from './rows.ts';

/** One obligation in a transaction: its operations, and the index among them that stands for it in the book. */
export interface Item {
  owed: Owed;
  operations: Operation[];
  /** index in `operations` of the one that pays, or of createAccount where none does yet */
  marked: number;
  /** what it takes from the source: stroops of XLM beside the fee, and of the asset */
  xlm: bigint;
  asset: { key: string; amount: bigint };
}

/** What goes into one transaction. */
export interface Batch {
  items: Item[];
  memo: Memo | null;
}

export interface Sizes {
  /** operations that fit in one transaction */
  operations: number;
  startingBalance: bigint;
  baseReserve: bigint;
  distribution: string;
}

type Payable = Extract<Verdict, { how: 'pay' | 'create' | 'open' | 'claimable' }>;

export function itemFor(owed: Owed, verdict: Payable, sizes: Sizes): Item {
  const destination = owed.obligation.destination ?? '';
  const amount = owed.obligation.amount_units;
  const key = keyOf(owed.asset);
  const asset = parseAssetKey(key);
  const source = sizes.distribution;
  const native = key === 'native';
  const opening: Operation = {
    type: 'createAccount',
    source,
    destination,
    startingBalance: verdict.how === 'create' ? amount : sizes.startingBalance,
  };
  switch (verdict.how) {
    case 'pay':
      return {
        owed,
        operations: [{ type: 'payment', source, destination, asset, amount }],
        marked: 0,
        xlm: native ? amount : 0n,
        asset: { key, amount },
      };
    case 'create':
      return { owed, operations: [opening], marked: 0, xlm: amount, asset: { key, amount } };
    case 'open':
      return {
        owed,
        operations: [opening],
        marked: 0,
        xlm: sizes.startingBalance,
        asset: { key, amount: 0n },
      };
    case 'claimable': {
      const balance: Operation = {
        type: 'createClaimableBalance',
        source,
        asset,
        amount,
        claimants: [destination],
      };
      return {
        owed,
        operations: verdict.open ? [opening, balance] : [balance],
        marked: verdict.open ? 1 : 0,
        // the creator's reserve for one claimant
        xlm: sizes.baseReserve + (verdict.open ? sizes.startingBalance : 0n),
        asset: { key, amount },
      };
    }
  }
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

/**
 * The next transaction. Those without a memo travel together, as many as fit; one with a memo travels alone. The two kinds take turns,
 * so that a row of deposits with memos, one to a ledger, never keeps hundreds of others back, nor the other way round; within each the
 * oldest goes first. An account is created once per transaction; a second payment to it goes in the next.
 */
export function nextBatch(items: readonly Item[], sizes: Sizes, turn: 'memo' | 'together'): Batch | null {
  const single = items.find((item) => memoOf(item.owed) !== null);
  const together = items.filter((item) => memoOf(item.owed) === null);
  if (single !== undefined && (turn === 'memo' || together.length === 0)) {
    return { items: [single], memo: memoOf(single.owed) };
  }
  return together.length === 0 ? null : { items: fitting(together, sizes), memo: null };
}

function fitting(items: readonly Item[], sizes: Sizes): Item[] {
  const batch: Item[] = [];
  const opened = new Set<string>();
  let operations = 0;
  for (const item of items) {
    if (operations + item.operations.length > sizes.operations) break;
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
