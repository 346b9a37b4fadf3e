import { parseAssetKey } from '../kernel/assets.ts';
import { isoTime } from '../kernel/clock.ts';
import { allAssets } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import type { AssetRow, ObligationRow, TransactionRow } from '../transfers/rows.ts';
import type { Owed, SlotRow } from './rows.ts';

/** Payments looked at for one transaction: enough to fill it although some have to wait. */
export const LOOK = 200;

/** Statuses in which a deposit may be paid out; a refund may be paid in any but an operator's hold. */
const PAYABLE = ['pending_anchor', 'pending_trust', 'pending_stellar', 'pending_external'];

/** Accounts with payments that can go now, or with an open slot. */
export async function sourcesWithWork(ctx: AnchorContext): Promise<string[]> {
  const open = await ctx.db.read
    .selectFrom('slots')
    .select('source_account')
    .where('state', '=', 'open')
    .distinct()
    .execute();
  const ready = await readyQuery(ctx).select('assets.distribution_account').distinct().execute();
  return [
    ...new Set([...open.map((row) => row.source_account), ...ready.map((row) => row.distribution_account)]),
  ];
}

/** Oldest first: what is owed, and what waited long enough to be looked at again. */
export async function readyFor(ctx: AnchorContext, source: string): Promise<Owed[]> {
  const rows: ObligationRow[] = await readyQuery(ctx)
    .where('assets.distribution_account', '=', source)
    .selectAll('obligations')
    .orderBy('obligations.created_at')
    .orderBy('obligations.id')
    .limit(LOOK)
    .execute();
  return withTransactions(ctx, rows);
}

function readyQuery(ctx: AnchorContext) {
  const now = isoTime(ctx.clock.now());
  return ctx.db.read
    .selectFrom('obligations')
    .innerJoin('assets', 'assets.id', 'obligations.asset_id')
    .leftJoin('transactions', 'transactions.id', 'obligations.transaction_id')
    .where('obligations.leg', '=', 'stellar')
    .where('obligations.state', 'in', ['owed', 'waiting'])
    .where(({ eb, or, and }) =>
      or([
        eb('transactions.status', 'in', PAYABLE),
        and([
          eb('obligations.purpose', '=', 'refund'),
          or([eb('transactions.id', 'is', null), eb('transactions.status', '<>', 'on_hold')]),
        ]),
      ]),
    )
    .where(({ eb, or }) =>
      or([eb('obligations.not_before_at', 'is', null), eb('obligations.not_before_at', '<=', now)]),
    );
}

async function withTransactions(ctx: AnchorContext, rows: ObligationRow[]): Promise<Owed[]> {
  if (rows.length === 0) return [];
  const assets = await allAssets(ctx.db.read);
  const ids = rows.flatMap((row) => row.transaction_id ?? []);
  const found: TransactionRow[] =
    ids.length === 0
      ? []
      : await ctx.db.read.selectFrom('transactions').selectAll().where('id', 'in', ids).execute();
  const transactions = new Map(found.map((row) => [row.id, row]));
  return rows.flatMap((obligation) => {
    const transaction = transactions.get(obligation.transaction_id ?? '') ?? null;
    const asset = paidAsset(obligation, assets.get(obligation.asset_id));
    const whole = transaction !== null || obligation.transaction_id === null;
    return whole && asset ? [{ obligation, transaction, asset }] : [];
  });
}

/** The asset that is paid: the obligation's own where it names one, as the asset's distribution account holds it. */
function paidAsset(obligation: ObligationRow, asset: AssetRow | undefined): AssetRow | undefined {
  if (asset === undefined || obligation.asset_key === null) return asset;
  const { code, issuer } = parseAssetKey(obligation.asset_key);
  return { ...asset, code, issuer: issuer ?? '' };
}

export async function openSlot(ctx: AnchorContext, source: string): Promise<SlotRow | null> {
  const row = await ctx.db.read
    .selectFrom('slots')
    .selectAll()
    .where('source_account', '=', source)
    .where('state', '=', 'open')
    .orderBy('sequence')
    .executeTakeFirst();
  return row ?? null;
}

/** How many Stellar payments are owed and not yet made. */
export async function countWaiting(ctx: AnchorContext): Promise<number> {
  const { count } = await ctx.db.read
    .selectFrom('obligations')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('leg', '=', 'stellar')
    .where('state', 'in', ['owed', 'waiting', 'bound'])
    .executeTakeFirstOrThrow();
  return Number(count);
}
