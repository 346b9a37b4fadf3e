import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import type { CreditRow, IncomingRow, ObligationRow } from './rows.ts';
import { changeObligation } from './settle.ts';

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

/** What is decided; someone else may have decided meanwhile. */
type Change =
  | { held_at: string | null }
  | { bucket: 'matched'; transaction_id: string }
  | { bucket: 'internal' }
  | { refunded_units: bigint };

type Columns = Partial<{
  held_at: string | null;
  bucket: 'matched' | 'internal';
  transaction_id: string;
  refunded_units: bigint;
  reason: string | null;
}>;

type Note = Decision & { action: 'match' | 'refund' | 'hold' | 'release' | 'keep' };

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
  note: Note,
): Promise<void> {
  const ended = { held_at: null, reason: 'transaction_id' in change ? null : note.reason };
  await write(trx, item, 0n, 'bucket' in change ? { ...change, ...ended } : change);
  await writeHistory(ctx, trx, item, note);
}

/** @throws SUSPENSE_MOVED */
async function write(trx: Queries, item: SuspenseItem, refunded: bigint, set: Columns): Promise<void> {
  const id = suspenseId(item);
  const changed =
    item.kind === 'payment'
      ? await trx
          .updateTable('incoming_payments')
          .set(set)
          .where('operation_id', '=', id)
          .where('bucket', '=', 'suspense')
          .where('refunded_units', '=', refunded)
          .executeTakeFirst()
      : await trx
          .updateTable('bank_credits')
          .set({ ...set, bucket: 'matched' === set.bucket ? set.bucket : undefined })
          .where('id', '=', id)
          .where('bucket', '=', 'suspense')
          .where('refunded_units', '=', refunded)
          .executeTakeFirst();
  if (changed.numUpdatedRows !== 1n) throw suspenseMoved(id);
}

async function writeHistory(
  ctx: Pick<AnchorContext, 'clock'>,
  trx: Queries,
  item: SuspenseItem,
  note: Note,
): Promise<void> {
  const id = suspenseId(item);
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

/** Who has settled its refund, and why. */
export const noteRefund = (
  ctx: Pick<AnchorContext, 'clock' | 'db'>,
  item: SuspenseItem,
  how: Decision,
): Promise<void> => writeHistory(ctx, ctx.db.read, item, { ...how, action: 'refund' });

const suspenseMoved = (id: string): AnchorError =>
  new AnchorError({
    code: 'SUSPENSE_MOVED',
    message: `${id} is not in suspense any more: it was matched or sent back.`,
    hint: `See: anchor suspense show ${id}`,
    httpStatus: 409,
  });

export const isSuspenseMoved = (error: unknown): boolean =>
  AnchorError.is(error) && error.code === 'SUSPENSE_MOVED';

/** Refunds of money in suspense that are neither paid nor called off. */
export function openRefunds(db: Queries, item: SuspenseItem): Promise<ObligationRow[]> {
  return db
    .selectFrom('obligations')
    .selectAll()
    .where(item.kind === 'payment' ? 'incoming_id' : 'credit_id', '=', suspenseId(item))
    .where('state', 'not in', ['paid', 'cancelled'])
    .execute();
}

/** States of a refund in which nothing of it is on its way. */
const CALLABLE = ['owed', 'waiting', 'held'];

/**
 * Keeps money back from its asset's policy, until an operator decides; a refund that is owed and not under way is called off.
 *
 * @throws SUSPENSE_MOVED, OBLIGATION_MOVED; HOLD_TOO_LATE (409)
 */
export async function holdSuspense(ctx: AnchorContext, item: SuspenseItem, how: Decision): Promise<void> {
  const held_at = isoTime(ctx.clock.now());
  await ctx.db.write(async (trx) => {
    if (item.row.refunded_units === 0n) {
      await decide(ctx, trx, item, { held_at }, { ...how, action: 'hold' });
      return;
    }
    const [refund] = await openRefunds(trx, item);
    const unclear = refund?.leg === 'rails' && refund.state === 'held';
    if (refund === undefined || unclear || !CALLABLE.includes(refund.state)) {
      throw new AnchorError({
        code: 'HOLD_TOO_LATE',
        message: `The refund of ${suspenseId(item)} is ${refund === undefined ? 'paid' : refund.state}: it cannot be called off.`,
        httpStatus: 409,
      });
    }
    await changeObligation(ctx, trx, refund, {
      state: 'cancelled',
      attempts: refund.attempts + 1,
      waiting_code: null,
      waiting_text: null,
      not_before_at: null,
    });
    await write(trx, item, item.row.refunded_units, { refunded_units: 0n, held_at });
    await writeHistory(ctx, trx, item, { ...how, action: 'hold' });
  });
}

/**
 * Leaves money to its asset's policy again; a refund on Stellar that the engine has held goes again.
 *
 * @throws SUSPENSE_MOVED, OBLIGATION_MOVED; RELEASE_NOTHING (409)
 */
export async function releaseSuspense(ctx: AnchorContext, item: SuspenseItem, how: Decision): Promise<void> {
  await ctx.db.write(async (trx) => {
    if (item.row.refunded_units === 0n && item.row.held_at !== null) {
      await decide(ctx, trx, item, { held_at: null }, { ...how, action: 'release' });
      return;
    }
    const [refund] = await openRefunds(trx, item);
    if (refund?.state !== 'held' || refund.leg !== 'stellar') {
      throw new AnchorError({
        code: 'RELEASE_NOTHING',
        message: `${suspenseId(item)} is not held.`,
        httpStatus: 409,
      });
    }
    const again = { waiting_code: null, waiting_text: null, not_before_at: null, held_for: null };
    await changeObligation(ctx, trx, refund, { state: 'owed', attempts: refund.attempts + 1, ...again });
    await writeHistory(ctx, trx, item, { ...how, action: 'release' });
  });
}

/** Books a payment in suspense as the anchor's own, e.g. XLM for fees. @throws SUSPENSE_MOVED */
export async function keepPayment(
  ctx: AnchorContext,
  item: Extract<SuspenseItem, { kind: 'payment' }>,
  how: Decision,
): Promise<void> {
  await ctx.db.write((trx) => decide(ctx, trx, item, { bucket: 'internal' }, { ...how, action: 'keep' }));
}
