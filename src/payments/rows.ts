import type { Selectable } from 'kysely';
import type { EnvelopesTable, SlotsTable } from '../database/schema.ts';
import type { AssetRow, ObligationRow, TransactionRow } from '../transfers/rows.ts';

export type SlotRow = Selectable<SlotsTable>;
export type EnvelopeRow = Selectable<EnvelopesTable>;

/** A payment owed on Stellar with all that decides how it is made. */
export interface Owed {
  obligation: ObligationRow;
  /** null: the refund of a payment that belongs to none */
  transaction: Pick<TransactionRow, 'id' | 'claimable_balance_supported'> | null;
  /** what is paid */
  asset: AssetRow;
}

/** Why a payment has to wait, for `anchor tx show`, and what the wallet is told. */
export interface Wait {
  code: 'trustline' | 'account' | 'funds' | 'network' | 'operator' | 'signatures';
  text: string;
  /** the user has to do something: the deposit goes to pending_trust (S24-M09) */
  user: boolean;
  /** milliseconds to wait at least before it is tried again */
  pauseMs?: number;
}
