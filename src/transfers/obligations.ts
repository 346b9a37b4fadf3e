import { createHash } from 'node:crypto';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { assert } from '../kernel/errors.ts';
import { isUuid } from '../kernel/ids.ts';
import type { AnchorContext } from './context.ts';
import type { ObligationRow, TransactionRow } from './rows.ts';

export interface NewObligation {
  leg: ObligationRow['leg'];
  purpose: ObligationRow['purpose'];
  ordinal?: number;
  /** what is paid where that is not the transaction's asset, e.g. iso4217:BRL; null: it is */
  assetKey?: string | null;
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
  ctx: Pick<AnchorContext, 'clock'>,
  trx: Queries,
  row: Pick<TransactionRow, 'id' | 'asset_id'>,
  owed: NewObligation,
): Promise<ObligationRow> {
  const place = { transaction_id: row.id, asset_id: row.asset_id, asset_key: owed.assetKey ?? null };
  return insert(ctx, trx, place, owed);
}

/** The parent of a refund that belongs to no transaction. Its own `refunded_units` bounds it. */
export type RefundParent = { incoming_id: string } | { credit_id: string };

/**
 * The refund of money in suspense.
 *
 * @param asset whose distribution account pays, and what is paid where that is another asset, `native` or CODE:ISSUER
 */
export async function insertRefund(
  ctx: Pick<AnchorContext, 'clock'>,
  trx: Queries,
  parent: RefundParent,
  asset: { id: string; key: string | null },
  owed: Omit<NewObligation, 'purpose'>,
): Promise<ObligationRow> {
  const place = { ...parent, asset_id: asset.id, asset_key: asset.key };
  return insert(ctx, trx, place, { ...owed, purpose: 'refund' });
}

/**
 * An obligation's id follows from what it is, not from chance: it is the bank's key, and a database that was restored from a backup and
 * makes the same debt anew must come to the same one, so that the bank knows it (reliability R7, F18).
 *
 * @returns a UUID of the free form (version 8)
 */
export function obligationId(
  parent: Partial<Pick<ObligationRow, 'transaction_id' | 'incoming_id' | 'credit_id'>>,
  leg: ObligationRow['leg'],
  purpose: ObligationRow['purpose'],
  ordinal: number,
): string {
  const { transaction_id, incoming_id, credit_id } = parent;
  const what = [transaction_id ?? null, incoming_id ?? null, credit_id ?? null, leg, purpose, ordinal];
  // as text throughout: buffers made by the thousand cost more than the hash
  const hex = createHash('sha256').update(JSON.stringify(what)).digest('hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3];
  // its transaction's beginning, which is its time: in the indexes it lies with those of the same time
  const time = isUuid(transaction_id)
    ? transaction_id.slice(0, 13).toLowerCase()
    : `${hex.slice(0, 8)}-${hex.slice(8, 12)}`;
  return `${time}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

type Place = { asset_id: string; asset_key?: string | null } & ({ transaction_id: string } | RefundParent);

async function insert(
  ctx: Pick<AnchorContext, 'clock'>,
  trx: Queries,
  place: Place,
  owed: NewObligation,
): Promise<ObligationRow> {
  assert(owed.amountUnits > 0n, 'an obligation of nothing');
  const at = isoTime(ctx.clock.now());
  return trx
    .insertInto('obligations')
    .values({
      id: obligationId(place, owed.leg, owed.purpose, owed.ordinal ?? 0),
      ...place,
      leg: owed.leg,
      purpose: owed.purpose,
      ordinal: owed.ordinal ?? 0,
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
