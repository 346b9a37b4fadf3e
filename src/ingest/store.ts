import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { creditWithdrawal, creditWrongAmount } from '../transfers/credit.ts';
import type { DeliveryPlan, Taken, Unreadable } from './plan.ts';

export const BY = 'job:watch-payments';

export interface Stored {
  matched: number;
  suspended: number;
}

/** One delivery in its bucket, once by the operation's id, with what it means for its withdrawal. @throws TRANSACTION_MOVED */
export async function storeDelivery(
  ctx: AnchorContext,
  trx: Queries,
  plan: DeliveryPlan,
  stored: Stored,
): Promise<void> {
  const { delivery } = plan;
  const transactionId = plan.bucket === 'matched' ? plan.row.id : null;
  const inserted = await trx
    .insertInto('incoming_payments')
    .values({
      operation_id: plan.id,
      account: delivery.account,
      transaction_hash: delivery.transactionHash,
      from_account: delivery.from,
      asset: delivery.asset,
      amount_units: delivery.amount,
      memo: delivery.memo?.value ?? null,
      memo_type: delivery.memo?.type ?? null,
      muxed_id: delivery.muxedId,
      type: delivery.type,
      ledger: delivery.ledger,
      bucket: plan.bucket,
      reason: plan.bucket === 'matched' ? null : plan.reason,
      transaction_id: plan.bucket === 'suspense' ? plan.transactionId : transactionId,
      refund_to: delivery.sender === delivery.from ? null : delivery.sender,
      paid_at: delivery.createdAt,
      created_at: isoTime(ctx.clock.now()),
    })
    .onConflict((conflict) => conflict.column('operation_id').doNothing())
    .returning('operation_id')
    .executeTakeFirst();
  if (inserted === undefined) return;
  if (plan.bucket === 'suspense') {
    stored.suspended += 1;
    ctx.log.warn('payment_in_suspense', { operation: plan.id, reason: plan.reason });
    return;
  }
  if (plan.bucket !== 'matched') return;
  const credit = { amountUnits: delivery.amount, by: BY, from: delivery.from };
  const hash = delivery.transactionHash;
  if ('ends' in plan) {
    const set = { stellar_transaction_id: hash };
    await creditWrongAmount(ctx, trx, plan.row, { ...credit, status: plan.ends, set });
    ctx.log.warn('payment_of_wrong_amount', { operation: plan.id, transaction: plan.row.id });
  } else await creditWithdrawal(ctx, trx, plan.row, { ...credit, fee: plan.fee, hash });
  stored.matched += 1;
}

/** An operation that cannot be understood: kept in suspense, without an amount. */
export async function storeUnreadable(
  ctx: AnchorContext,
  trx: Queries,
  account: string,
  { operation }: Unreadable,
  stored: Stored,
): Promise<void> {
  const { transaction } = operation;
  await trx
    .insertInto('incoming_payments')
    .values({
      operation_id: operation.id,
      account,
      transaction_hash: transaction.hash,
      from_account: operation.sourceAccount,
      asset: 'unknown',
      amount_units: 0n,
      memo: transaction.memo,
      memo_type: transaction.memoType === 'none' ? null : transaction.memoType,
      muxed_id: null,
      type: operation.type,
      ledger: transaction.ledger,
      bucket: 'suspense',
      reason: 'unreadable',
      transaction_id: null,
      paid_at: operation.createdAt,
      created_at: isoTime(ctx.clock.now()),
    })
    .onConflict((conflict) => conflict.column('operation_id').doNothing())
    .execute();
  stored.suspended += 1;
}

/** The issuer took money back out of our account: for the record, and said aloud. */
export async function storeTaken(
  ctx: AnchorContext,
  trx: Queries,
  account: string,
  { operation, asset, amount }: Taken,
): Promise<void> {
  const { transaction } = operation;
  const inserted = await trx
    .insertInto('incoming_payments')
    .values({
      operation_id: operation.id,
      account,
      transaction_hash: transaction.hash,
      from_account: operation.sourceAccount,
      asset,
      amount_units: amount,
      memo: null,
      memo_type: null,
      muxed_id: null,
      type: operation.type,
      ledger: transaction.ledger,
      bucket: 'internal',
      reason: 'clawed back by the issuer',
      transaction_id: null,
      paid_at: operation.createdAt,
      created_at: isoTime(ctx.clock.now()),
    })
    .onConflict((conflict) => conflict.column('operation_id').doNothing())
    .returning('operation_id')
    .executeTakeFirst();
  if (inserted !== undefined) ctx.log.error('clawed_back', { account, operation: operation.id, asset });
}
