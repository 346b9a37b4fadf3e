import type { ColumnType, Generated } from 'kysely';
import type { Owner } from '../kernel/principal.ts';

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

/** Whose a row is: written once, compared with the owner of a principal only. */
type Owned = ColumnType<Owner, string, never>;

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
  /** how far from the announced amount money may be and still be taken: percentage points × 1e7 (S24-70) */
  tolerance_percent_units: Generated<bigint>;
  /** beyond that: `wait` for the right amount, or `end` the transaction as too_small or too_large */
  wrong_amount: Generated<'wait' | 'end'>;
  /** whether money for an expired transaction revives it (S24-65) */
  accept_late: Generated<Flag>;
  /** what lies in suspense goes back to its sender after so many hours; null: an operator decides */
  refund_after_hours: number | null;
  /** smaller payments are not sent back by themselves */
  refund_min_units: Generated<bigint>;
  /** deposit to an account that does not exist; null: as anchor.toml says */
  no_account: 'create' | 'claimable' | 'wait' | null;
  /** XLM in stroops for an account that is created; null: as anchor.toml says */
  starting_balance_units: bigint | null;
  /** deposit to an account without a trustline; null: claimable where the wallet takes it */
  no_trustline: 'claimable' | 'wait' | null;
  /** days after which we may take an unclaimed claimable balance back; 0: never */
  reclaim_days: Generated<number>;
  /** what is signed for at most, per payment and per day (UTC); null: no limit */
  payment_max_units: bigint | null;
  payment_day_units: bigint | null;
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
  owner: Owned;
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
  /**
   * SEP-38 ids where what comes in is exchanged for something else: in, received, refunded and paid totals and the fee are counted in
   * what comes in, `amount_out_units` and the delivery in what goes out. Null: no exchange, one for one
   */
  amount_in_asset: string | null;
  amount_out_asset: string | null;
  amount_fee_asset: string | null;
  /** until when money has to have come for the firm quote to bind; null without one */
  quote_expires_at: string | null;
  /** since when it is ready for money, or was before it expired */
  asked_at: string | null;
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
  /** SEP-6: the wallet asked for an exchange of two assets (S6-25) */
  exchange: Generated<Flag>;
  /** SEP-6: how the money comes in or goes out, by the name in /info */
  funding_method: string | null;
  /** as the wallet gave it: ISO 3166 alpha-2 or alpha-3 */
  country_code: string | null;
  location_id: string | null;
  /** sealed JSON: {SEP-9 field: {value, description}}, how to pay a deposit */
  instructions: string | null;
  /** in pending_transaction_info_update: for the user, and JSON {field: {description, optional?, choices?}} */
  required_info_message: string | null;
  required_info_updates: string | null;
  /** SEP-31: SEP-12 ids of who sends and who receives */
  sender_id: string | null;
  receiver_id: string | null;
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
  /** exactly one of transaction_id, incoming_id and credit_id: the parent whose totals bound it */
  transaction_id: string | null;
  /** refund of a payment to us that belongs to no transaction */
  incoming_id: string | null;
  /** refund of a bank credit that belongs to no transaction */
  credit_id: string | null;
  leg: 'stellar' | 'rails';
  purpose: 'deliver' | 'refund';
  ordinal: Generated<number>;
  /** whose distribution account pays */
  asset_id: string;
  /** what is paid, `native` or CODE:ISSUER, where it is not the asset of asset_id */
  asset_key: string | null;
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
  /** ISO 8601 by the database's clock */
  not_before_at: string | null;
  /** on the rails: milliseconds by the database's clock at which the bank was last called */
  attempted_ms: number | null;
  /**
   * of one that is held, on the rails: `unclear`, `rejected` and `forgotten` are settled when the bank says that it has paid after all;
   * `returned`, `amount` and `no_refund` are the operator's alone
   */
  held_for: string | null;
  slot_id: string | null;
  external_id: string | null;
  /** hash of the transaction that paid it */
  paid_by: string | null;
  /** day (UTC, YYYY-MM-DD) on which it was first signed for, and counted */
  signed_on: string | null;
  created_at: string;
  updated_at: string;
}

