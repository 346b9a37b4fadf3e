import type { Kysely } from 'kysely';
import type { Log } from '../kernel/log.ts';
import type { CustomersIntegration } from './customer-hooks.ts';
import type { ApprovalHook, FederationHook } from './optional-hooks.ts';

export type {
  CustomerContext,
  CustomerDecision,
  CustomerFieldDefinition,
  CustomerFile,
  CustomerStatusName,
  CustomersIntegration,
  CustomerView,
} from './customer-hooks.ts';

export type {
  ApprovalAnswer,
  ApprovalHook,
  ApprovalRequest,
  FederationHook,
  FederationRecord,
  FederationRequest,
} from './optional-hooks.ts';

/** What the anchor's own code may be given and may answer. All amounts are decimal text such as "98.99". */

/** JSON that the anchor keeps beside a transaction. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A transaction as hooks see it: a copy, changing it changes nothing. */
export interface TransactionView {
  readonly id: string;
  /** by which SEP the wallet asked for it */
  readonly sep: '6' | '24' | '31';
  readonly kind: 'deposit' | 'withdrawal';
  readonly status: string;
  /** code of the Stellar asset */
  readonly assetCode: string;
  readonly assetIssuer: string | null;
  /** the user's Stellar account: where a deposit goes, where a withdrawal comes from */
  readonly account: string;
  readonly amountIn: string | null;
  readonly amountOut: string | null;
  /** of `amountInAsset` */
  readonly amountFee: string | null;
  /** SEP-38 id of what comes in, e.g. iso4217:BRL, stellar:USDC:G… */
  readonly amountInAsset: string;
  /** SEP-38 id of what goes out */
  readonly amountOutAsset: string;
  /** the firm quote that was used */
  readonly quoteId: string | null;
  /** the text that the user gives the bank, so that its credit finds this transaction */
  readonly reference: string;
  /** SEP-6 and SEP-31: how the money comes in or goes out, e.g. `bank_account` */
  readonly fundingMethod: string | null;
  /** answers from the interactive forms and SEP-9 fields, by name */
  readonly fields: Readonly<Record<string, string>>;
  readonly lang: string;
  readonly startedAt: string;
}

export interface HookContext<Tables = unknown> {
  readonly network: 'sandbox' | 'testnet' | 'public';
  readonly hostUrl: string;
  readonly log: Log;
  /** aborted when the hook's time is up */
  readonly signal: AbortSignal;
  /** the project's own tables (its `migrations/`), on the anchor's database */
  readonly db: Kysely<Tables>;
}

export interface TransactionContext<Tables = unknown> extends HookContext<Tables> {
  /** JSON of the anchor's own, kept with this transaction */
  readonly data: { get(): Promise<Json>; set(value: Json): Promise<void> };
}

/** Money that arrived at the anchor's bank account. */
export interface BankCredit {
  /** the bank's own id of this credit: one credit is taken once */
  id: string;
  amount: string;
  /** the currency, `iso4217:USD` or `USD`: money of another one than the deposit waits for lies in suspense */
  asset?: string | null;
  /** what the payer wrote; matched against TransactionView.reference */
  reference?: string | null;
  /** who paid, as far as the bank tells; shown to the operator */
  from?: string | null;
  /** ISO 8601 */
  at?: string;
}

export interface PayoutOrder {
  /** our own key of this payout, the same on every attempt: give it to the bank as idempotency key */
  key: string;
  amount: string;
  /** SEP-38 id of what is paid out, e.g. iso4217:BRL */
  asset: string;
  transaction: TransactionView;
}

export type PayoutAnswer =
  /** the bank has it, or has paid it; `amount` where the bank tells it: another one than ordered is held for the operator */
  | { status: 'accepted' | 'completed'; externalId?: string; amount?: string }
  /** the bank will certainly never pay this key */
  | {
      status: 'rejected';
      reason: string;
      /** asks the wallet or sending anchor for these anew (SEP-6, SEP-31); the payout is then ordered again under another key */
      ask?: { message: string; fields: Record<string, FieldRequest> };
    };

