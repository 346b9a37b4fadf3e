/** The port to the Stellar network. One implementation: Horizon over an injected fetch; RPC may follow. */

export interface NetworkSigner {
  key: string;
  weight: number;
  /** `ed25519_public_key`, `sha256_hash`, `preauth_tx`, `ed25519_signed_payload` */
  type: string;
}

export interface NetworkBalance {
  /** `native` or `CODE:ISSUER`; pool shares are left out */
  asset: string;
  /** stroops */
  balance: bigint;
  /** stroops; native has none */
  limit: bigint | null;
  buyingLiabilities: bigint;
  sellingLiabilities: bigint;
  authorized: boolean;
  authorizedToMaintainLiabilities: boolean;
}

export interface NetworkAccount {
  id: string;
  sequence: bigint;
  balances: NetworkBalance[];
  signers: NetworkSigner[];
  thresholds: { low: number; medium: number; high: number };
  flags: { authRequired: boolean; authRevocable: boolean; authImmutable: boolean; clawbackEnabled: boolean };
  subEntryCount: number;
  sponsoring: number;
  sponsored: number;
  homeDomain: string | null;
  /** data entries, base64 by name */
  data: Record<string, string>;
  /** the ledger this reading is consistent with (`Latest-Ledger`), the witness of a proof of death (R4) */
  ledger: number;
}

/** An account that does not exist, said definitively, at that ledger. */
export interface MissingAccount {
  id: string;
  missing: true;
  ledger: number;
}

export interface NetworkLedger {
  sequence: number;
  /** Unix seconds */
  closeTime: number;
  protocolVersion: number;
  baseFee: bigint;
  baseReserve: bigint;
  operationsPerLedger: number;
}

export interface NetworkTransaction {
  hash: string;
  innerHash: string | null;
  ledger: number;
  /** ISO 8601 */
  createdAt: string;
  successful: boolean;
  sourceAccount: string;
  sequence: bigint;
  feeCharged: bigint;
  memoType: string;
  /** as Horizon prints it: hash memos in base64 */
  memo: string | null;
  envelopeXdr: string;
  resultXdr: string;
  pagingToken: string;
}

/** One operation of an account's history with its transaction, amounts as the ledger delivered them. */
export interface NetworkOperation {
  id: string;
  pagingToken: string;
  type: string;
  successful: boolean;
  /** ISO 8601 */
  createdAt: string;
  sourceAccount: string;
  transaction: NetworkTransaction;
  /** the operation's own JSON as Horizon gave it, for the fields that differ by type */
  raw: Record<string, unknown>;
}

/** What a submission answered. Only `applied` is final; nothing here proves that an envelope will never apply. */
export type SubmitAnswer =
  | { status: 'applied'; hash: string; successful: boolean; ledger: number; resultXdr: string }
  /** `submitAsync` only: it waits in the queue of that server's node for one of the next ledgers */
  | { status: 'queued' }
  /** `submitAsync` only: not taken for now: another one of its source waits, it is banned there, or the queue is full */
  | { status: 'busy' }
  /** in the queue, or nobody knows: timeout, 5xx, connection lost */
  | { status: 'unknown'; reason: string }
  /** the door said no for now: codes such as tx_bad_seq, tx_insufficient_fee, op_no_trust */
  | { status: 'refused'; transactionCode: string; operationCodes: string[]; resultXdr: string | null }
  /** too many requests; milliseconds to wait where the server said so */
  | { status: 'throttled'; retryAfterMs: number | null };

export interface StellarNetwork {
  readonly passphrase: string;
  /** @throws NETWORK_UNAVAILABLE when nothing definite is known */
  account(id: string): Promise<NetworkAccount | MissingAccount>;
  /**
   * several with one question, where a server can (RPC): those that it could not read are left out. Horizon has no such question, and is
   * asked for one after the other, few at a time
   */
  accounts?(ids: readonly string[]): Promise<readonly (NetworkAccount | MissingAccount)[]>;
  latestLedger(): Promise<NetworkLedger>;
  /** null: not in this server's history yet. @throws LEDGER_FORGOTTEN older than what it keeps; NETWORK_UNAVAILABLE */
  ledgerAt(sequence: number): Promise<NetworkLedger | null>;
  /** stroops per operation that the last ledgers asked for */
  feeStats(): Promise<{ baseFee: bigint; modeFee: bigint; p90Fee: bigint; capacityUsage: number }>;
  submit(envelopeXdr: string): Promise<SubmitAnswer>;
  /** hands it to the queue and does not wait for a ledger; servers that cannot do that answer as `submit` does */
  submitAsync(envelopeXdr: string): Promise<SubmitAnswer>;
  /** null: not known to this server, which proves nothing */
  transaction(hash: string): Promise<NetworkTransaction | null>;
  /** oldest first, failed ones not included */
  operations(account: string, cursor: string | null, limit: number): Promise<NetworkOperation[]>;
  /** transactions of an account, oldest first, failed ones included */
  transactions(account: string, cursor: string | null, limit: number): Promise<NetworkTransaction[]>;
  /** the last transactions of an account, newest first, failed ones included */
  recentTransactions(account: string, limit: number): Promise<NetworkTransaction[]>;
  effects(operationId: string): Promise<Record<string, unknown>[]>;
  /** newest paging token of the account's history, or null for none */
  lastCursor(account: string): Promise<string | null>;
  /** asks friendbot for funds; true when the account exists afterwards. @throws FRIENDBOT_UNAVAILABLE */
  fund(account: string): Promise<void>;
  /** where several servers are configured: each by itself, for what they have to agree on (reliability R4, F7) */
  readonly servers?: readonly StellarNetwork[];
}

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;