/** A (source account, sequence number): at most one envelope of it can ever apply (R2). */
export interface SlotsTable {
  id: string;
  source_account: string;
  sequence: bigint;
  /** the distribution account whose obligations it carries: the source itself, or who pays through a channel */
  payer: string | null;
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
  /** the newest ledger known when it was signed: it is in none before */
  signed_ledger: number | null;
  /** signatures that are missing: of the external signer, or of co-signers; it is not sent before */
  awaiting: 'signer' | 'cosigners' | null;
  /** `xdr` with the signatures that were added later; null where `xdr` has them all */
  signed_xdr: string | null;
  created_at: string;
  updated_at: string;
}

/** What the external signer and co-signers have signed. */
export interface EnvelopeSignaturesTable {
  envelope_hash: string;
  /** `G…` */
  public_key: string;
  /** base64 of 64 bytes */
  signature: string;
  /** `signer`, `operator:NAME` */
  by_whom: string;
  added_at: string;
}

/** What was signed for on a day, under the asset's maximum per day. */
export interface SignedDaysTable {
  account: string;
  /** `native` or CODE:ISSUER */
  asset: string;
  /** YYYY-MM-DD, UTC */
  day: string;
  signed_units: bigint;
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
  /** the sender as it named itself, `M…` where it did; null: from_account */
  refund_to: string | null;
  /** an operator keeps it back from the asset's policy */
  held_at: string | null;
  /** total of the refunds owed or paid, under CHECK refunded_units <= amount_units; only in suspense */
  refunded_units: Generated<bigint>;
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
  /** SEP-38 id of the currency, where the bank told it */
  asset: string | null;
  reference: string | null;
  payer: string | null;
  bucket: 'matched' | 'suspense' | 'returned';
  reason: string | null;
  transaction_id: string | null;
  held_at: string | null;
  /** total of the refunds owed or paid, under CHECK refunded_units <= amount_units; never of a matched one */
  refunded_units: Generated<bigint>;
  credited_at: string;
  created_at: string;
}

/** What was decided about money in suspense, and by whom. */
export interface SuspenseHistoryTable {
  id: Generated<number>;
  incoming_id: string | null;
  credit_id: string | null;
  at: string;
  action: 'match' | 'refund' | 'hold' | 'release' | 'keep';
  /** `job:NAME`, `operator:NAME` */
  by_whom: string;
  reason: string;
}

/** Money that the bank took back or brought back after it had been booked: open until an operator has dealt with it. */
export interface BankReturnsTable {
  /** the bank's own id */
  id: string;
  /** the payout or refund that came back */
  obligation_id: string | null;
  /** the credit that was taken back */
  credit_id: string | null;
  /** as the bank named it, also where it has not told of that credit yet */
  named_credit: string | null;
  transaction_id: string | null;
  /** null where the bank did not tell it readably */
  amount_units: bigint | null;
  reason: string;
  /** `reopened`, `withheld`, `after_payment`, `unknown`: what it found and did */
  effect: string;
  returned_at: string;
  created_at: string;
  resolved_at: string | null;
  /** `operator:NAME`: what was done */
  resolution: string | null;
}

/** Deliveries of the bank's webhook: written down before they are answered, worked off afterwards. */
export interface BankEventsTable {
  /** sha256 hex of what was signed: the same delivery again changes nothing */
  id: string;
  /** sealed JSON {body, headers}; null once done */
  delivery: string | null;
  state: 'waiting' | 'done' | 'unknown';
  attempts: Generated<number>;
  not_before_at: string;
  error: string | null;
  received_at: string;
  updated_at: string;
}