export type PayoutLookup =
  | PayoutAnswer
  | { status: 'none' }
  | { status: 'returned'; reason: string; externalId?: string };

/** Money that came back to us, or was taken back from us, after the bank had booked it. One of `key` and `creditId` says which. */
export interface BankReturn {
  /** the bank's own id of the return: one return is taken once */
  id: string;
  /** our key of the payout or refund that came back */
  key?: string;
  /** the bank's id of the credit that was taken back */
  creditId?: string;
  amount?: string;
  reason: string;
  /** ISO 8601 */
  at?: string;
}

/** What the bank tells unasked: by its webhook, or through the notify functions. */
export type RailsEvent =
  | { type: 'deposit'; credit: BankCredit }
  | ({ type: 'payout'; key: string } & PayoutLookup)
  | { type: 'return'; return: BankReturn };

/** A delivery of the bank's webhook. */
export interface RailsWebhook {
  /** as it was signed */
  body: string;
  /** names in lower case */
  headers: Readonly<Record<string, string>>;
}

/** The bank. A throw, a timeout or a nonsense answer means that nobody knows, never that it failed. */
export interface RailsIntegration<Tables = unknown> {
  /**
   * seconds after the end of a call within which the bank may still take its order: only after them `none` from lookupPayout is
   * believed, and the order goes out again under the same key; default 60
   */
  settleSeconds?: number;
  /** seconds after which a call that has not answered counts as unknown, 1 to 60; default 60 */
  timeoutSeconds?: number;
  /** credits since `cursor` (null at first), oldest first; may repeat old ones. The cursor answered is handed in next time. */
  pollDeposits(
    request: { cursor: string | null; waiting: TransactionView[] },
    ctx: HookContext<Tables>,
  ): Promise<{ credits: BankCredit[]; cursor?: string | null }>;
  payout(order: PayoutOrder, ctx: TransactionContext<Tables>): Promise<PayoutAnswer>;
  /** what became of the payout with this key; without it an unclear payout waits for the operator */
  lookupPayout?(key: string, ctx: HookContext<Tables>): Promise<PayoutLookup>;
  /** news of payouts and refunds that were accepted and not yet completed; `transaction` is null for the refund of a credit without one */
  pollPayouts?(
    waiting: { key: string; externalId: string | null; transaction: TransactionView | null }[],
    ctx: HookContext<Tables>,
  ): Promise<({ key: string } & PayoutLookup)[]>;
  /** sends a bank credit back to its payer */
  refund?(
    order: { key: string; credit: BankCredit; amount: string },
    ctx: HookContext<Tables>,
  ): Promise<PayoutAnswer>;
  /** returns since `cursor` (null at first), oldest first; may repeat old ones */
  pollReturns?(
    request: { cursor: string | null },
    ctx: HookContext<Tables>,
  ): Promise<{ returns: BankReturn[]; cursor?: string | null }>;
  /** reads a delivery of the bank's webhook; [] for one that does not concern us. Default: the body is our own format */
  webhook?(delivery: RailsWebhook, ctx: HookContext<Tables>): RailsEvent[] | Promise<RailsEvent[]>;
  /**
   * checks a delivery that the bank signs in a way of its own, in place of our signature: the time at which it was signed, in Unix
   * seconds, or null when it is not the bank's
   */
  verifyWebhook?(
    delivery: RailsWebhook,
    ctx: HookContext<Tables>,
  ): { signedAt: number } | null | Promise<{ signedAt: number } | null>;
}

/** Added to the generated stellar.toml (SEP-1); generated keys win over these where both name one. */
export interface TomlAdditions {
  DOCUMENTATION?: Record<string, string>;
  PRINCIPALS?: Record<string, string>[];
  /** merged by code over the generated entries */
  CURRENCIES?: ({ code: string } & Record<string, Json>)[];
  VALIDATORS?: Record<string, string>[];
  [key: string]: Json | undefined;
}

