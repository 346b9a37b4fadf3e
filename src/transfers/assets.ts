import type { Queries } from '../database/port.ts';
import { notFound } from '../kernel/errors.ts';
import type { SecretBox } from './context.ts';
import type { AssetRow } from './rows.ts';

/** @throws ASSET_NOT_FOUND (404) */
export async function assetOf(db: Queries, id: string): Promise<AssetRow> {
  const asset = await db.selectFrom('assets').selectAll().where('id', '=', id).executeTakeFirst();
  if (asset === undefined) throw notFound('ASSET_NOT_FOUND', 'There is no such asset.', 'See anchor assets.');
  return asset;
}

export async function allAssets(db: Queries): Promise<Map<string, AssetRow>> {
  const rows = await db.selectFrom('assets').selectAll().execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** `native` or CODE:ISSUER, as the ledger names it. */
export const keyOf = (asset: Pick<AssetRow, 'code' | 'issuer'>): string =>
  asset.issuer === '' ? 'native' : `${asset.code}:${asset.issuer}`;

const seedScope = (assetId: string): string => `assets/${assetId}/seed`;

/** The sealed form in which `assets.distribution_seed` holds a seed `S…`. */
export const sealDistributionSeed = (box: SecretBox, assetId: string, seed: string): string =>
  box.seal(seed, seedScope(assetId));

/** Null where the key is kept elsewhere. @throws SECRET_UNREADABLE */
export const openDistributionSeed = (box: SecretBox, asset: AssetRow): string | null =>
  asset.distribution_seed === null ? null : box.open(asset.distribution_seed, seedScope(asset.id));
