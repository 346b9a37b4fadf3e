import type { AnchorContext, AssetRow, Kind } from '../../transfers/index.ts';
import { assetUnsupported } from './faults.ts';

/** The assets that are offered under a SEP, oldest first. Native XLM has the code `native` and no issuer. */
export function offeredAssets(ctx: Pick<AnchorContext, 'db'>, sep: 6 | 24 | 31 | 38): Promise<AssetRow[]> {
  return ctx.db.read
    .selectFrom('assets')
    .selectAll()
    .where(`sep${sep}_enabled`, '=', 1)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/**
 * The asset that a request means (S24-P01, S24-P02): by code, and issuer where there is one; `native` has none.
 *
 * @throws ASSET_UNSUPPORTED (400) unknown, of another issuer, or switched off (S24-09)
 */
export async function requestedAsset(
  ctx: Pick<AnchorContext, 'db'>,
  sep: 6 | 24 | 31 | 38,
  kind: Kind,
  code: string,
  issuer: string | undefined,
): Promise<AssetRow> {
  const found = (await offeredAssets(ctx, sep)).find(
    (asset) =>
      asset.code === code &&
      (asset.issuer === '' ? issuer === undefined : (issuer ?? asset.issuer) === asset.issuer),
  );
  const enabled = kind === 'deposit' ? found?.deposit_enabled : found?.withdrawal_enabled;
  if (found === undefined || !enabled) throw assetUnsupported();
  return found;
}
