import type { Queries } from '../database/port.ts';
import { assert, badInput } from '../kernel/errors.ts';
import { assetOf } from './assets.ts';
import type { AnchorContext } from './context.ts';
import { waitsUntil } from './create.ts';
import { type ExchangeAmounts, isExchange, rowAmounts } from './exchange.ts';
import { amountsAfterFee, checkLimits, feeFor } from './fees.ts';
import { mergedFields } from './fields.ts';
import { moveTransaction } from './move.ts';
import { newMemoId } from './references.ts';
import type { AssetRow, TransactionRow } from './rows.ts';

/**
 * What the last form does (S24-M03, S24-M14): amounts with their fee, `pending_user_transfer_start`, the time until which money is
 * waited for, and for a withdrawal our account with a memo of its own.
 *
 * An exchange gets the amounts of its quote, or an estimate by the price of now; one whose quote has expired ends with it (S24-27).
 *
 * @throws AMOUNT_TOO_SMALL, AMOUNT_TOO_BIG, AMOUNT_TOO_PRECISE, AMOUNT_BELOW_FEE, ASSET_DISABLED, QUOTE_* (400)
 * @throws TRANSACTION_MOVED the form was sent twice, or the transaction has expired
 * @throws HOOK_FAILED, HOOK_ANSWER_INVALID of the fee integration; PRICE_UNAVAILABLE (503)
 */
export async function submitInteractive(
  ctx: AnchorContext,
  row: TransactionRow,
  input: { amountUnits: bigint; fields: Record<string, string> },
): Promise<TransactionRow> {
  const asset = await assetOf(ctx.db.read, row.asset_id);
  const enabled = row.kind === 'deposit' ? asset.deposit_enabled : asset.withdrawal_enabled;
  if (!enabled) throw badInput('ASSET_DISABLED', `A ${row.kind} of ${asset.code} is not possible now.`);
  if (row.quote_expires_at !== null && Date.parse(row.quote_expires_at) <= ctx.clock.now()) {
    const end = { to: 'expired', by: 'user', reason: 'the quote has expired' } as const;
    return ctx.db.write((trx) => moveTransaction(ctx, trx, row, end));
  }
  const amounts = await amountsOf(ctx, row, asset, input.amountUnits);
  const until = waitsUntil(ctx, row.quote_expires_at);
  return ctx.db.write(async (trx) => {
    const target =
      row.kind === 'withdrawal'
        ? {
            anchor_account: asset.distribution_account,
            memo: await freeMemo(ctx, trx, asset.distribution_account),
            memo_type: 'id' as const,
          }
        : {};
    return moveTransaction(ctx, trx, row, {
      to: 'pending_user_transfer_start',
      by: 'user',
      reason: 'everything needed was given',
      set: {
        ...target,
        fields: mergedFields(ctx, row, input.fields),
        amount_expected_units: amounts.in,
        amount_in_units: amounts.in,
        amount_out_units: amounts.out,
        amount_fee_units: amounts.fee.fee,
        fee_details: JSON.stringify(amounts.fee.details),
        expires_at: until,
        user_action_required_by: until,
      },
    });
  });
}

async function amountsOf(
  ctx: AnchorContext,
  row: TransactionRow,
  asset: AssetRow,
  units: bigint,
): Promise<Omit<ExchangeAmounts, 'binding'>> {
  if (isExchange(row)) return rowAmounts(ctx, row, units);
  checkLimits(asset, row.kind, units);
  const fee = await feeFor(ctx, asset, row.kind, units);
  const amounts = amountsAfterFee(units, fee);
  return { in: amounts.in, out: amounts.out, fee };
}

/** A memo that no transaction on this account has ever had, so that a late payment never looks like another's. */
export async function freeMemo(ctx: AnchorContext, trx: Queries, account: string): Promise<string> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const memo = newMemoId(ctx.ids);
    const taken = await trx
      .selectFrom('transactions')
      .select('id')
      .where('anchor_account', '=', account)
      .where('memo_type', '=', 'id')
      .where('memo', '=', memo)
      .executeTakeFirst();
    if (taken === undefined) return memo;
  }
  assert(false, 'ten memos in a row were taken');
}
