import type { CompiledQuery } from 'kysely';
import type { Owner, Principal } from '../../kernel/principal.ts';
import { type AnchorContext, type AssetRow, assetOf, type TransactionRow } from '../../transfers/index.ts';

/**
 * The status poll: wallets ask it every few seconds for every open transaction, so it is most of what an anchor answers. Its query
 * is compiled once, and the asset is remembered for a moment.
 */
interface Prepared {
  query: CompiledQuery<TransactionRow>;
  assets: Map<string, { row: AssetRow; until: number }>;
}

const ASSET_MS = 2_000;
const prepared = new WeakMap<AnchorContext, Prepared>();

function prepare(ctx: AnchorContext): Prepared {
  const query = ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where('id', '=', 'id')
    .where('owner', '=', 'owner' as Owner)
    .where('sep', '=', '24')
    .compile();
  const made = { query, assets: new Map() };
  prepared.set(ctx, made);
  return made;
}

/** The transaction of this SEP with this id if it is this owner's, in one query (S24-53, S24-54, S6-29). */
export async function pollOwned(
  ctx: AnchorContext,
  sep: TransactionRow['sep'],
  id: string,
  principal: Principal,
): Promise<TransactionRow | null> {
  const { query } = prepared.get(ctx) ?? prepare(ctx);
  const asked: CompiledQuery<TransactionRow> = { ...query, parameters: [id, principal.owner, sep] };
  const { rows } = await ctx.db.read.executeQuery(asked);
  return rows[0] ?? null;
}

/** The asset as it was at most two seconds ago: what is printed of it hardly ever changes. @throws ASSET_NOT_FOUND */
export async function recentAsset(ctx: AnchorContext, id: string): Promise<AssetRow> {
  const { assets } = prepared.get(ctx) ?? prepare(ctx);
  const now = ctx.clock.now();
  const known = assets.get(id);
  if (known !== undefined && known.until > now) return known.row;
  const row = await assetOf(ctx.db.read, id);
  assets.set(id, { row, until: now + ASSET_MS });
  return row;
}
