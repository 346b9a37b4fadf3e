import type { Clock } from '../kernel/clock.ts';
import { History } from './horizon/history/history.ts';
import { ledgerRow } from './horizon/history/ingest.ts';
import type { LedgerRow } from './horizon/history/rows.ts';
import type { Network } from './horizon/network.ts';
import type { ResetOptions, SandboxLedger } from './ledger/ports.ts';
import type { ClosedLedger, LedgerHeader } from './ledger/types.ts';
import type { Store } from './store/store.ts';

export interface CloseOptions {
  sequence?: number | undefined;
  /** Unix seconds; default: now, but never before the last */
  closeTime?: number | undefined;
  /** envelopes to hold, in this order, instead of what the queue picks */
  transactions?: string[] | undefined;
}

const emptyRow = (header: LedgerHeader): LedgerRow => ({
  header,
  successfulCount: 0,
  failedCount: 0,
  operationCount: 0,
  txSetOperationCount: 0,
  transactions: [],
});

/** The ledger with its history, its store and those who wait for the next close. */
export class SandboxNetwork implements Network {
  readonly ledger: SandboxLedger;
  readonly clock: Clock;
  history = new History();
  generation = 0;
  /** added to the clock for close times, in seconds */
  timeShift = 0;
  private readonly store: Store | null;
  private readonly listeners = new Set<() => void>();

  constructor(ledger: SandboxLedger, clock: Clock, store: Store | null) {
    this.ledger = ledger;
    this.clock = clock;
    this.store = store;
    const loaded = store?.load(ledger) ?? null;
    if (loaded === null) {
      this.reset({ ledger: { sequence: 1, closeTime: this.now() } });
      return;
    }
    for (const row of [emptyRow(loaded.header), ...loaded.rows]) this.history.add(row);
    const { header } = ledger;
    if (this.history.ledger(header.sequence) === undefined) this.history.add(emptyRow(header));
  }

  /** Unix seconds on this network. */
  now(): number {
    return Math.floor(this.clock.now() / 1000) + this.timeShift;
  }

  /** Closes one ledger; when this returns it is in the store, in history, and told to all that wait. */
  close(options: CloseOptions = {}): ClosedLedger {
    const closed = this.ledger.close({
      closeTime: options.closeTime ?? Math.max(this.ledger.header.closeTime, this.now()),
      ...(options.sequence === undefined ? {} : { sequence: options.sequence }),
      ...(options.transactions === undefined ? {} : { transactions: options.transactions }),
    });
    const row = ledgerRow(closed);
    this.store?.add(row, this.ledger);
    this.history.add(row);
    this.tell();
    return closed;
  }

  /** An empty ledger in the given state; all history is gone. */
  reset(options: ResetOptions): void {
    this.ledger.reset(options);
    this.store?.begin(options, this.ledger.header);
    this.history = new History();
    this.history.add(emptyRow(this.ledger.header));
    this.generation += 1;
    this.tell();
  }

  onLedger(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }

  /** Saves what there is and ends. */
  end(): void {
    this.store?.close(this.ledger);
  }
}