/** What subscribers are to be told, in the order of `id` per subject and address; delivery is the outbox's business. */
export interface OutboxTable {
  id: Generated<number>;
  /** `transaction:ID` or `customer:ID`: what is told in order */
  subject: string;
  transaction_id: string | null;
  customer_id: string | null;
  kind: 'callback' | 'on_change_callback' | 'client_callback' | 'customer_callback';
  url: string;
  status: string;
  /** JSON as it is sent, made in the database transaction of the change; null: made when it is first sent */
  body: string | null;
  state: Generated<'waiting' | 'delivered' | 'failed'>;
  attempts: Generated<number>;
  /** not before; while it is being sent: when it is taken for lost */
  next_at: string;
  /** what the last attempt came to, e.g. `503`, `timeout` */
  last_answer: string | null;
  created_at: string;
  delivered_at: string | null;
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
  /** `distribution`, `channel`, `fee` */
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

/** preparing -> asked -> (awaiting_account ->) awaiting_funds -> paying -> sent -> completed, refunded; failed: before any money */
export type SendState =
  | 'preparing'
  | 'asked'
  | 'awaiting_account'
  | 'awaiting_funds'
  | 'paying'
  | 'sent'
  | 'completed'
  | 'refunded'
  | 'failed';

/** A payment that we send through another anchor (SEP-31, sending side). Its money moves as `transactions` of ours. */
export interface SendsTable {
  id: string;
  /** the caller's own: the same one is the same payment */
  idempotency_key: string;
  /** sha256 hex of what was asked for under that key */
  digest: string;
  state: SendState;
  version: Generated<number>;
  /** where the other anchor's stellar.toml is */
  home: string;
  asset_id: string;
  /** what the customer pays us; of that what is sent on, and our fee */
  amount_units: bigint;
  sent_units: bigint | null;
  fee_units: bigint | null;
  /** sealed JSON: the persons, the fields of the payment, options */
  request: string;
  /** SEP-12 ids that the other anchor gave */
  remote_sender: string | null;
  remote_receiver: string | null;
  /** JSON of the firm quote that the other anchor gave */
  quote: string | null;
  /** POST /transactions so far */
  posts: Generated<number>;
  remote_id: string | null;
  remote_status: string | null;
  /** JSON of the other anchor's last answer */
  remote: string | null;
  /** the customer's money in, the Stellar payment out */
  transaction_id: string | null;
  /** what the other anchor sends back in, and out to the customer */
  return_id: string | null;
  /** id */
  refund_memo: string | null;
  /** why it waits, for the operator */
  waiting: string | null;
  /** attempts that failed since the last that did not */
  failures: Generated<number>;
  not_before_at: string;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
}

export interface SendHistoryTable {
  id: Generated<number>;
  send_id: string;
  at: string;
  state: string;
  reason: string;
}

/** Firm quotes (SEP-38). Nothing of one ever changes, but that one transaction uses it. */
export interface QuotesTable {
  id: string;
  owner: Owned;
  /** `G…` or `C…` of the owner */
  account: string;
  context: 'sep6' | 'sep24' | 'sep31';
  /** SEP-38 ids */
  sell_asset: string;
  buy_asset: string;
  sell_units: bigint;
  buy_units: bigint;
  /** of the sell asset, and part of sell_units */
  fee_units: bigint;
  /** JSON: [{name, description?, amount}] */
  fee_details: string;
  /** as printed: sell units for one buy unit, without and with the fee */
  price: string;
  total_price: string;
  /** as asked for */
  sell_delivery_method: string | null;
  buy_delivery_method: string | null;
  country_code: string | null;
  expires_at: string;
  created_at: string;
  transaction_id: string | null;
  used_at: string | null;
}

/** One row per asset that is bought: locked while a quote of it is written, so that two cannot hold the same money. */
export interface QuoteBooksTable {
  asset: string;
  counter: Generated<number>;
}

/** A customer of SEP-12: one per account and memo (S12-10). What is known of one is sealed with `data_key`. */
export interface CustomersTable {
  id: string;
  /** account and memo in normal form, see `ownerFor` */
  owner: Owned;
  /** owner of the login that registered it: a sending anchor names its customers by id alone */
  registered_by: Owned;
  account: string;
  memo: string | null;
  memo_type: 'text' | 'id' | 'hash' | null;
  /** sealed; gone with the row, and with it whatever copies of the rest there are */
  data_key: string;
  lang: Generated<string>;
  last_type: string;
  /** counts what the customer sent */
  version: Generated<number>;
  callback_url: string | null;
  /** sealed JSON of the integrations (ctx.data) */
  data: string | null;
  created_at: string;
  updated_at: string;
}

export interface CustomerFilesTable {
  id: string;
  /** who uploaded it */
  owner: Owned;
  customer_id: string | null;
  /** whether a field of the customer is this file; others are dropped at expires_at */
  attached: Generated<Flag>;
  content_type: string;
  /** bytes */
  size: number;
  /** sealed: with the customer's key once attached */
  file_key: string;
  content: Uint8Array;
  expires_at: string | null;
  created_at: string;
}

export interface CustomerFieldsTable {
  customer_id: string;
  /** main name of SEP-9, or the anchor's own */
  name: string;
  /** sealed; null for files */
  value: string | null;
  file_id: string | null;
  state: 'given' | 'unconfirmed' | 'confirmed' | 'rejected';
  /** sealed: why it was rejected */
  error: string | null;
  /** sealed */
  code: string | null;
  code_expires_at: string | null;
  code_tries: Generated<number>;
  codes_sent: Generated<number>;
  code_sent_at: string | null;
  updated_at: string;
}

/** Where a customer stands, by type (S12-13). */
export interface CustomerStatusesTable {
  customer_id: string;
  type: string;
  status: 'ACCEPTED' | 'PROCESSING' | 'NEEDS_INFO' | 'REJECTED';
  /** sealed */
  message: string | null;
  /** JSON list of names: what this customer is asked for beyond the fields of the type */
  asked: string | null;
  /** version of the customer that was decided about */
  reviewed_version: number | null;
  /** when the integration is asked next */
  review_at: string | null;
  review_tries: Generated<number>;
  by_whom: string;
  updated_at: string;
}

/** Without personal data: kept when the customer is erased. */
export interface CustomerHistoryTable {
  id: Generated<number>;
  customer_id: string;
  at: string;
  type: string | null;
  from_status: string | null;
  to_status: string | null;
  by_whom: string;
  reason: string;
}

export interface Tables {
  assets: AssetsTable;
  transactions: TransactionsTable;
  transaction_history: TransactionHistoryTable;
  obligations: ObligationsTable;
  slots: SlotsTable;
  envelopes: EnvelopesTable;
  envelope_obligations: EnvelopeObligationsTable;
  envelope_signatures: EnvelopeSignaturesTable;
  signed_days: SignedDaysTable;
  incoming_payments: IncomingPaymentsTable;
  cursors: CursorsTable;
  bank_credits: BankCreditsTable;
  suspense_history: SuspenseHistoryTable;
  bank_returns: BankReturnsTable;
  bank_events: BankEventsTable;
  outbox: OutboxTable;
  interactive_sessions: InteractiveSessionsTable;
  used_challenges: UsedChallengesTable;
  leases: LeasesTable;
  job_runs: JobRunsTable;
  keys: KeysTable;
  facts: FactsTable;
  customers: CustomersTable;
  customer_files: CustomerFilesTable;
  customer_fields: CustomerFieldsTable;
  customer_statuses: CustomerStatusesTable;
  customer_history: CustomerHistoryTable;
  quotes: QuotesTable;
  quote_books: QuoteBooksTable;
  sends: SendsTable;
  send_history: SendHistoryTable;
}

/** Columns that are `bigint` in JavaScript on every database; every other integer is a number. */
export const isBigintColumn = (name: string): boolean =>
  name.endsWith('_units') || name === 'sequence' || name === 'expires_ms';
