import * as v from 'valibot';
import { fitsDecimals, formatAmount, parseAmount } from '../kernel/amounts.ts';
import { AnchorError, badInput } from '../kernel/errors.ts';
import { computeFee, type Fee, type FeeTerms, settleFee } from '../kernel/fees.ts';
import type { AnchorContext } from './context.ts';
import { callHook, type HookOptions } from './hooks.ts';
import type { AssetRow, Kind } from './rows.ts';

export { computeFee, type Fee } from '../kernel/fees.ts';

export function feeTerms(asset: AssetRow, kind: Kind): FeeTerms {
  const decimals = asset.significant_decimals;
  return kind === 'deposit'
    ? {
        fixed: asset.deposit_fee_fixed_units,
        percent: asset.deposit_fee_percent_units,
        minimum: asset.deposit_fee_minimum_units,
        decimals,
      }
    : {
        fixed: asset.withdrawal_fee_fixed_units,
        percent: asset.withdrawal_fee_percent_units,
        minimum: asset.withdrawal_fee_minimum_units,
        decimals,
      };
}

/**
 * The whole fee of a deposit or withdrawal of `amountUnits`: the `fee` integration where there is one, else the asset's own terms.
 *
 * @throws HOOK_FAILED, HOOK_ANSWER_INVALID
 */
export async function feeFor(
  ctx: AnchorContext,
  asset: AssetRow,
  kind: Kind,
  amountUnits: bigint,
  options: HookOptions & { type?: string | undefined } = {},
): Promise<Fee> {
  const { fee: hook } = ctx.project.integrations;
  const terms = feeTerms(asset, kind);
  if (hook === undefined) return computeFee(terms, amountUnits);
  const request = {
    operation: kind,
    assetCode: asset.code,
    amount: formatAmount(amountUnits),
    type: options.type,
  };
  const answer = await callHook(ctx, 'fee', (hookCtx) => hook(request, hookCtx), v.string(), options);
  const units = readHookFee(answer);
  const fee = settleFee(amountUnits, units, terms.decimals);
  return { fee, details: fee === 0n ? [] : [{ name: 'Fee', amount: formatAmount(fee) }] };
}

function readHookFee(answer: string): bigint {
  try {
    return parseAmount(answer);
  } catch (cause) {
    throw new AnchorError({
      code: 'HOOK_ANSWER_INVALID',
      message: 'The integration fee did not answer a decimal amount such as "1.50".',
      hint: 'Correct fee in integrations.ts.',
      cause,
    });
  }
}

/**
 * Amount in, fee and amount out of a transaction, checked. `rest` is what the fee leaves of what came in: the amount that goes out, but
 * for exchanges, where it is what was exchanged.
 *
 * @throws AMOUNT_BELOW_FEE (400)
 */
export function amountsAfterFee(
  amountIn: bigint,
  fee: Fee,
): { in: bigint; fee: bigint; rest: bigint; out: bigint } {
  const rest = amountIn - fee.fee;
  const out = fee.out ?? rest;
  if (rest <= 0n || out <= 0n) {
    throw badInput(
      'AMOUNT_BELOW_FEE',
      `The fee of ${formatAmount(fee.fee)} leaves nothing of ${formatAmount(amountIn)}.`,
    );
  }
  return { in: amountIn, fee: fee.fee, rest, out };
}

/** @throws AMOUNT_TOO_SMALL, AMOUNT_TOO_BIG, AMOUNT_TOO_PRECISE (400) */
export function checkLimits(asset: AssetRow, kind: Kind, units: bigint): void {
  const deposit = kind === 'deposit';
  const min = deposit ? asset.deposit_min_units : asset.withdrawal_min_units;
  const max = deposit ? asset.deposit_max_units : asset.withdrawal_max_units;
  if (min !== null && units < min) {
    throw badInput('AMOUNT_TOO_SMALL', `The smallest amount is ${formatAmount(min)}.`);
  }
  if (max !== null && units > max) {
    throw badInput('AMOUNT_TOO_BIG', `The largest amount is ${formatAmount(max)}.`);
  }
  if (!fitsDecimals(units, asset.significant_decimals)) {
    throw badInput('AMOUNT_TOO_PRECISE', `The amount has at most ${asset.significant_decimals} decimals.`);
  }
}
