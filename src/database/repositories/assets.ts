import type { Insertable, Selectable, Updateable } from 'kysely';
import type { StellarAsset } from '../../kernel/assets.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { isUniqueViolation } from '../errors.ts';
import type { Queries } from '../port.ts';
import type { AssetsTable } from '../schema.ts';

export type AssetRow = Selectable<AssetsTable>;
export type NewAsset = Insertable<AssetsTable>;
/** everything that may change about an asset; what it is and who issues it may not */
export type AssetChanges = Omit<Updateable<AssetsTable>, 'id' | 'code' | 'issuer' | 'created_at'>;

/** The asset of a row as the network knows it. */
export const stellarAssetOf = (row: Pick<AssetRow, 'code' | 'issuer'>): StellarAsset => ({
  code: row.code,
  issuer: row.issuer === '' ? null : row.issuer,
});

/** @throws ASSET_EXISTS when an asset with this code and issuer is registered already */
export async function insertAsset(db: Queries, asset: NewAsset): Promise<AssetRow> {
  try {
    return await db.insertInto('assets').values(asset).returningAll().executeTakeFirstOrThrow();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AnchorError({
      code: 'ASSET_EXISTS',
      message: `The asset ${asset.code} of this issuer is registered already.`,
      hint: `See: anchor assets. To change it: anchor assets set ${asset.code}`,
      httpStatus: 409,
      cause: error,
    });
  }
}

/** In the order in which they were registered. */
export function listAssets(db: Queries): Promise<AssetRow[]> {
  return db.selectFrom('assets').selectAll().orderBy('created_at').orderBy('id').execute();
}

/**
 * By code and, where several issuers have the same code, by issuer.
 *
 * @param issuer `G…`; the empty text for XLM; undefined for any
 * @returns all that match: more than one only without an issuer
 */
export function findAssets(db: Queries, code: string, issuer?: string): Promise<AssetRow[]> {
  const query = db
    .selectFrom('assets')
    .selectAll()
    .where('code', '=', code)
    .orderBy('created_at')
    .orderBy('id');
  return (issuer === undefined ? query : query.where('issuer', '=', issuer)).execute();
}

export function findAsset(db: Queries, id: string): Promise<AssetRow | undefined> {
  return db.selectFrom('assets').selectAll().where('id', '=', id).executeTakeFirst();
}

/** @returns the row as it is now, or undefined where there is none */
export function updateAsset(db: Queries, id: string, changes: AssetChanges): Promise<AssetRow | undefined> {
  return db.updateTable('assets').set(changes).where('id', '=', id).returningAll().executeTakeFirst();
}
