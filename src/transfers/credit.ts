import type { Queries } from '../database/port.ts';
import { formatAmount } from '../kernel/amounts.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import { exchangeFee, isExchange } from './exchange.ts';
import { amountsAfterFee, type Fee, feeFor } from './fees.ts';
import type { SuspenseReason } from './matching.ts';
import { moveTransaction } from './move.ts';
import { insertObligation } from './obligations.ts';
import type { AssetRow, FundedRow, TransactionRow } from './rows.ts';

/** Money that arrived for a transaction. */
export interface Credit {
  /** stroops that arrived */
  amountUnits: bigint;
  /** what it costs: as quoted when the amount is as announced, else computed anew (S24-70), before the database transaction */
  fee: Fee;
  /** `job:poll-deposits` */
  by: string;
  /** who paid, as far as known */
  from: string | null;
}

/**
 * What a credit costs: as quoted to the user when the announced amount arrived, else computed anew (S24-70); for an exchange also what
 * it brings. Not in a database transaction, because fee and price may be the anchor's own code.
 *
 * @param paidAt ISO 8601, by which a firm quote binds or not; default now
 * @throws HOOK_FAILED, HOOK_ANSWER_INVALID; PRICE_UNAVAILABLE, QUOTE_REFUSED, AMOUNT_BELOW_FEE of an exchange
 */
export async function creditFee(
  ctx: AnchorContext,
  row: FundedRow,
  asset: AssetRow,
  amountUnits: bigint,
  paidAt: string = isoTime(ctx.clock.now()),
): Promise<Fee> {
  if (isExchange(row)) return exchangeFee(ctx, row, asset, amountUnits, paidAt);
  if (amountUnits === row.amount_expected_units && row.amount_fee_units !== null) {
    return { fee: row.amount_fee_units, details: JSON.parse(row.fee_details ?? '[]') as Fee['details'] };
  }
  return feeFor(ctx, asset, row.kind, amountUnits, { type: row.funding_method ?? undefined });
}

/**
 * The same, for money that is here whatever happens: where fee or price are not to be had, why it lies in suspense until they are.
 *
 * @param paidAt ISO 8601; null: now
 */
export async function creditFeeOrReason(
  ctx: AnchorContext,
  row: FundedRow,
  asset: AssetRow | undefined,
  amountUnits: bigint,
  paidAt: string | null,
): Promise<Fee | SuspenseReason> {
  if (asset === undefined) return 'internal_error';
  try {
    const fee = await creditFee(ctx, row, asset, amountUnits, paidAt ?? undefined);
    return fee.fee >= amountUnits ? 'below_fee' : fee;
  } catch (error) {
    if (AnchorError.is(error) && error.code === 'AMOUNT_BELOW_FEE') return 'below_fee';
    ctx.log.error('fee_failed', { transaction: row.id, error: messageOf(error) });
    return isExchange(row) ? 'no_price' : 'internal_error';
  }
}

const totals = (credit: Credit) => {
  const amounts = amountsAfterFee(credit.amountUnits, credit.fee);
  return {
    amounts,
    columns: {
      amount_in_units: amounts.in,
      amount_out_units: amounts.out,
      amount_fee_units: amounts.fee,
      fee_details: JSON.stringify(credit.fee.details),
      received_units: amounts.in,
      fee_units: amounts.fee,
      paid_units: amounts.rest,
      from_address: credit.from,
    },
  };
};

/**
 * A bank credit arrived for a deposit: totals, the payment owed on Stellar and `pending_anchor` (S24-M05), all in `trx`.
 *
 * @throws TRANSACTION_MOVED, STATUS_MOVE_FORBIDDEN, AMOUNT_BELOW_FEE
 */
export async function creditDeposit(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  credit: Credit & { externalId: string },
): Promise<TransactionRow> {
  const { amounts, columns } = totals(credit);
  const moved = await moveTransaction(ctx, trx, row, {
    to: 'pending_anchor',
    by: credit.by,
    reason: 'the bank credit arrived',
    set: { ...columns, external_transaction_id: credit.externalId, user_action_required_by: null },
  });
  await insertObligation(ctx, trx, moved, {
    leg: 'stellar',
    purpose: 'deliver',
    amountUnits: amounts.out,
    destination: row.account,
    memo: row.memo,
    memoType: row.memo_type,
  });
  return moved;
}

/**
 * A Stellar payment arrived for a withdrawal: totals, the payout owed through the bank and `pending_anchor` (S24-M15).
 *
 * @throws TRANSACTION_MOVED, STATUS_MOVE_FORBIDDEN, AMOUNT_BELOW_FEE
 */
export async function creditWithdrawal(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  credit: Credit & { hash: string },
): Promise<TransactionRow> {
  const { amounts, columns } = totals(credit);
  const moved = await moveTransaction(ctx, trx, row, {
    to: 'pending_anchor',
    by: credit.by,
    reason: 'the Stellar payment arrived',
    set: { ...columns, stellar_transaction_id: credit.hash, user_action_required_by: null },
  });
  await insertObligation(ctx, trx, moved, {
    leg: 'rails',
    purpose: 'deliver',
    assetKey: moved.amount_out_asset,
    amountUnits: amounts.out,
    destination: null,
    memo: null,
    memoType: null,
  });
  return moved;
}

/**
 * Money arrived whose amount is too far from the announced one, and the asset's policy ends the transaction with it: `too_small` or
 * `too_large` (S24-M06, S24-M19). It is the transaction's, and goes back by policy or by an operator; nothing is paid out.
 *
 * @throws TRANSACTION_MOVED, STATUS_MOVE_FORBIDDEN
 */
export async function creditWrongAmount(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  credit: Omit<Credit, 'fee'> & {
    status: 'too_small' | 'too_large';
    set: { stellar_transaction_id: string } | { external_transaction_id: string };
  },
): Promise<TransactionRow> {
  const { amountUnits: units, by, from, status } = credit;
  const expected = row.amount_expected_units;
  const instead =
    expected === null ? 'which is outside of the limits' : `in place of ${formatAmount(expected)}`;
  const reason = `${formatAmount(units)} arrived${expected === null ? ', ' : ' '}${instead}`;
  // the table knows these ends of a deposit only from pending_external
  const counted =
    row.kind === 'deposit' && row.status !== 'pending_external'
      ? await moveTransaction(ctx, trx, row, { to: 'pending_external', by, reason: 'a bank credit arrived' })
      : row;
  return moveTransaction(ctx, trx, counted, {
    to: status,
    by,
    reason,
    set: {
      ...credit.set,
      amount_in_units: units,
      amount_out_units: null,
      amount_fee_units: null,
      fee_details: null,
      received_units: units,
      from_address: from,
      message: `${reason}. It goes back to where it came from.`,
    },
  });
}
