import type { Generated } from 'kysely';

/**
 * The tables. Rules that hold for every database:
 * - money is `bigint` in stroops (1e-7), columns named `*_units`;
 * - sequence numbers are `bigint`, columns named `sequence`; memo ids and paging tokens are text;
 * - times are ISO 8601 text in UTC with milliseconds and a trailing Z, columns named `*_at` (they sort as text);
 * - booleans are 0 or 1;
 * - rows of one multi-row insert name the same columns: on SQLite a column that one of them leaves out becomes null there,
 *   not its default.
 */

export type Flag = 0 | 1;

export interface AssetsTable {
  id: string;
  /** `native` for XLM */
  code: string;
  /** empty text for XLM, so that UNIQUE(code, issuer) holds on every database */
  issuer: string;
  distribution_account: string;
  /** encrypted seed; null where the key is kept elsewhere */
  distribution_seed: string | null;
  /** decimals that users may enter, 0 to 7 */
  significant_decimals: Generated<number>;
  /** what backs it, SEP-38 asset id, e.g. iso4217:USD */
  anchored_asset: string | null;
  description: string | null;
  sep6_enabled: Generated<Flag>;
  sep24_enabled: Generated<Flag>;
  sep31_enabled: Generated<Flag>;
  sep38_enabled: Generated<Flag>;
  deposit_enabled: Generated<Flag>;
  deposit_min_units: bigint | null;
  deposit_max_units: bigint | null;
  deposit_fee_fixed_units: Generated<bigint>;
  /** percentage points × 1e7 */
  deposit_fee_percent_units: Generated<bigint>;
  deposit_fee_minimum_units: bigint | null;
  withdrawal_enabled: Generated<Flag>;
  withdrawal_min_units: bigint | null;
  withdrawal_max_units: bigint | null;
  withdrawal_fee_fixed_units: Generated<bigint>;
  withdrawal_fee_percent_units: Generated<bigint>;
  withdrawal_fee_minimum_units: bigint | null;
  created_at: string;
}

export interface TransactionsTable {
  id: string;
  sep: '6' | '24' | '31';
  kind: 'deposit' | 'withdrawal';
  status: string;
  version: Generated<number>;
  asset_id: string;
  /** the token's subject in normal form: `G…`, `G…:<memo id>` or `C…` (SC-18) */
  owner: string;
  /** as the token named it, e.g. `M…` */
  subject: string;
  client_domain: string | null;
  /** where a deposit goes or a withdrawal comes from: `G…`, `M…` or `C…` */
  account: string;
  /** deposit: memo of our payment; withdrawal: memo that the user's payment must carry */
  memo: string | null;
  memo_type: 'text' | 'id' | 'hash' | null;
  refund_memo: string | null;
  refund_memo_type: 'text' | 'id' | 'hash' | null;
  /** withdrawal: our account that is paid */
  anchor_account: string | null;
  claimable_balance_supported: Generated<Flag>;
  claimable_balance_id: string | null;
  customer_id: string | null;
  quote_id: string | null;
  lang: Generated<string>;
  /** what the bank credit must name; unique */
  reference: string;
  /** off-chain asset, SEP-38 id */
  offchain_asset: string | null;
  amount_expected_units: bigint | null;
  amount_in_units: bigint | null;
  amount_out_units: bigint | null;
  amount_fee_units: bigint | null;
  /** JSON: [{name, amount}] */
  fee_details: string | null;
  /** totals under CHECK refunded + paid + fee <= received: what came in, and what is owed or paid of it since it was owed */
  received_units: Generated<bigint>;
  refunded_units: Generated<bigint>;
  paid_units: Generated<bigint>;
  fee_units: Generated<bigint>;
  from_address: string | null;
  to_address: string | null;
  stellar_transaction_id: string | null;
  external_transaction_id: string | null;
  message: string | null;
  kyc_verified: Generated<Flag>;
  user_action_required_by: string | null;
  callback: string | null;
  on_change_callback: string | null;
  /** encrypted JSON: answers of the forms and SEP-9 fields */
  fields: string | null;
  /** JSON of the integrations (ctx.data) */
  data: string | null;
  /** why it waits, where only the engine knows: {code, text} JSON, e.g. trustline, funds */
  waiting: string | null;
  started_at: string;
  updated_at: string;
  completed_at: string | null;
  expires_at: string | null;
}

export interface TransactionHistoryTable {
  id: Generated<number>;
  transaction_id: string;
  at: string;
  from_status: string | null;
  to_status: string;
  /** `wallet`, `user`, `job:NAME`, `operator:NAME` */
  by_whom: string;
  reason: string;
}

/** Something owed, written down in the database transaction that made it owed (R1). */
export interface ObligationsTable {
  id: string;
  transaction_id: string;
  leg: 'stellar' | 'rails';
  purpose: 'deliver' | 'refund';
  ordinal: Generated<number>;
  asset_id: string;
  amount_units: bigint;
  /** `G…`, `M…` for Stellar; null for rails */
  destination: string | null;
  memo: string | null;
  memo_type: 'text' | 'id' | 'hash' | null;
  /** owed -> (bound ->) paid; waiting: see `waiting_code`; held: for the operator; cancelled */
  state: 'owed' | 'waiting' | 'bound' | 'unknown' | 'accepted' | 'paid' | 'held' | 'cancelled';
  waiting_code: string | null;
  waiting_text: string | null;
  attempts: Generated<number>;
  not_before_at: string | null;
  slot_id: string | null;
  external_id: string | null;
  /** hash of the transaction that paid it */
  paid_by: string | null;
  created_at: string;
  updated_at: string;
}

