import type { Selectable, Updateable } from 'kysely';
import type {
  AssetsTable,
  BankCreditsTable,
  IncomingPaymentsTable,
  ObligationsTable,
  TransactionsTable,
} from '../database/schema.ts';

export type TransactionRow = Selectable<TransactionsTable>;
export type TransactionUpdate = Updateable<TransactionsTable>;
export type AssetRow = Selectable<AssetsTable>;
export type ObligationRow = Selectable<ObligationsTable>;
export type IncomingRow = Selectable<IncomingPaymentsTable>;
export type CreditRow = Selectable<BankCreditsTable>;
export type Kind = TransactionRow['kind'];

/** What decides about money for a transaction and books it: a row has three times as many columns, and hundreds are read at once. */
export const FUNDED_COLUMNS = [
  'id',
  'sep',
  'kind',
  'status',
  'version',
  'asset_id',
  'owner',
  'client_domain',
  'on_change_callback',
  'memo',
  'memo_type',
  'started_at',
  'asked_at',
  'funding_method',
  'amount_expected_units',
  'amount_in_asset',
  'amount_out_asset',
  'amount_out_units',
  'amount_fee_units',
  'fee_details',
  'received_units',
  'quote_id',
  'quote_expires_at',
  'offchain_asset',
] as const satisfies readonly (keyof TransactionRow)[];

export type FundedRow = Pick<TransactionRow, (typeof FUNDED_COLUMNS)[number]>;