export interface FeeRequest {
  operation: 'deposit' | 'withdrawal';
  assetCode: string;
  amount: string;
  type?: string | undefined;
}

export interface FlowIntegration<Tables = unknown> {
  /** ids of the forms (files in `forms/`) to show after the amount, in order; default: all that apply */
  forms?(transaction: TransactionView, ctx: TransactionContext<Tables>): string[] | Promise<string[]>;
  /** texts of the page: a heading and paragraphs */
  content?(
    request: { transaction: TransactionView; step: string },
    ctx: TransactionContext<Tables>,
  ): PageContent | Promise<PageContent>;
  /** https URL of the anchor's own interactive flow, used in place of our pages */
  interactiveUrl?(
    request: { transaction: TransactionView; token: string },
    ctx: TransactionContext<Tables>,
  ): string | null | Promise<string | null>;
  /** how to pay (deposit) or what happens next, shown on the status page in order */
  instructions?(
    transaction: TransactionView,
    ctx: TransactionContext<Tables>,
  ): Instruction[] | Promise<Instruction[]>;
  /** after the last form: last chance to refuse, per field name */
  afterForms?(
    transaction: TransactionView,
    ctx: TransactionContext<Tables>,
  ): undefined | { errors: Record<string, string> } | Promise<undefined | { errors: Record<string, string> }>;
  afterCompleted?(transaction: TransactionView, ctx: TransactionContext<Tables>): void | Promise<void>;
}

export interface PageContent {
  title?: string;
  guidance?: string[];
}

export interface Instruction {
  label: string;
  value: string;
  /** offered with a copy button */
  copy?: boolean;
}

/** A small bank for trying things out: see `fakeBank`. Its page and the wallets pay through this. */
export interface TestBank {
  /** pays money in, as a customer of the bank would; answers the bank's id of the credit */
  pay(input: { amount: string; reference: string; from?: string }): Promise<string>;
  statement(): Promise<
    {
      id: string;
      at: string;
      kind: 'credit' | 'payout';
      amount: string;
      reference: string;
      counterparty: string;
    }[]
  >;
  /** makes the next calls go wrong, until the function it answers is called: for `checkRails` */
  inject?(fault: BankFault): () => void;
}

/** `refused`: the call fails and does nothing; `lost`: it does its work, and the answer gets lost. */
export type BankFault = 'refused' | 'lost';

/** A field of a single payment between anchors, as `/sep31/info` describes it. What belongs to a person goes through SEP-12. */
export interface Sep31Field {
  description: string;
  /** default false */
  optional?: boolean;
  choices?: string[];
}

/** A payment that another anchor asks us to deliver, checked but not yet taken on. */
export interface Sep31Request {
  /** `G…` by which the sending anchor logged in */
  readonly sendingAnchor: string;
  readonly clientDomain: string | null;
  readonly assetCode: string;
  readonly assetIssuer: string | null;
  readonly amount: string;
  readonly fundingMethod: string | null;
  /** SEP-38 id such as iso4217:BRL */
  readonly destinationAsset: string | null;
  readonly quoteId: string | null;
  /** SEP-12 ids */
  readonly senderId: string | null;
  readonly receiverId: string | null;
  readonly fields: Readonly<Record<string, string>>;
  readonly lang: string;
}

export type Sep31Verdict =
  | undefined
  /** told to the sending anchor */
  | { error: string }
  /** a SEP-12 type whose customer has to tell more */
  | { customerInfoNeeded: string }
  /** names of fields of `info` that this payment lacks */
  | { transactionInfoNeeded: string[] };

