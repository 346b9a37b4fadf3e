import { formatAmount } from '../../kernel/amounts.ts';
import type { AnchorContext, AssetRow, Kind } from '../../transfers/index.ts';
import { feeTerms } from '../../transfers/index.ts';

/** Limits and fees of an asset as JSON numbers. */
export type Terms = Record<string, number>;

/** The wire wants JSON numbers here (S24-04, S6-04); what binds is counted in stroops elsewhere. */
const wireNumber = (units: bigint): number => Number(formatAmount(units));

/** S24-04, S24-05, S6-04: absent where there is no limit, and no fee keys where only code knows the fee. */
export function termsOf(ctx: AnchorContext, asset: AssetRow, kind: Kind): Terms {
  const deposit = kind === 'deposit';
  const min = deposit ? asset.deposit_min_units : asset.withdrawal_min_units;
  const max = deposit ? asset.deposit_max_units : asset.withdrawal_max_units;
  const found: Terms = {};
  if (min !== null) found['min_amount'] = wireNumber(min);
  if (max !== null) found['max_amount'] = wireNumber(max);
  if (ctx.project.integrations.fee !== undefined) return found;
  const { fixed, percent, minimum } = feeTerms(asset, kind);
  found['fee_fixed'] = wireNumber(fixed);
  found['fee_percent'] = wireNumber(percent);
  if (minimum !== null) found['fee_minimum'] = wireNumber(minimum);
  return found;
}
