import type {
  AccountEntry,
  AppliedTransaction,
  AssetString,
  Base64,
  ClaimableBalanceEntry,
  ClosedLedger,
  DataEntry,
  DoorAnswer,
  Hex,
  LedgerEntry,
  LedgerHeader,
  NetworkSettings,
  OfferEntry,
  TrustLineEntry,
} from './types.ts';

/** Read access to the ledger as of the last close. */
export interface LedgerReader {
  readonly settings: NetworkSettings;
  readonly header: LedgerHeader;
  account(id: string): AccountEntry | undefined;
  trustline(account: string, asset: AssetString): TrustLineEntry | undefined;
  trustlinesOf(account: string): TrustLineEntry[];
  offer(id: bigint): OfferEntry | undefined;
  offersOf(account: string): OfferEntry[];
  dataOf(account: string): DataEntry[];
  claimableBalance(id: Hex): ClaimableBalanceEntry | undefined;
  entries(): Iterable<LedgerEntry>;
}

export interface ResetOptions {
  root?: { sequence: bigint; balance: bigint } | undefined;
  idPool?: bigint | undefined;
  ledger?: { sequence: number; closeTime: number } | undefined;
}

/**
 * The network: a ledger, its transaction queue, and the closing of ledgers. Pure: no timers, no I/O, no clock of its own;
 * the same calls give the same bytes.
 */
export interface SandboxLedger extends LedgerReader {
  /** Checks an envelope (base64) at the door and queues it. Never throws for a bad envelope. */
  submit(envelopeXdr: Base64): DoorAnswer;
  /** Hashes of what waits in the queue. */
  pending(): Hex[];
  /**
   * Closes one ledger. With `transactions` it holds just these, in this order (whatever the queue says);
   * without, what the queue's surge pricing picks. `sequence` defaults to the next one, `closeTime` (Unix seconds) must
   * not be smaller than the last. All or nothing: what throws changes nothing.
   * @throws SANDBOX_LEDGER_ORDER, SANDBOX_ENVELOPE_INVALID, SANDBOX_FEE_SOURCE_MISSING (all 400)
   */
  close(options: { sequence?: number; closeTime: number; transactions?: Base64[] }): ClosedLedger;
  /** Door-like check only, nothing queued: what `submit` would answer. */
  check(envelopeXdr: Base64): DoorAnswer;
  reset(options: ResetOptions): void;
  /** Everything needed to go on after a restart, as JSON-serializable data (bigints as strings). */
  snapshot(): unknown;
  /** Of the same settings. @throws SANDBOX_SNAPSHOT_INVALID (400) */
  restore(snapshot: unknown): void;
}

/** Implemented in `ledger/index.ts` as `createLedger(settings, reset?)`. */
export type CreateLedger = (settings: NetworkSettings, reset?: ResetOptions) => SandboxLedger;

export type { AppliedTransaction };
