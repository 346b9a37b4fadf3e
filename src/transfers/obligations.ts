import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { assert } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import type { ObligationRow, TransactionRow } from './rows.ts';

export interface NewObligation {
  leg: ObligationRow['leg'];
  purpose: ObligationRow['purpose'];
  ordinal?: number;
  /** stroops */
  amountUnits: bigint;
  /** `G…` or `M…` for Stellar, null for rails */
  destination: string | null;
  memo: string | null;
  memoType: ObligationRow['memo_type'];
}

/**
 * Writes down what is owed, in the database transaction that makes it owed (reliability R1). The caller adds the amount to the
 * transaction's `paid_units` or `refunded_units` in the same database transaction: the CHECK on that row is what keeps everything
 * owed within what came in. UNIQUE(transaction, leg, purpose, ordinal) keeps it from being owed twice.
 */
export async function insertObligation(
  ctx: Pick<AnchorContext, 'clock' | 'ids'>,
  trx: Queries,
  row: TransactionRow,
  owed: NewObligation,
): Promise<ObligationRow> {
  assert(owed.amountUnits > 0n, 'an obligation of nothing');
  const at = isoTime(ctx.clock.now());
  return trx
    .insertInto('obligations')
    .values({
      id: ctx.ids.uuid(),
      transaction_id: row.id,
      leg: owed.leg,
      purpose: owed.purpose,
      ordinal: owed.ordinal ?? 0,
      asset_id: row.asset_id,
      amount_units: owed.amountUnits,
      destination: owed.destination,
      memo: owed.memo,
      memo_type: owed.memoType,
      state: 'owed',
      created_at: at,
      updated_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}