/** Payments between anchors, receiving side (SEP-31). */
export interface Sep31Integration<Tables = unknown> {
  /** whether there is a contract with this sending anchor; beside `sep31.senders` in anchor.toml */
  sender?(
    request: { account: string; memo: string | null; clientDomain: string | null },
    ctx: HookContext<Tables>,
  ): boolean | Promise<boolean>;
  /** fields that every payment of this asset needs */
  info?(
    request: { assetCode: string; lang: string },
    ctx: HookContext<Tables>,
  ): { fields?: Record<string, Sep31Field> } | Promise<{ fields?: Record<string, Sep31Field> }>;
  /** the last word before a payment is taken on */
  review?(request: Sep31Request, ctx: HookContext<Tables>): Sep31Verdict | Promise<Sep31Verdict>;
  /** fields that were asked for anew, before the payout goes on with them */
  update?(
    request: { transaction: TransactionView; fields: Readonly<Record<string, string>> },
    ctx: TransactionContext<Tables>,
  ): undefined | { error: string } | Promise<undefined | { error: string }>;
}

/** A value that is asked of the wallet by name. */
export interface FieldRequest {
  /** for the user, in the language asked for */
  description: string;
  optional?: boolean;
  choices?: string[];
}

/** A way in which money comes in or goes out, as SEP-6's /info lists it. */
export interface FundingMethod {
  /** what the wallet passes with its request; what belongs to the customer is better asked by SEP-12 */
  fields?: Record<string, FieldRequest>;
}

export interface MethodsRequest {
  kind: 'deposit' | 'withdrawal';
  assetCode: string;
  assetIssuer: string | null;
  /** with another asset outside of Stellar than the one that backs the token */
  exchange: boolean;
  lang: string;
}

/** How to pay a deposit: by SEP-9 field, e.g. `organization.bank_account_number`. */
export type PaymentInstructions = Record<string, { value: string; description: string }>;

/** The anchor's word on a SEP-6 request: what to tell, or why it is refused. */
export interface Sep6Answer {
  /** seconds that it will take */
  eta?: number;
  /** told with the answer */
  message?: string;
  /** refuses, with this text for the user */
  refused?: string;
}

export interface Sep6Integration<Tables = unknown> {
  /** the ways in which money comes in or goes out, by name; default: `bank_account` */
  methods?(
    request: MethodsRequest,
    ctx: HookContext<Tables>,
  ): Record<string, FundingMethod> | Promise<Record<string, FundingMethod>>;
  /** how to pay a deposit; null as long as that is not known. Default: from `deposit.instructions`, as text */
  instructions?(
    transaction: TransactionView,
    ctx: TransactionContext<Tables>,
  ): PaymentInstructions | null | Promise<PaymentInstructions | null>;
  /** the last word on a request, before anything is kept; `transaction.id` is empty then */
  request?(
    transaction: TransactionView,
    ctx: HookContext<Tables>,
  ): Sep6Answer | undefined | Promise<Sep6Answer | undefined>;
  /** looks at what the wallet sends for fields that were asked anew (PATCH): faults by field name, or nothing */
  update?(
    request: { transaction: TransactionView; fields: Record<string, string> },
    ctx: TransactionContext<Tables>,
  ): undefined | { errors: Record<string, string> } | Promise<undefined | { errors: Record<string, string> }>;
}

/** What somebody wants a price for. Assets are SEP-38 ids such as iso4217:BRL or stellar:USDC:G…. */
export interface PriceRequest {
  /**
   * `indicative`: to be shown; `firm`: it is kept for whoever asked until the quote expires; `exchange`: money has come that is converted
   * now, without a quote
   */
  readonly kind: 'indicative' | 'firm' | 'exchange';
  readonly sellAsset: string;
  readonly buyAsset: string;
  /** one of the two is given */
  readonly sellAmount: string | null;
  readonly buyAmount: string | null;
  /** a name of `quotes.assets` in anchor.toml, where it was said */
  readonly sellDeliveryMethod: string | null;
  readonly buyDeliveryMethod: string | null;
  readonly countryCode: string | null;
  /** what the price is for; null: not said */
  readonly context: 'sep6' | 'sep24' | 'sep31' | null;
  /** who asks, as the login proved it: `G…` or `C…`, and the user within a shared account */
  readonly account: string | null;
  readonly memo: string | null;
}

