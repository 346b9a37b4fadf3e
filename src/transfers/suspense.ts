import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import type { CreditRow, IncomingRow } from './rows.ts';

/** Money that belongs to no transaction: a Stellar payment to us, or a bank credit. */
export type SuspenseItem = { kind: 'payment'; row: IncomingRow } | { kind: 'credit'; row: CreditRow };

/** A decision about money: who took it and why, for the record. */
export interface Decision {
  /** `job:NAME`, `operator:NAME` */
  by: string;
  /** plain words without personal data */
  reason: string;
}

export const suspenseId = (item: SuspenseItem): string =>
  item.kind === 'payment' ? item.row.operation_id : item.row.id;

/** Whether nothing was decided yet: neither matched nor sent back. */
export const isUndecided = ({ row }: SuspenseItem): boolean =>
  row.bucket === 'suspense' && row.refunded_units === 0n;

/** What the changes below compare with: someone else may have decided meanwhile. */
type Change =
  | { held_at: string | null }
  | { bucket: 'matched'; transaction_id: string }
  | { refunded_units: bigint };

/**
 * Changes money in suspense by compare-and-set, with its history row.
 *
 * @throws SUSPENSE_MOVED it was matched or sent back already
 */
export async function decide(
  ctx: Pick<AnchorContext, 'clock'>,
  trx: Queries,
  item: SuspenseItem,
  change: Change,
  note: Decision & { action: 'match' | 'refund' | 'hold' | 'release' },
): Promise<void> {
  const id = suspenseId(item);
  const undone = 'bucket' in change ? { ...change, reason: null, held_at: null } : change;
  const changed =
    item.kind === 'payment'
      ? await trx
          .updateTable('incoming_payments')
          .set(undone)
          .where('operation_id', '=', id)
          .where('bucket', '=', 'suspense')
          .where('refunded_units', '=', 0n)
          .executeTakeFirst()
      : await trx
          .updateTable('bank_credits')
          .set(undone)
          .where('id', '=', id)
          .where('bucket', '=', 'suspense')
          .where('refunded_units', '=', 0n)
          .executeTakeFirst();
  if (changed.numUpdatedRows !== 1n) throw suspenseMoved(id);
  await trx
    .insertInto('suspense_history')
    .values({
      incoming_id: item.kind === 'payment' ? id : null,
      credit_id: item.kind === 'credit' ? id : null,
      at: isoTime(ctx.clock.now()),
      action: note.action,
      by_whom: note.by,
      reason: note.reason,
    })
    .execute();
}

const suspenseMoved = (id: string): AnchorError =>
  new AnchorError({
    code: 'SUSPENSE_MOVED',
    message: `${id} is not in suspense any more: it was matched or sent back.`,
    hint: `See: anchor suspense show ${id}`,
    httpStatus: 409,
  });

export const isSuspenseMoved = (error: unknown): boolean =>
  AnchorError.is(error) && error.code === 'SUSPENSE_MOVED';

/** Keeps money back from its asset's policy, until an operator decides. @throws SUSPENSE_MOVED */
export async function holdSuspense(ctx: AnchorContext, item: SuspenseItem, how: Decision): Promise<void> {
  const held_at = isoTime(ctx.clock.now());
  await ctx.db.write((trx) => decide(ctx, trx, item, { held_at }, { ...how, action: 'hold' }));
}

/** Leaves money to its asset's policy again. @throws SUSPENSE_MOVED */
export async function releaseSuspense(ctx: AnchorContext, item: SuspenseItem, how: Decision): Promise<void> {
  await ctx.db.write((trx) => decide(ctx, trx, item, { held_at: null }, { ...how, action: 'release' }));
}
