import type { Queries } from '../port.ts';

/**
 * Uses up a SEP-10 challenge: of any number of attempts in any number of processes exactly one is answered with true (S10-59).
 *
 * @param hash of the challenge transaction, hex
 * @param expiresAt ISO 8601; after it the row may be forgotten
 */
export async function consumeChallenge(db: Queries, hash: string, expiresAt: string): Promise<boolean> {
  const result = await db
    .insertInto('used_challenges')
    .values({ hash, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Removes what is past its time anyway. */
export async function forgetChallenges(db: Queries, before: string): Promise<void> {
  await db.deleteFrom('used_challenges').where('expires_at', '<', before).execute();
}
