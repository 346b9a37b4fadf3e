import type { HookContext, Json, TransactionView } from './integrations.ts';
import type { FieldType } from './sep9.ts';

/** A field that customers give, where SEP-9 alone does not say enough. */
export interface CustomerFieldDefinition {
  /** default: as SEP-9 says, else `string` */
  type?: FieldType;
  /** for people: one text, or one by language (`{ en: '…', es: '…' }`); needed where SEP-9 does not know the field */
  description?: string | Readonly<Record<string, string>>;
  choices?: readonly string[];
  minLength?: number;
  maxLength?: number;
  /** a regular expression that the whole value must match */
  pattern?: string;
  /** the customer has to confirm the value with a code, which `sendCode` sends */
  verify?: boolean;
  /** text of the fault, or nothing when the value is good */
  validate?(value: string): string | undefined;
}

/** A customer as hooks see one: a copy, changing it changes nothing. */
export interface CustomerView {
  readonly id: string;
  /** `G…` or `C…` */
  readonly account: string;
  readonly memo: string | null;
  readonly memoType: 'text' | 'id' | 'hash' | null;
  /** what the customer wants to do: `sep6`, `sep31-sender`, … */
  readonly type: string;
  readonly status: CustomerStatusName;
  /** texts by SEP-9 name */
  readonly fields: Readonly<Record<string, string>>;
  /** names of the fields that are files: read one with `ctx.file(name)` */
  readonly files: readonly string[];
  readonly lang: string;
  readonly createdAt: string;
}

export type CustomerStatusName = 'ACCEPTED' | 'PROCESSING' | 'NEEDS_INFO' | 'REJECTED';

export interface CustomerFile {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface CustomerContext<Tables = unknown> extends HookContext<Tables> {
  /** the file of a field, decrypted; null where there is none */
  file(name: string): Promise<CustomerFile | null>;
  /** JSON of the anchor's own, kept with this customer (its id at the provider, for example); erased with the customer */
  readonly data: { get(): Promise<Json>; set(value: Json): Promise<void> };
}

/** What a check of a customer's information came to. `PROCESSING`: not known yet, ask again later. */
export interface CustomerDecision {
  status: CustomerStatusName;
  /** for the customer; needed with REJECTED */
  message?: string;
  /** faults by field name, for the customer: with NEEDS_INFO these fields must be sent anew */
  fields?: Record<string, string>;
}

/** Customers and what is asked of them (SEP-12). What is declared here is added to `[customers]` of anchor.toml. */
export interface CustomersIntegration<Tables = unknown> {
  /** fields by type of customer, in order; a name that ends in `?` is optional: `{ sep6: ['first_name', 'tax_id?'] }` */
  types?: Readonly<Record<string, readonly string[]>>;
  fields?: Readonly<Record<string, CustomerFieldDefinition>>;
  /**
   * Decides about a customer whose information is complete. Called again, ever more seldom, while it answers PROCESSING. A throw, a
   * timeout or a nonsense answer decides nothing. Default: on the sandbox everybody is accepted; elsewhere the operator decides.
   */
  review?(customer: CustomerView, ctx: CustomerContext<Tables>): CustomerDecision | Promise<CustomerDecision>;
  /** further fields that this transaction needs of its customer, written as in `types`; for example from an amount on */
  required?(
    request: { type: string; transaction: TransactionView },
    ctx: HookContext<Tables>,
  ): readonly string[] | Promise<readonly string[]>;
  /** sends the customer the code that confirms a field with `verify` */
  sendCode?(
    request: { customerId: string; field: string; value: string; code: string; lang: string },
    ctx: HookContext<Tables>,
  ): void | Promise<void>;
  /** after a customer was erased here: erase what others hold for us (the provider of the checks); `data` is that of the customer */
  erased?(request: { customerId: string; data: Json }, ctx: HookContext<Tables>): void | Promise<void>;
}
