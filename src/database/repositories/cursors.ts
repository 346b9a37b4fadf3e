import type { Queries } from '../port.ts';

/** How far something has been read, e.g. `payments:G…`; null at first. */
export async function getCursor(db: Queries, name: string): Promise<string | null> {
  const row = await db.selectFrom('cursors').select('cursor').where('name', '=', name).executeTakeFirst();
  return row?.cursor ?? null;
}

/** Call it in the database transaction that stores what was read up to here. */
export async function setCursor(db: Queries, name: string, cursor: string, at: string): Promise<void> {
  await db
    .insertInto('cursors')
    .values({ name, cursor, updated_at: at })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ cursor, updated_at: at }))
    .execute();
}
