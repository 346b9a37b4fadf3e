import type { AnchorContext, AssetRow, Kind } from '../../transfers/index.ts';
import { offeredAssets } from '../shared/assets.ts';
import { termsOf } from '../shared/terms.ts';

type Entry = Record<string, boolean | number>;

function entry(ctx: AnchorContext, asset: AssetRow, kind: Kind): Entry {
  const enabled = kind === 'deposit' ? asset.deposit_enabled : asset.withdrawal_enabled;
  return enabled ? { enabled: true, ...termsOf(ctx, asset, kind) } : { enabled: false };
}

/** GET /sep24/info (S24-01 to S24-09). */
export async function info(ctx: AnchorContext) {
  const assets = await offeredAssets(ctx, 24);
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
