import { assetType } from '../assets.ts';
import { effectKey, toid } from '../toid.ts';
import type { EffectRow, LedgerRow, OperationRow, TradeRow, TransactionRow } from './rows.ts';

/** Rows with their place in the total order; `key` sorts, for effects within the operation too. */
export interface TransactionAt {
  key: bigint;
  row: TransactionRow;
}
export interface OperationAt {
  key: bigint;
  row: OperationRow;
  transaction: TransactionRow;
}
export interface EffectAt {
  key: bigint;
  operation: bigint;
  /** from 1, within the operation */
  order: number;
  row: EffectRow;
  closeTime: number;
}

export interface TradeAt {
  key: bigint;
  operation: bigint;
  row: TradeRow;
  closeTime: number;
  /** whether the seller's asset is the base of the pair: the one that was traded first, ever */
  sellerIsBase: boolean;
}

/** What a page can be about. */
export interface Chapter {
  transactions: TransactionAt[];
  operations: OperationAt[];
  payments: OperationAt[];
  effects: EffectAt[];
  trades: TradeAt[];
}

const chapter = (): Chapter => ({ transactions: [], operations: [], payments: [], effects: [], trades: [] });
const EMPTY: Chapter = Object.freeze(chapter());

/** How many of the newest empty ledgers stay; older ones are forgotten as Horizon forgets what its retention drops. */
const EMPTY_LEDGERS_KEPT = 2_000;

/** The index over all closed ledgers, in memory, in ascending order. */
export class History {
  readonly all: Chapter = chapter();
  /** ascending by sequence */
  ledgers: LedgerRow[] = [];
  private readonly accounts = new Map<string, Chapter>();
  private readonly balances = new Map<string, Chapter>();
  private readonly byHash = new Map<string, TransactionAt>();
  /** in the order of their first trade */
  private readonly traded = new Map<string, number>();
  private emptyKept = 0;

  add(ledger: LedgerRow): void {
    this.ledgers.push(ledger);
    if (ledger.transactions.length === 0) this.forgetEmpty();
    this.learnAssets(ledger);
    for (const row of ledger.transactions) this.addTransaction(row);
  }

  account(id: string): Chapter | undefined {
    return this.accounts.get(id);
  }

  balance(id: string): Chapter | undefined {
    return this.balances.get(id);
  }

  transaction(hash: string): TransactionAt | undefined {
    return this.byHash.get(hash);
  }

  operation(id: bigint): OperationAt | undefined {
    return find(this.all.operations, (at) => at.key, id);
  }

  ledger(sequence: number): LedgerRow | undefined {
    return find(this.ledgers, (row) => row.header.sequence, sequence);
  }

  /** Everything of one ledger. */
  ledgerChapter(sequence: number): Chapter {
    const within = <T extends { key: bigint }>(rows: T[], shift: bigint) =>
      between(rows, toid(sequence) << shift, toid(sequence + 1) << shift);
    return {
      transactions: within(this.all.transactions, 0n),
      operations: within(this.all.operations, 0n),
      payments: within(this.all.payments, 0n),
      effects: within(this.all.effects, 63n),
      trades: within(this.all.trades, 63n),
    };
  }

  transactionChapter({ key }: TransactionAt): Chapter {
    const end = key + 4096n;
    return {
      ...EMPTY,
      operations: between(this.all.operations, key, end),
      payments: between(this.all.payments, key, end),
      effects: between(this.all.effects, effectKey(key, 0n), effectKey(end, 0n)),
    };
  }

  operationEffects(id: bigint): EffectAt[] {
    return between(this.all.effects, effectKey(id, 0n), effectKey(id + 1n, 0n));
  }

  /** The oldest ledger known. */
  get elder(): number {
    return this.ledgers[0]?.header.sequence ?? 0;
  }

