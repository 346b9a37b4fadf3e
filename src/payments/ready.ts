import { isoTime } from '../kernel/clock.ts';
import { allAssets } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';
import type { ObligationRow, TransactionRow } from '../transfers/rows.ts';
import type { Owed, SlotRow } from './rows.ts';

/** Payments looked at for one transaction: enough to fill it although some have to wait. */
export const LOOK = 200;

/** Statuses in which a payment owed may be made: an operator's hold keeps it back. */
const PAYABLE = [
  'pending_anchor',
  'pending_trust',
  'pending_stellar',
  'pending_external',
  'too_small',
  'too_large',
];

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
    .innerJoin('transactions', 'transactions.id', 'obligations.transaction_id')
    .where('obligations.leg', '=', 'stellar')
    .where('obligations.state', 'in', ['owed', 'waiting'])
    .where('transactions.status', 'in', PAYABLE)
    .where(({ eb, or }) =>
      or([eb('obligations.not_before_at', 'is', null), eb('obligations.not_before_at', '<=', now)]),
    );
}

async function withTransactions(ctx: AnchorContext, rows: ObligationRow[]): Promise<Owed[]> {
  if (rows.length === 0) return [];
  const assets = await allAssets(ctx.db.read);
  const ids = rows.map((row) => row.transaction_id);
  const found: TransactionRow[] = await ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where('id', 'in', ids)
    .execute();
  const transactions = new Map(found.map((row) => [row.id, row]));
  return rows.flatMap((obligation) => {
    const transaction = transactions.get(obligation.transaction_id);
    const asset = assets.get(obligation.asset_id);
    return transaction && asset ? [{ obligation, transaction, asset }] : [];
  });
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
