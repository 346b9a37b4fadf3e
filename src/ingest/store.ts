import { insertRows, selectIn } from '../database/bulk.ts';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { creditWrongAmount } from '../transfers/credit.ts';
import { creditWithdrawals, type WithdrawalCredit } from '../transfers/credit-many.ts';
import { transactionMoved } from '../transfers/move.ts';
import type { FundedRow, TransactionRow } from '../transfers/rows.ts';
import type { DeliveryPlan, Taken, Unreadable } from './plan.ts';

export const BY = 'job:watch-payments';

export interface Stored {
  matched: number;
  suspended: number;
}

const COLUMNS = [
  'operation_id',
  'account',
  'transaction_hash',
  'from_account',
  'asset',
  'amount_units',
  'memo',
  'memo_type',
  'muxed_id',
  'type',
  'ledger',
  'bucket',
  'reason',
  'transaction_id',
  'refund_to',
  'paid_at',
  'created_at',
] as const;

/** The deliveries of a page, each in its bucket, with what they mean for their withdrawals. @throws TRANSACTION_MOVED */
export async function storeDeliveries(
  ctx: AnchorContext,
  trx: Queries,
  planned: readonly DeliveryPlan[],
  stored: Stored,
): Promise<void> {
  const plans = await withoutKnown(ctx, trx, planned);
  const created = isoTime(ctx.clock.now());
  await insertRows(
    ctx.db,
    trx,
    'incoming_payments',
    COLUMNS,
    plans.map((plan) => rowOf(plan, created)),
  );
  const credits: WithdrawalCredit[] = [];
  for (const plan of plans) {
    const { delivery } = plan;
    if (plan.bucket === 'suspense') {
      stored.suspended += 1;
      ctx.log.warn('payment_in_suspense', { operation: plan.id, reason: plan.reason });
    }
    if (plan.bucket !== 'matched') continue;
    stored.matched += 1;
    const credit = { amountUnits: delivery.amount, by: BY, from: delivery.from };
    const hash = delivery.transactionHash;
    if ('ends' in plan) {
      const set = { stellar_transaction_id: hash };
      const row = await wholeRow(trx, plan.row);
      await creditWrongAmount(ctx, trx, row, { ...credit, status: plan.ends, set });
      ctx.log.warn('payment_of_wrong_amount', { operation: plan.id, transaction: plan.row.id });
    } else credits.push({ ...credit, row: plan.row, fee: plan.fee, hash });
  }
  await creditWithdrawals(ctx, trx, credits);
}

/** What ends is told with all its columns. @throws TRANSACTION_MOVED where it is not as it was read any more */
async function wholeRow(trx: Queries, { id, version }: FundedRow): Promise<TransactionRow> {
  const row = await trx
    .selectFrom('transactions')
    .selectAll()
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  if (row === undefined) throw transactionMoved(id);
  return row;
}

/** What is stored already: the page was stored before, apart from its cursor. */
async function withoutKnown(
  { db }: Pick<AnchorContext, 'db'>,
  trx: Queries,
  plans: readonly DeliveryPlan[],
): Promise<readonly DeliveryPlan[]> {
  if (plans.length === 0) return plans;
  const ids = plans.map(({ id }) => id);
  const wanted = { column: 'operation_id', values: ids } as const;
  const rows = await selectIn(db, trx, 'incoming_payments', ['operation_id'], wanted);
  if (rows.length === 0) return plans;
  const known = new Set(rows.map((row) => row.operation_id));
  return plans.filter(({ id }) => !known.has(id));
}

function rowOf(plan: DeliveryPlan, created: string) {
  const { delivery } = plan;
  return [
    plan.id,
    delivery.account,
    delivery.transactionHash,
    delivery.from,
    delivery.asset,
    delivery.amount,
    delivery.memo?.value ?? null,
    delivery.memo?.type ?? null,
    delivery.muxedId,
    delivery.type,
    delivery.ledger,
    plan.bucket,
    plan.bucket === 'matched' ? null : plan.reason,
    transactionOf(plan),
    delivery.sender === delivery.from ? null : delivery.sender,
    delivery.createdAt,
    created,
  ];
}

const transactionOf = (plan: DeliveryPlan): string | null => {
  if (plan.bucket === 'matched') return plan.row.id;
  return plan.bucket === 'suspense' ? plan.transactionId : null;
};

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
