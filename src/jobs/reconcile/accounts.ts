import { keyOf } from '../../transfers/assets.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { ObligationRow } from '../../transfers/rows.ts';

/** An account whose key is ours. */
export interface OwnAccount {
  id: string;
  /** since when this database has held the key: what the account did before was signed elsewhere. ISO 8601 */
  since: string;
  /** ids of the assets that it pays out */
  assets: string[];
  /** whether payments to it are watched */
  watched: boolean;
}

/** Distribution and channel accounts, from the assets and from the keys. */
export async function ownAccounts(ctx: Pick<AnchorContext, 'db'>): Promise<OwnAccount[]> {
  const found = new Map<string, OwnAccount>();
  const note = (id: string, since: string): OwnAccount => {
    const known = found.get(id);
    const account = known ?? { id, since, assets: [], watched: false };
    if (since < account.since) account.since = since;
    found.set(id, account);
    return account;
  };
  const keys = await ctx.db.read.selectFrom('keys').select(['account', 'created_at']).execute();
  for (const key of keys) note(key.account, key.created_at);
  const assets = await ctx.db.read.selectFrom('assets').selectAll().orderBy('created_at').execute();
  for (const asset of assets) {
    const account = note(asset.distribution_account, asset.created_at);
    account.assets.push(asset.id);
    account.watched = true;
  }
  return [...found.values()];
}

/** Ids of assets by what the ledger calls them. */
export async function assetKeys(ctx: Pick<AnchorContext, 'db'>): Promise<Map<string, string>> {
  const assets = await ctx.db.read.selectFrom('assets').selectAll().execute();
  return new Map(assets.map((asset) => [asset.id, keyOf(asset)]));
}

/** What an obligation pays, `native` or CODE:ISSUER: a refund can be of another asset than the account's own. */
export const paidAsset = (
  assets: ReadonlyMap<string, string>,
  row: Pick<ObligationRow, 'asset_id' | 'asset_key'>,
): string => row.asset_key ?? assets.get(row.asset_id) ?? row.asset_id;

/** Where an operator sees what an obligation belongs to. */
export const seeOf = (row: Pick<ObligationRow, 'transaction_id' | 'incoming_id' | 'credit_id'>): string =>
  row.transaction_id === null
    ? `anchor suspense show ${row.incoming_id ?? row.credit_id}`
    : `anchor tx show ${row.transaction_id}`;

/** What the database says that the network must know about an account. */
export interface Records {
  /** of the envelopes that were found in a ledger, the one with the highest sequence number */
  newest: { hash: string; sequence: bigint; ledger: number } | null;
  /** ledger of the first thing we know about the account */
  firstLedger: number | null;
  lastLedger: number | null;
}

export async function recordsOf(ctx: Pick<AnchorContext, 'db'>, account: string): Promise<Records> {
  const newest = await ctx.db.read
    .selectFrom('envelopes')
    .select(['hash', 'sequence', 'ledger'])
    .where('source_account', '=', account)
    .where('state', 'in', ['applied', 'failed'])
    .where('ledger', 'is not', null)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  const envelopes = await ctx.db.read
    .selectFrom('envelopes')
    .select(({ fn }) => [fn.min('ledger').as('first'), fn.max('ledger').as('last')])
    .where('source_account', '=', account)
    .where('state', 'in', ['applied', 'failed'])
    .executeTakeFirstOrThrow();
  const incoming = await ctx.db.read
    .selectFrom('incoming_payments')
    .select(({ fn }) => [fn.min('ledger').as('first'), fn.max('ledger').as('last')])
    .where('account', '=', account)
    .executeTakeFirstOrThrow();
  const numbers = (...values: unknown[]): number[] =>
    values.filter((value) => value !== null && value !== undefined).map(Number);
  const firsts = numbers(envelopes.first, incoming.first);
  const lasts = numbers(envelopes.last, incoming.last);
  return {
    newest: newest === undefined ? null : { ...newest, ledger: Number(newest.ledger) },
    firstLedger: firsts.length === 0 ? null : Math.min(...firsts),
    lastLedger: lasts.length === 0 ? null : Math.max(...lasts),
  };
}
