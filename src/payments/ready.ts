import type { Flag } from '../database/schema.ts';
import { parseAssetKey } from '../kernel/assets.ts';
import { allAssets } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { databaseTime } from '../transfers/pauses.ts';
import type { AssetRow, ObligationRow } from '../transfers/rows.ts';
import type { Owed } from './rows.ts';

/** Statuses in which a deposit may be paid out; a refund may be paid in any but an operator's hold. */
export const PAYABLE = ['pending_anchor', 'pending_trust', 'pending_stellar', 'pending_external'];

/** Counting what waits ends here: nobody needs to know it exactly, and it must cost the same however much it is. */
const COUNT_MOST = 10_000;

/** Distribution accounts with payments that can go now, or with an open slot. */
export async function payersWithWork(ctx: AnchorContext): Promise<string[]> {
  const open = await ctx.db.read
    .selectFrom('slots')
    .select(['payer', 'source_account'])
    .where('state', '=', 'open')
    .distinct()
    .execute();
  const payers = new Set(open.map((row) => row.payer ?? row.source_account));
  const assets = await ctx.db.read.selectFrom('assets').select(['id', 'distribution_account']).execute();
  for (const { id, distribution_account: payer } of assets) {
    if (!payers.has(payer) && (await hasReady(ctx, [id]))) payers.add(payer);
  }
  return [...payers];
}

export const assetsOf = async (ctx: AnchorContext, payer: string): Promise<string[]> => {
  const rows = await ctx.db.read
    .selectFrom('assets')
    .select('id')
    .where('distribution_account', '=', payer)
    .execute();
  return rows.map(({ id }) => id);
};

export async function hasReady(ctx: AnchorContext, assets: string[]): Promise<boolean> {
  for (const memo of [false, true]) {
    const [owed] = await owedQuery(ctx, assets, memo).limit(1).execute();
    if (owed !== undefined) return true;
  }
  const [due] = await dueQuery(ctx, assets, await databaseTime(ctx))
    .limit(1)
    .execute();
  return due !== undefined;
}

/**
 * What can be looked at now: the oldest that are owed, and a few of those that have waited long enough. By the indexes it costs what is
 * read, however many wait or are finished.
 */
export async function readyFor(
  ctx: AnchorContext,
  payer: string,
  most: { plain: number; memo: number; due: number },
): Promise<Owed[]> {
  const assets = await assetsOf(ctx, payer);
  if (assets.length === 0) return [];
  const rows: ReadyRow[] = [
    ...(await owedQuery(ctx, assets, false).limit(most.plain).execute()),
    ...(await owedQuery(ctx, assets, true).limit(most.memo).execute()),
    ...(await dueQuery(ctx, assets, await databaseTime(ctx))
      .limit(most.due)
      .execute()),
  ];
  return withAssets(ctx, rows);
}

const owedQuery = (ctx: AnchorContext, assets: string[], memo: boolean) =>
  payable(ctx)
    .where('obligations.state', '=', 'owed')
    .where('obligations.memo', memo ? 'is not' : 'is', null)
    .where('obligations.asset_id', 'in', assets)
    .orderBy('obligations.created_at')
    .orderBy('obligations.id');

const dueQuery = (ctx: AnchorContext, assets: string[], now: string) =>
  payable(ctx)
    .where('obligations.state', '=', 'waiting')
    .where('obligations.asset_id', 'in', assets)
    .where('obligations.not_before_at', '<=', now)
    .orderBy('obligations.not_before_at')
    .orderBy('obligations.id');

function payable(ctx: AnchorContext) {
  return ctx.db.read
    .selectFrom('obligations')
    .leftJoin('transactions', 'transactions.id', 'obligations.transaction_id')
    .selectAll('obligations')
    .select('transactions.claimable_balance_supported as takes_claimable')
    .where('obligations.leg', '=', 'stellar')
    .where(({ eb, or, and }) =>
      or([
        eb('transactions.status', 'in', PAYABLE),
        and([
          eb('obligations.purpose', '=', 'refund'),
          or([eb('transactions.id', 'is', null), eb('transactions.status', '<>', 'on_hold')]),
        ]),
      ]),
    );
}

type ReadyRow = ObligationRow & { takes_claimable: Flag | null };

async function withAssets(ctx: AnchorContext, rows: ReadyRow[]): Promise<Owed[]> {
  if (rows.length === 0) return [];
  const assets = await allAssets(ctx.db.read);
  return rows.flatMap(({ takes_claimable: takes, ...obligation }) => {
    const asset = paidAsset(obligation, assets.get(obligation.asset_id));
    const id = obligation.transaction_id;
    const transaction = id === null ? null : { id, claimable_balance_supported: takes ?? 0 };
    return asset ? [{ obligation, transaction, asset }] : [];
  });
}

/** The asset that is paid: the obligation's own where it names one, as the asset's distribution account holds it. */
function paidAsset(obligation: ObligationRow, asset: AssetRow | undefined): AssetRow | undefined {
  if (asset === undefined || obligation.asset_key === null) return asset;
  const { code, issuer } = parseAssetKey(obligation.asset_key);
  return { ...asset, code, issuer: issuer ?? '' };
}

/** How many Stellar payments are owed and not yet made, up to 10,000 of each state. */
export async function countWaiting(ctx: AnchorContext): Promise<number> {
  let total = 0;
  // one by one: a list of states is beyond SQLite's proof that the index of open ones has them all, and it reads the whole table
  for (const state of ['owed', 'waiting', 'bound'] as const) {
    const { count } = await ctx.db.read
      .selectFrom((query) =>
        query
          .selectFrom('obligations')
          .select('id')
          .where('leg', '=', 'stellar')
          .where('state', '=', state)
          .limit(COUNT_MOST)
          .as('open'),
      )
      .select(({ fn }) => fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    total += Number(count);
  }
  return total;
}
