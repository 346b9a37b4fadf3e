import type { Queries } from '../database/port.ts';
import { formatAmount } from '../kernel/amounts.ts';
import { isoTime } from '../kernel/clock.ts';
import { assert } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import { moveTransaction, transactionMoved } from './move.ts';
import { insertObligation, insertRefund } from './obligations.ts';
import { owedBack, payingAsset, refused, toPayer, toSender } from './refund-terms.ts';
import type { CreditRow, IncomingRow, ObligationRow, TransactionRow } from './rows.ts';
import { changeObligation, transactionOf } from './settle.ts';
import { type Decision, decide, type SuspenseItem, suspenseId } from './suspense.ts';

/**
 * Sends a payment in suspense back to its sender: its total and the obligation in one database transaction. Where it came for a
 * transaction that has expired, that is what is refunded, so that the wallet sees it (S24-62, S24-65).
 *
 * @throws SUSPENSE_MOVED, TRANSACTION_MOVED; REFUND_NOTHING, REFUND_SENDER_UNKNOWN, REFUND_NO_ASSET (409)
 */
export async function refundPayment(
  ctx: AnchorContext,
  trx: Queries,
  row: IncomingRow,
  how: Decision,
): Promise<void> {
  if (row.amount_units <= 0n) {
    throw refused('REFUND_NOTHING', `Nothing readable came in with ${row.operation_id}.`);
  }
  const asset = await payingAsset(trx, row);
  const transaction = row.transaction_id === null ? null : await transactionOf(trx, row.transaction_id);
  const owed = await toSender(trx, row, transaction);
  const note = { ...how, action: 'refund' } as const;
  const item = { kind: 'payment', row } as const;
  const late = transaction?.status === 'expired' && transaction.received_units === 0n;
  if (late && asset.id === transaction.asset_id && asset.key === null) {
    await decide(ctx, trx, item, { bucket: 'matched', transaction_id: transaction.id }, note);
    const source = { from_address: row.from_account, stellar_transaction_id: row.transaction_hash };
    const moved = await bookLate(ctx, trx, transaction, row.amount_units, { ...how, set: source });
    await insertObligation(ctx, trx, moved, { ...owed, purpose: 'refund' });
    return;
  }
  await decide(ctx, trx, item, { refunded_units: row.amount_units }, note);
  const parent = { incoming_id: row.operation_id };
  await insertRefund(ctx, trx, parent, asset, { ...owed, ordinal: await nextOrdinal(trx, item) });
}

/**
 * Sends a bank credit in suspense back to its payer: an obligation of the rails, carried out by them.
 *
 * @param assetId whose money it is where it came for no transaction
 * @throws SUSPENSE_MOVED, TRANSACTION_MOVED; REFUND_NOTHING, REFUND_NO_ASSET (409)
 */
export async function refundCredit(
  ctx: AnchorContext,
  trx: Queries,
  row: CreditRow,
  how: Decision & { assetId?: string | undefined },
): Promise<void> {
  const { assetId, ...decision } = how;
  if (row.amount_units <= 0n) throw refused('REFUND_NOTHING', `Nothing readable came in with ${row.id}.`);
  const transaction = row.transaction_id === null ? null : await transactionOf(trx, row.transaction_id);
  const id = transaction?.asset_id ?? assetId;
  if (id === undefined) {
    throw refused('REFUND_NO_ASSET', `Nothing says for which asset ${row.id} came.`, 'Say it: --asset CODE');
  }
  const owed = toPayer(row.amount_units);
  const note = { ...decision, action: 'refund' } as const;
  const item = { kind: 'credit', row } as const;
  if (transaction?.status === 'expired' && transaction.received_units === 0n) {
    await decide(ctx, trx, item, { bucket: 'matched', transaction_id: transaction.id }, note);
    const source = { from_address: row.payer, external_transaction_id: row.id };
    const moved = await bookLate(ctx, trx, transaction, row.amount_units, { ...decision, set: source });
    await insertObligation(ctx, trx, moved, { ...owed, purpose: 'refund' });
    return;
  }
  await decide(ctx, trx, item, { refunded_units: row.amount_units }, note);
  const ordinal = await nextOrdinal(trx, item);
  await insertRefund(ctx, trx, { credit_id: row.id }, { id, key: null }, { ...owed, ordinal });
}

