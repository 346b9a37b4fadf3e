import { isoTime } from '../../kernel/clock.ts';
import { encodeStrKey } from '../../kernel/strkey.ts';
import type { AnchorContext } from '../../transfers/context.ts';

const FACT = 'demo_wallet_seed';

/** The demo wallet's own key: made at first use, sealed in the database, worth nothing outside of the sandbox. */
export async function demoWalletSeed(ctx: AnchorContext): Promise<string> {
  const known = await stored(ctx);
  if (known !== null) return known;
  const seed = encodeStrKey('seed', ctx.ids.bytes(32));
  await ctx.db.write((trx) =>
    trx
      .insertInto('facts')
      .values({ name: FACT, value: ctx.box.seal(seed, FACT), updated_at: isoTime(ctx.clock.now()) })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute(),
  );
  return (await stored(ctx)) ?? seed;
}

async function stored(ctx: AnchorContext): Promise<string | null> {
  const row = await ctx.db.read
    .selectFrom('facts')
    .select('value')
    .where('name', '=', FACT)
    .executeTakeFirst();
  return row === undefined ? null : ctx.box.open(row.value, FACT);
}
