import type { Selectable } from 'kysely';
import type { Queries } from '../port.ts';
import type { KeysTable } from '../schema.ts';

export type KeyRow = Selectable<KeysTable>;

/** Keeps the sealed seed of one of our accounts. The same account again changes nothing and answers false. */
export async function insertKey(db: Queries, key: KeyRow): Promise<boolean> {
  const result = await db
    .insertInto('keys')
    .values(key)
    .onConflict((conflict) => conflict.column('account').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export function findKey(db: Queries, account: string): Promise<KeyRow | undefined> {
  return db.selectFrom('keys').selectAll().where('account', '=', account).executeTakeFirst();
}

/** Oldest first. */
export function listKeys(db: Queries, purpose: string): Promise<KeyRow[]> {
  return db
    .selectFrom('keys')
    .selectAll()
    .where('purpose', '=', purpose)
    .orderBy('created_at')
    .orderBy('account')
    .execute();
}
