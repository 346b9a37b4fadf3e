import { AnchorError } from '../../kernel/errors.ts';
import type { Queries } from '../port.ts';

/** A fact about the database as a whole, or undefined. */
export async function getFact(db: Queries, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('facts').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value;
}

export async function setFact(db: Queries, name: string, value: string, at: string): Promise<void> {
  await db
    .insertInto('facts')
    .values({ name, value, updated_at: at })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value, updated_at: at }))
    .execute();
}

const NETWORK = 'network_passphrase';

/**
 * A database belongs to the network it was first used with: accounts, sequence numbers and envelopes of one mean nothing,
 * or something else, on another.
 *
 * @throws DATABASE_OF_OTHER_NETWORK
 */
export async function claimNetwork(db: Queries, passphrase: string, at: string): Promise<void> {
  await db
    .insertInto('facts')
    .values({ name: NETWORK, value: passphrase, updated_at: at })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const known = await getFact(db, NETWORK);
  if (known === passphrase) return;
  throw new AnchorError({
    code: 'DATABASE_OF_OTHER_NETWORK',
    message: `The database belongs to the network "${known}", and the configuration names "${passphrase}".`,
    hint: 'Give each network its own database: set DATABASE_URL, or set STELLAR_NETWORK and its passphrase back.',
  });
}
