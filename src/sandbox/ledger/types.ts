/**
 * The plain data of the sandbox's ledger. Everything above (Horizon, store, friendbot) reads these types only;
 * XDR appears where bytes matter: envelopes, results, headers.
 *
 * Amounts are bigint in stroops (1e-7). Accounts are `G…` strkeys, hashes lower-case hex, assets `native` or `CODE:ISSUER`.
 */

export type AssetString = string;
export type Hex = string;
export type Base64 = string;

export interface Liabilities {
  buying: bigint;
  selling: bigint;
}

/** A signer's key as strkey: `G…` (ed25519), `T…` (pre-authorized), `X…` (sha256 of x), `P…` (signed payload). */
export interface SignerEntry {
  key: string;
  weight: number;
  /** who pays its reserve, if sponsored */
  sponsor?: string | undefined;
}

interface EntryBase {
  lastModified: number;
  sponsor?: string | undefined;
}

export interface AccountEntry extends EntryBase {
  kind: 'account';
  id: string;
  balance: bigint;
  sequence: bigint;
  /** ledger and close time at which `sequence` was set; 0 until the account first uses one (protocol 19) */
  sequenceLedger: number;
  sequenceTime: bigint;
  subEntries: number;
  inflationDestination?: string | undefined;
  /** bit set: 1 auth_required, 2 auth_revocable, 4 auth_immutable, 8 clawback_enabled */
  flags: number;
  homeDomain: string;
  masterWeight: number;
  lowThreshold: number;
  mediumThreshold: number;
  highThreshold: number;
  /** in the core's order (sorted by key bytes), the master key not among them */
  signers: SignerEntry[];
  liabilities: Liabilities;
  sponsored: number;
  sponsoring: number;
}

export interface TrustLineEntry extends EntryBase {
  kind: 'trustline';
  account: string;
  asset: AssetString;
  balance: bigint;
  limit: bigint;
  /** bit set: 1 authorized, 2 authorized to maintain liabilities, 4 clawback enabled */
  flags: number;
  liabilities: Liabilities;
}

export interface OfferEntry extends EntryBase {
  kind: 'offer';
  seller: string;
  id: bigint;
  selling: AssetString;
  buying: AssetString;
  amount: bigint;
  priceN: number;
  priceD: number;
  /** 1 = passive */
  flags: number;
}

export interface DataEntry extends EntryBase {
  kind: 'data';
  account: string;
  name: string;
  value: Uint8Array;
}

export type Predicate =
  | { type: 'unconditional' }
  | { type: 'and' | 'or'; predicates: Predicate[] }
  | { type: 'not'; predicate: Predicate | null }
  | { type: 'before_absolute'; time: bigint }
  | { type: 'before_relative'; seconds: bigint };

export interface Claimant {
  destination: string;
  predicate: Predicate;
}

export interface ClaimableBalanceEntry extends EntryBase {
  kind: 'claimable_balance';
  /** 72 hex digits: 4 bytes of type and the hash, as Horizon prints it */
  id: Hex;
  claimants: Claimant[];
  asset: AssetString;
  amount: bigint;
  /** 1 = clawback enabled */
  flags: number;
}

export type LedgerEntry = AccountEntry | TrustLineEntry | OfferEntry | DataEntry | ClaimableBalanceEntry;

/**
 * One entry before and after. `before` null: created; `after` null: removed. An operation also lists entries that it only
 * loaded, as the core does: then both are equal but for `lastModified`.
 */
export interface EntryChange {
  before: LedgerEntry | null;
  after: LedgerEntry | null;
}

/** One transaction that got into a ledger, successful or not. */
export interface AppliedTransaction {
  ledger: number;
  closeTime: number;
  /** place in the ledger, from 1 */
  order: number;
  /** of the outer transaction */
  hash: Hex;
  /** of the inner transaction where this is a fee bump */
  innerHash?: Hex | undefined;
  envelopeXdr: Base64;
  resultXdr: Base64;
  /** encoded when first read */
  readonly resultMetaXdr: Base64;
  /** encoded when first read */
  readonly feeMetaXdr: Base64;
  successful: boolean;
  feeCharged: bigint;
  /** who paid the fee (`G…`) */
  feeAccount: string;
  feeChanges: EntryChange[];
  /** of the transaction itself: sequence numbers, one-time signers */
  transactionChanges: EntryChange[];
  /** per operation, empty for a failed transaction */
  operationChanges: EntryChange[][];
}

export interface LedgerHeader {
  sequence: number;
  hash: Hex;
  previousHash: Hex;
  /** Unix seconds */
  closeTime: number;
  protocolVersion: number;
  baseFee: number;
  baseReserve: number;
  /** operations per ledger */
  maxTxSetSize: number;
  totalCoins: bigint;
  feePool: bigint;
  idPool: bigint;
  headerXdr: Base64;
}

export interface ClosedLedger {
  header: LedgerHeader;
  transactions: AppliedTransaction[];
  /** operations in the transaction set and in successful transactions */
  txSetOperationCount: number;
  operationCount: number;
  successfulCount: number;
  failedCount: number;
}

export interface NetworkSettings {
  passphrase: string;
  protocolVersion: number;
  /** stroops per operation */
  baseFee: number;
  /** stroops */
  baseReserve: number;
  /** operations per ledger */
  operationsPerLedger: number;
  /**
   * Seconds between ledgers that the door expects: a transaction whose `maxTime` is less than twice as long after the
   * last close is refused as too late, as it might expire before it applies. Default 1; 0 switches that off.
   */
  expectedCloseSeconds?: number | undefined;
  queue?: QueueLimits | undefined;
}

/** Rules of the transaction queue; the defaults are those of today's core. */
export interface QueueLimits {
  /** Waiting transactions per source account. Default 1; core 19 knew no bound (set `Infinity`), in sequence. */
  pendingPerAccount?: number | undefined;
  /** A fee bump replaces a waiting transaction at this many times its fee per operation. Default 10. */
  replaceFeeMultiplier?: number | undefined;
  /** Ledgers after which a waiting transaction is dropped. Default 4. */
  pendingLedgers?: number | undefined;
  /** Ledgers for which a dropped or replaced-by-bidding transaction is banned. Default 10. */
  banLedgers?: number | undefined;
  /** Size of the queue in ledgers' worth of operations. Default 2. */
  ledgersOfOperations?: number | undefined;
}

/** What the door (the transaction queue) says of a submitted envelope. */
export type DoorAnswer =
  | { status: 'pending'; hash: Hex }
  | { status: 'duplicate'; hash: Hex }
  | { status: 'try_again_later'; hash: Hex }
  /** `resultXdr` as the core would report it, e.g. txBadSeq, txInsufficientFee, txFailed with operation results */
  | { status: 'error'; hash: Hex; resultXdr: Base64 }
  | { status: 'malformed' };
