import type { Queries } from '../database/port.ts';
import type { Principal } from '../kernel/principal.ts';
import type { Kind, TransactionRow } from './rows.ts';

/**
 * Look-ups by owner: one query on (key, owner), so that an absent and a foreign transaction are the same answer in the same time
 * (S24-53, S24-54; M11).
 */
export async function findOwned(
  db: Queries,
  id: string,
  principal: Principal,
): Promise<TransactionRow | null> {
  const row = await db
    .selectFrom('transactions')
    .selectAll()
    .where('id', '=', id)
    .where('owner', '=', principal.owner)
    .executeTakeFirst();
  return row ?? null;
}

/** Exactly one of them is given; with several, all must hold. */
export interface TransactionKey {
  id?: string | undefined;
  stellar_transaction_id?: string | undefined;
  external_transaction_id?: string | undefined;
}

/** Null also when no key was given. Newest first where a key is not unique. */
export async function findOwnedBy(
  db: Queries,
  key: TransactionKey,
  principal: Principal,
  sep: TransactionRow['sep'] = '24',
): Promise<TransactionRow | null> {
  let query = db
    .selectFrom('transactions')
    .selectAll()
    .where('owner', '=', principal.owner)
    .where('sep', '=', sep);
  let keys = 0;
  for (const name of ['id', 'stellar_transaction_id', 'external_transaction_id'] as const) {
    const value = key[name];
    if (value === undefined) continue;
    query = query.where(name, '=', value);
    keys += 1;
  }
  if (keys === 0) return null;
  return (await query.orderBy('started_at', 'desc').limit(1).executeTakeFirst()) ?? null;
}

export interface ListFilters {
  sep?: TransactionRow['sep'];
  assetId?: string;
  /** any of these */
  assetIds?: readonly string[];
  kind?: Kind;
  /** any of these, as SEP-6 tells them apart */
  kinds?: readonly { kind: Kind; exchange: 0 | 1 }[];
  /** ISO 8601 in UTC with milliseconds and Z; inclusive (S24-47) */
  noOlderThan?: string;
  /** only what comes after this one in the order (S24-48): a row of the same owner */
  after?: Pick<TransactionRow, 'id' | 'started_at'>;
  limit: number;
}

/** Newest first by start time, then by id, so that equal times neither repeat nor vanish between pages (S24-45, S24-48). */
export async function listOwned(
  db: Queries,
  principal: Principal,
  filters: ListFilters,
): Promise<TransactionRow[]> {
  let query = db.selectFrom('transactions').selectAll().where('owner', '=', principal.owner);
  if (filters.sep !== undefined) query = query.where('sep', '=', filters.sep);
  if (filters.assetId !== undefined) query = query.where('asset_id', '=', filters.assetId);
  if (filters.assetIds !== undefined) query = query.where('asset_id', 'in', filters.assetIds);
  if (filters.kind !== undefined) query = query.where('kind', '=', filters.kind);
  const { kinds } = filters;
  if (kinds !== undefined) {
    query = query.where(({ eb, and, or }) =>
      or(kinds.map(({ kind, exchange }) => and([eb('kind', '=', kind), eb('exchange', '=', exchange)]))),
    );
  }
  if (filters.noOlderThan !== undefined) query = query.where('started_at', '>=', filters.noOlderThan);
  const { after } = filters;
  if (after !== undefined) {
    query = query.where(({ eb, and, or }) =>
      or([
        eb('started_at', '<', after.started_at),
        and([eb('started_at', '=', after.started_at), eb('id', '<', after.id)]),
      ]),
    );
  }
  return query.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(filters.limit).execute();
}