/** One more than those that were called off. The parent's total, locked by the change of it, is what keeps two from being owed. */
async function nextOrdinal(trx: Queries, item: SuspenseItem): Promise<number> {
  const { count } = await trx
    .selectFrom('obligations')
    .select(({ fn }) => fn.countAll().as('count'))
    .where(item.kind === 'payment' ? 'incoming_id' : 'credit_id', '=', suspenseId(item))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Totals of a transaction whose whole money goes back: nothing is paid out, and no fee is kept (S24-58, S24-62). */
const allBack = (units: bigint) => ({
  amount_in_units: units,
  amount_out_units: 0n,
  amount_fee_units: 0n,
  fee_details: '[]',
  received_units: units,
  refunded_units: units,
  paid_units: 0n,
  fee_units: 0n,
});

const bookLate = (
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  units: bigint,
  { by, reason, set }: Decision & { set: object },
): Promise<TransactionRow> =>
  moveTransaction(ctx, trx, row, {
    to: 'pending_anchor',
    by,
    reason: `the money came too late and goes back: ${reason}`,
    set: { ...allBack(units), ...set },
  });

/** States of a delivery in which nothing is on its way: it can still be called off. */
const CALLABLE = ['owed', 'waiting', 'held'];

/**
 * Sends back all that came in for a transaction, fee included, in place of paying it out. What was owed is called off first, by
 * compare-and-set: where it is on its way, or was made, there is no refund.
 *
 * @param how.notPaid the operator has made sure that the bank did not make the payout that it left unclear
 * A completed withdrawal whose payout the bank brought back stays `completed`, which is final (S24-65); its debt goes back all the same.
 *
 * @throws TRANSACTION_MOVED, OBLIGATION_MOVED; REFUND_NOTHING, REFUND_TOO_LATE, PAYOUT_UNCLEAR (409)
 */
export async function refundTransaction(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  how: Decision & { notPaid?: boolean },
): Promise<TransactionRow> {
  if (row.received_units === 0n) throw refused('REFUND_NOTHING', `No money came in for ${row.id}.`);
  if (row.refunded_units > 0n) throw refused('REFUND_TOO_LATE', `${row.id} is refunded already.`);
  if (row.status === 'completed') return refundReturned(ctx, trx, row, how);
  await callOff(ctx, trx, row, how.notPaid === true);
  const moved = await toRefund(ctx, trx, row, how);
  await insertObligation(ctx, trx, moved, { ...(await owedBack(trx, moved)), purpose: 'refund' });
  return moved;
}

/** The payout came back after the end: it is called off, and the money goes to who sent it. @throws REFUND_TOO_LATE, PAYOUT_UNCLEAR */
async function refundReturned(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  { by, reason, notPaid }: Decision & { notPaid?: boolean },
): Promise<TransactionRow> {
  const payout = await trx
    .selectFrom('obligations')
    .selectAll()
    .where('transaction_id', '=', row.id)
    .where('leg', '=', 'rails')
    .where('state', '=', 'held')
    .where('held_for', '=', 'returned')
    .executeTakeFirst();
  if (payout === undefined) {
    throw refused('REFUND_TOO_LATE', `${row.id} is completed: what it owed was paid.`);
  }
  await callOff(ctx, trx, row, notPaid === true);
  const at = isoTime(ctx.clock.now());
  const note = { from_status: row.status, to_status: row.status, by_whom: by };
  const why = `the bank brought its payout back; it is refunded: ${reason}`;
  await trx
    .insertInto('transaction_history')
    .values({ transaction_id: row.id, at, ...note, reason: why })
    .execute();
  await trx
    .updateTable('bank_returns')
    .set({ resolved_at: at, resolution: `${by}: ${reason}` })
    .where('obligation_id', '=', payout.id)
    .where('resolved_at', 'is', null)
    .execute();
  const changed = await trx
    .updateTable('transactions')
    .set({ paid_units: 0n, fee_units: 0n, refunded_units: row.received_units, version: row.version + 1 })
    .where('id', '=', row.id)
    .where('version', '=', row.version)
    .returningAll()
    .executeTakeFirst();
  if (changed === undefined) throw transactionMoved(row.id);
  await insertObligation(ctx, trx, changed, { ...(await owedBack(trx, changed)), purpose: 'refund' });
  return changed;
}

/** Into a status that refunds are paid in, with the totals of one and a line in the history. */
async function toRefund(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  { by, reason }: Decision,
): Promise<TransactionRow> {
  const set = { ...allBack(row.received_units), message: null };
  const why = `it is refunded: ${reason}`;
  if (row.status === 'too_small' || row.status === 'too_large') {
    return moveTransaction(ctx, trx, row, { to: row.status, by, reason: why, set });
  }
  const held =
    row.status === 'pending_anchor'
      ? await moveTransaction(ctx, trx, row, { to: 'on_hold', by, reason: 'its payment is called off' })
      : row;
  return moveTransaction(ctx, trx, held, { to: 'pending_anchor', by, reason: why, set });
}

async function callOff(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  notPaid: boolean,
): Promise<void> {
  const owed = await trx
    .selectFrom('obligations')
    .selectAll()
    .where('transaction_id', '=', row.id)
    .where('state', '<>', 'cancelled')
    .execute();
  for (const one of owed) {
    if (!CALLABLE.includes(one.state)) {
      throw refused(
        'REFUND_TOO_LATE',
        `The ${one.purpose === 'deliver' ? 'payment' : 'refund'} of ${row.id} is ${one.state}: it cannot be called off.`,
        `See: anchor tx show ${row.id}`,
      );
    }
    if (one.leg === 'rails' && one.state === 'held' && !notPaid) {
      throw refused(
        'PAYOUT_UNCLEAR',
        `The payout of ${row.id} is held: ${one.waiting_text ?? 'its outcome is unclear'}`,
        'Make sure at the bank that it did not pay and never will, then repeat with --not-paid.',
      );
    }
    await changeObligation(ctx, trx, one, {
      state: 'cancelled',
      attempts: one.attempts + 1,
      waiting_code: null,
      waiting_text: null,
      not_before_at: null,
    });
  }
}

/**
 * A refund was paid: the transaction whose whole money has gone back is `refunded` (S24-62, S24-M13). Call it in the database transaction
 * that marks the obligation paid.
 *
 * @returns the transaction where it ended with this
 * @throws TRANSACTION_MOVED
 */
export async function refundPaid(
  ctx: AnchorContext,
  trx: Queries,
  paid: ObligationRow,
  by: string,
): Promise<TransactionRow | null> {
  assert(paid.purpose === 'refund', 'a delivery is no refund');
  if (paid.transaction_id === null) return null;
  const row = await transactionOf(trx, paid.transaction_id);
  const open = await trx
    .selectFrom('obligations')
    .select('id')
    .where('transaction_id', '=', row.id)
    .where('state', 'not in', ['paid', 'cancelled'])
    .executeTakeFirst();
  // one that was completed before stays so
  const ended = row.status === 'refunded' || row.status === 'completed';
  if (open !== undefined || row.refunded_units !== row.received_units || ended) return null;
  const reason = `${formatAmount(row.refunded_units)} went back`;
  return moveTransaction(ctx, trx, row, { to: 'refunded', by, reason });
}