  private addTransaction(row: TransactionRow): void {
    const key = toid(row.ledger, row.order);
    const at: TransactionAt = { key, row };
    this.all.transactions.push(at);
    this.byHash.set(row.hash, at);
    if (row.innerHash !== undefined) this.byHash.set(row.innerHash, at);
    for (const id of row.participants) chapterIn(this.accounts, id).transactions.push(at);
    for (const id of row.balances) chapterIn(this.balances, id).transactions.push(at);
    row.operations.forEach((operation, index) => {
      this.addOperation({ key: key + BigInt(index + 1), row: operation, transaction: row });
    });
  }

  private addOperation(at: OperationAt): void {
    const chapters = [
      this.all,
      ...at.row.participants.map((id) => chapterIn(this.accounts, id)),
      ...at.row.balances.map((id) => chapterIn(this.balances, id)),
    ];
    for (const { operations, payments } of chapters) {
      operations.push(at);
      if (at.row.payment) payments.push(at);
    }
    at.row.effects.forEach((row, index) => {
      const order = index + 1;
      const effect: EffectAt = {
        key: effectKey(at.key, BigInt(order)),
        operation: at.key,
        order,
        row,
        closeTime: at.transaction.closeTime,
      };
      this.all.effects.push(effect);
      chapterIn(this.accounts, row.account).effects.push(effect);
    });
    for (const row of at.row.trades) this.addTrade(at, row);
  }

  private addTrade(operation: OperationAt, row: TradeRow): void {
    const { seller, buyer } = row;
    const rank = (asset: string) => this.traded.get(asset) ?? 0;
    const trade: TradeAt = {
      key: effectKey(operation.key, BigInt(row.order)),
      operation: operation.key,
      row,
      closeTime: operation.transaction.closeTime,
      sellerIsBase: rank(seller.asset) < rank(buyer.asset),
    };
    this.all.trades.push(trade);
    for (const id of new Set([seller.account, buyer.account]))
      chapterIn(this.accounts, id).trades.push(trade);
  }

  /** Assets that a ledger trades for the first time, by name within the ledger. */
  private learnAssets(ledger: LedgerRow): void {
    const trades = ledger.transactions.flatMap((row) =>
      row.operations.flatMap((operation) => operation.trades),
    );
    const assets = trades.flatMap(({ seller, buyer }) => [seller.asset, buyer.asset]);
    const name = (asset: string) => (asset === 'native' ? asset : `${assetType(asset)}/${asset}`);
    for (const asset of assets.sort((a, b) => (name(a) < name(b) ? -1 : 1))) {
      if (!this.traded.has(asset)) this.traded.set(asset, this.traded.size);
    }
  }

  /** Drops the older half of the empty ledgers when there are too many; the first ledger always stays. */
  private forgetEmpty(): void {
    this.emptyKept += 1;
    if (this.emptyKept <= EMPTY_LEDGERS_KEPT * 2) return;
    let drop = this.emptyKept - EMPTY_LEDGERS_KEPT;
    this.ledgers = this.ledgers.filter(
      (row, index) => index === 0 || row.transactions.length > 0 || drop-- <= 0,
    );
    this.emptyKept = EMPTY_LEDGERS_KEPT;
  }
}

function chapterIn(map: Map<string, Chapter>, id: string): Chapter {
  let found = map.get(id);
  if (found === undefined) {
    found = chapter();
    map.set(id, found);
  }
  return found;
}

function lowerBound<T, K extends bigint | number>(rows: readonly T[], keyOf: (row: T) => K, key: K): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(rows[middle] as T) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function find<T, K extends bigint | number>(rows: readonly T[], keyOf: (row: T) => K, key: K): T | undefined {
  const row = rows[lowerBound(rows, keyOf, key)];
  return row !== undefined && keyOf(row) === key ? row : undefined;
}

function between<T extends { key: bigint }>(rows: readonly T[], from: bigint, to: bigint): T[] {
  const keyOf = (row: T) => row.key;
  return rows.slice(lowerBound(rows, keyOf, from), lowerBound(rows, keyOf, to));
}
