import { formatAmount } from '../../kernel/amounts.ts';
import type { AnchorContext, AssetRow, Kind } from '../../transfers/index.ts';
import { feeTerms } from '../../transfers/index.ts';
import { offeredAssets } from './assets.ts';

type Entry = Record<string, boolean | number>;

/** The wire wants JSON numbers here (S24-04); what binds is counted in stroops elsewhere. */
const wireNumber = (units: bigint): number => Number(formatAmount(units));

/** S24-04, S24-05: absent where there is no limit, and no fee keys where only code knows the fee. */
function entry(ctx: AnchorContext, asset: AssetRow, kind: Kind): Entry {
  const deposit = kind === 'deposit';
  if (!(deposit ? asset.deposit_enabled : asset.withdrawal_enabled)) return { enabled: false };
  const min = deposit ? asset.deposit_min_units : asset.withdrawal_min_units;
  const max = deposit ? asset.deposit_max_units : asset.withdrawal_max_units;
  const found: Entry = { enabled: true };
  if (min !== null) found['min_amount'] = wireNumber(min);
  if (max !== null) found['max_amount'] = wireNumber(max);
  if (ctx.project.integrations.fee !== undefined) return found;
  const { fixed, percent, minimum } = feeTerms(asset, kind);
  found['fee_fixed'] = wireNumber(fixed);
  found['fee_percent'] = wireNumber(percent);
  if (minimum !== null) found['fee_minimum'] = wireNumber(minimum);
  return found;
}

/** GET /sep24/info (S24-01 to S24-09). */
export async function info(ctx: AnchorContext) {
  const assets = await offeredAssets(ctx);
  const list = (kind: Kind) => {
    const entries: Record<string, Entry> = {};
    // One entry per code (S24-03); of several issuers the first one is the default (S24-P02).
    for (const asset of assets) entries[asset.code] ??= entry(ctx, asset, kind);
    return entries;
  };
  const codedFee = ctx.project.integrations.fee !== undefined;
  return {
    deposit: list('deposit'),
    withdraw: list('withdrawal'),
    fee: { enabled: codedFee, ...(codedFee ? { authentication_required: true } : {}) },
    features: {
      account_creation: ctx.project.sep24.accountCreation,
      claimable_balances: ctx.project.sep24.claimableBalances,
    },
  };
}
