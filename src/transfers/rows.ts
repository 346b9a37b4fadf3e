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