/** A (source account, sequence number): at most one envelope of it can ever apply (R2). */
export interface SlotsTable {
  id: string;
  source_account: string;
  sequence: bigint;
  state: 'open' | 'consumed' | 'dead' | 'foreign';
  /** JSON {ledger, sequence, provider}: what proved it */
  evidence: string | null;
  created_at: string;
  updated_at: string;
}

/** Every envelope ever signed, committed before it is sent (R3). */
export interface EnvelopesTable {
  hash: string;
  /** hash of the inner transaction of a fee bump, else equal to hash */
  inner_hash: string;
  /** null for envelopes of setup and issue-asset */
  slot_id: string | null;
  purpose: string;
  xdr: string;
  source_account: string;
  sequence: bigint;
  max_ledger: number;
  max_time: number;
  fee_units: bigint;
  state: 'signed' | 'submitted' | 'applied' | 'failed' | 'dead';
  ledger: number | null;
  result_xdr: string | null;
  last_answer: string | null;
  submissions: Generated<number>;
  created_at: string;
  updated_at: string;
}

export interface EnvelopeObligationsTable {
  envelope_hash: string;
  operation_index: number;
  obligation_id: string;
}

/** Every operation that brought money to one of our accounts, each in exactly one bucket. */
export interface IncomingPaymentsTable {
  /** Horizon's operation id */
  operation_id: string;
  account: string;
  transaction_hash: string;
  from_account: string;
  /** `native` or CODE:ISSUER */
  asset: string;
  amount_units: bigint;
  memo: string | null;
  memo_type: string | null;
  muxed_id: string | null;
  type: string;
  ledger: number;
  bucket: 'matched' | 'suspense' | 'internal';
  reason: string | null;
  transaction_id: string | null;
  paid_at: string;
  created_at: string;
}

export interface CursorsTable {
  /** `payments:G…`, `rails:deposits` */
  name: string;
  cursor: string;
  updated_at: string;
}

export interface BankCreditsTable {
  /** the bank's own id */
  id: string;
  amount_units: bigint;
  reference: string | null;
  payer: string | null;
  bucket: 'matched' | 'suspense' | 'returned';
  reason: string | null;
  transaction_id: string | null;
  credited_at: string;
  created_at: string;
}

/** What subscribers are to be told; delivery is the outbox's business. */
export interface OutboxTable {
  id: Generated<number>;
  transaction_id: string;
  kind: 'callback' | 'on_change_callback';
  url: string;
  status: string;
  created_at: string;
  delivered_at: string | null;
  attempts: Generated<number>;
}

/** Tokens in URLs and the browser sessions they were exchanged for; only their hashes are kept. */
export interface InteractiveSessionsTable {
  /** sha256 hex */
  token_hash: string;
  transaction_id: string;
  kind: 'token' | 'session';
  csrf: string | null;
  /** id of the form to show next, and answers so far (encrypted JSON) */
  step: string | null;
  expires_at: string;
  used_at: string | null;
  created_at: string;
}

/** SEP-10 challenges that have been exchanged for a token (S10-59). */
export interface UsedChallengesTable {
  hash: string;
  expires_at: string;
}

export interface LeasesTable {
  name: string;
  owner: string;
  epoch: number;
  /** milliseconds by the database's clock */
  expires_ms: bigint;
  machine: string;
  boot: string;
}

export interface JobRunsTable {
  id: Generated<number>;
  job: string;
  started_at: string;
  finished_at: string | null;
  ok: Flag | null;
  error: string | null;
  processed: Generated<number>;
  /** whether the run belongs to a loop that is expected to go on */
  loop: Generated<Flag>;
  interval_seconds: number | null;
}

/** Keys of accounts we hold, encrypted. */
export interface KeysTable {
  account: string;
  /** `distribution`, `channel` */
  purpose: string;
  seed: string;
  created_at: string;
}

/** Facts about this database as a whole: network passphrase it belongs to, freezes. */
export interface FactsTable {
  name: string;
  value: string;
  updated_at: string;
}

export interface Tables {
  assets: AssetsTable;
  transactions: TransactionsTable;
  transaction_history: TransactionHistoryTable;
  obligations: ObligationsTable;
  slots: SlotsTable;
  envelopes: EnvelopesTable;
  envelope_obligations: EnvelopeObligationsTable;
  incoming_payments: IncomingPaymentsTable;
  cursors: CursorsTable;
  bank_credits: BankCreditsTable;
  outbox: OutboxTable;
  interactive_sessions: InteractiveSessionsTable;
  used_challenges: UsedChallengesTable;
  leases: LeasesTable;
  job_runs: JobRunsTable;
  keys: KeysTable;
  facts: FactsTable;
}

/** Columns that are `bigint` in JavaScript on every database; every other integer is a number. */
export const isBigintColumn = (name: string): boolean =>
  name.endsWith('_units') || name === 'sequence' || name === 'expires_ms';
