import { migrationStatus } from '../database/index.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';

/** @throws SCHEMA_OUTDATED */
export async function checkSchema(ctx: Pick<AnchorContext, 'db'>): Promise<void> {
  const { pending } = await migrationStatus(ctx.db);
  if (pending.length === 0) return;
  throw new AnchorError({
    code: 'SCHEMA_OUTDATED',
    message: `The database lacks ${pending.length === 1 ? 'a migration' : `${pending.length} migrations`}: ${pending.join(', ')}.`,
    hint: 'Run: anchor setup (everything that is missing) or anchor migrate (only this).',
  });
}

const FACT = 'network_passphrase';

/**
 * A database belongs to one network: an asset, a sequence number or a cursor of another would be taken for its own.
 *
 * @throws DATABASE_OF_OTHER_NETWORK
 */
export async function checkNetwork(ctx: Pick<AnchorContext, 'db' | 'project' | 'clock'>): Promise<void> {
  const { passphrase, name } = ctx.project.network;
  const known = await ctx.db.read
    .selectFrom('facts')
    .select('value')
    .where('name', '=', FACT)
    .executeTakeFirst();
  if (known === undefined) {
    await ctx.db.write((trx) =>
      trx
        .insertInto('facts')
        .values({ name: FACT, value: passphrase, updated_at: isoTime(ctx.clock.now()) })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute(),
    );
    return;
  }
  if (known.value === passphrase) return;
  throw new AnchorError({
    code: 'DATABASE_OF_OTHER_NETWORK',
    message: `The database belongs to the network "${known.value}", and the configured network (${name}) is "${passphrase}".`,
    hint: 'Set DATABASE_URL to another database, or the network back.',
  });
}
