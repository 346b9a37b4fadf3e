import { STELLAR_SCALE } from '../../kernel/amounts.ts';
import { assetKey, type StellarAsset } from '../../kernel/assets.ts';
import { isoTime } from '../../kernel/clock.ts';
import { AnchorError } from '../../kernel/errors.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { type AssetRow, sealDistributionSeed } from '../../transfers/index.ts';

type Ports = Pick<AnchorContext, 'db' | 'box' | 'clock' | 'ids' | 'project'>;

/** What `add-asset` and `issue-asset` answer. */
export interface Registered {
  code: string;
  /** null for native */
  issuer: string | null;
  distribution: string;
  /** whether it was registered just now */
  created: boolean;
}

export const findAssets = (ctx: Pick<Ports, 'db'>, code: string): Promise<AssetRow[]> =>
  ctx.db.read.selectFrom('assets').selectAll().where('code', '=', code).orderBy('created_at').execute();

export const assetOfRow = (row: Pick<AssetRow, 'code' | 'issuer'>): StellarAsset => ({
  code: row.code,
  issuer: row.issuer === '' ? null : row.issuer,
});

const ONE = 10n ** BigInt(STELLAR_SCALE);

/** Limits and a fee to begin with, for an asset that we have issued to try things out. */
const SAMPLE = {
  deposit_min_units: ONE,
  deposit_max_units: 10_000n * ONE,
  withdrawal_min_units: ONE,
  withdrawal_max_units: 10_000n * ONE,
  /** 1 % */
  withdrawal_fee_percent_units: ONE,
  anchored_asset: 'iso4217:USD',
};

/** Writes the asset down as ours, last of all: from here on wallets see it. One that is there already stays as it is. */
export async function registerRow(
  ctx: Ports,
  asset: StellarAsset,
  /** `seed` null: its keys are kept elsewhere */
  distribution: { account: string; seed: string | null },
  options: { sample: boolean },
): Promise<Registered> {
  const id = ctx.ids.uuid();
  const active = (sep: 6 | 24 | 31 | 38) => (ctx.project.seps.includes(sep) ? 1 : 0);
  const name = asset.issuer === null ? 'native' : asset.code;
  const inserted = await ctx.db.write((trx) =>
    trx
      .insertInto('assets')
      .values({
        id,
        code: name,
        issuer: asset.issuer ?? '',
        distribution_account: distribution.account,
        distribution_seed:
          distribution.seed === null ? null : sealDistributionSeed(ctx.box, id, distribution.seed),
        significant_decimals: 2,
        description: options.sample ? `${name} of ${ctx.project.organization.name}, to try things out` : null,
        anchored_asset: null,
        sep6_enabled: active(6),
        sep24_enabled: active(24),
        sep31_enabled: active(31),
        sep38_enabled: active(38),
        created_at: isoTime(ctx.clock.now()),
        ...(options.sample ? SAMPLE : {}),
      })
      .onConflict((conflict) => conflict.columns(['code', 'issuer']).doNothing())
      .returning('id')
      .executeTakeFirst(),
  );
  return {
    code: name,
    issuer: asset.issuer,
    distribution: distribution.account,
    created: inserted !== undefined,
  };
}

export function checkNotIssuer(distribution: string, asset: StellarAsset): void {
  if (distribution !== asset.issuer) return;
  throw new AnchorError({
    code: 'DISTRIBUTION_IS_ISSUER',
    message: `${distribution} is the issuer of ${assetKey(asset)}; the distribution account must be another one.`,
    hint: 'Leave DISTRIBUTION_SEED empty to have an account made, or give the key of another one.',
  });
}