/** What the exchange costs, in the sell asset and out of what is sold: terms that we compute, or the whole in `total`. */
export type PriceFee =
  | { fixed?: string /** percentage points */; percent?: string; minimum?: string }
  | { total: string; details?: { name: string; description?: string; amount: string }[] };

export interface PriceTerms {
  /** default: the fee of the Stellar asset of the pair, converted where it is not the one that is sold */
  fee?: PriceFee;
  /** ISO 8601: a firm quote expires then at the latest */
  expiresAt?: string;
}

/** The price includes the anchor's margin, and not the fee. */
export type PriceAnswer =
  /** units of the sell asset for one unit of the buy asset: `5.42`, at most 18 decimals */
  | ({ price: string } & PriceTerms)
  /** the other way round: units of the buy asset for one unit of the sell asset */
  | ({ rate: string } & PriceTerms)
  /** this request is not served; the text is told to whoever asks */
  | { refused: string }
  /** this pair is not offered */
  | null;

/** Prices (SEP-38), used by SEP-6, SEP-24 and SEP-31. */
export interface QuotesIntegration<Tables = unknown> {
  price(request: PriceRequest, ctx: HookContext<Tables>): PriceAnswer | Promise<PriceAnswer>;
  /**
   * how much of an asset can be sold to users at all; what firm quotes hold of it is taken off. Null, or no such function: no limit
   */
  liquidity?(asset: string, ctx: HookContext<Tables>): string | null | Promise<string | null>;
}

export interface Integrations<Tables = unknown> {
  customers?: CustomersIntegration<Tables>;
  rails?: RailsIntegration<Tables>;
  toml?: (ctx: HookContext<Tables>) => TomlAdditions | Promise<TomlAdditions>;
  /** the whole fee of a deposit or withdrawal, in the asset; default: the asset's fixed plus percentage fee */
  fee?: (request: FeeRequest, ctx: HookContext<Tables>) => string | Promise<string>;
  deposit?: FlowIntegration<Tables>;
  withdrawal?: FlowIntegration<Tables>;
  /** deposits and withdrawals without pages (SEP-6) */
  sep6?: Sep6Integration<Tables>;
  sep31?: Sep31Integration<Tables>;
  quotes?: QuotesIntegration<Tables>;
  /** names of this anchor (SEP-2), where `federation.enabled` is set */
  federation?: FederationHook<Tables>;
  /** decides about transactions with regulated assets (SEP-8), where `regulated.assets` names some */
  approval?: ApprovalHook<Tables>;
  /** when given, its page is served at `/bank` on sandbox and testnet */
  testBank?: TestBank;
}

/** Names every hook so that an editor completes it. `Tables` types the project's own tables in `ctx.db`. */
export function defineIntegrations<Tables = unknown>(
  integrations: Integrations<Tables>,
): Integrations<Tables> {
  return integrations;
}

export interface FormField {
  /** SEP-9 name (`first_name`, `email_address`, `bank_account_number`) or the anchor's own */
  name: string;
  label: string;
  kind?: 'text' | 'email' | 'tel' | 'number' | 'date' | 'select' | 'checkbox' | 'textarea';
  /** default true */
  required?: boolean;
  choices?: { value: string; label: string }[];
  help?: string;
  placeholder?: string;
  /** HTML autocomplete token */
  autocomplete?: string;
  minLength?: number;
  maxLength?: number;
  /** text of the fault, or nothing when the value is good */
  validate?(value: string): string | undefined | Promise<string | undefined>;
}

/** One step of the interactive flow: a file in `forms/`, its name is the form's id. */
export interface FormDefinition {
  title: string;
  guidance?: string;
  /** default both */
  kinds?: ('deposit' | 'withdrawal')[];
  fields: FormField[];
}

export function defineForm(form: FormDefinition): FormDefinition {
  return form;
}
