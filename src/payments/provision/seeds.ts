import { isoTime } from '../../kernel/clock.ts';
import { AnchorError } from '../../kernel/errors.ts';
import { type KeyPair, keyPairFromSeed, randomSeed } from '../../stellar/keys.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { openDistributionSeed } from '../../transfers/index.ts';

/** Where secret keys come from and where they are left: `.env`, environment, standard input or a prompt. */
export interface Seeds {
  /** DISTRIBUTION_SEED, where it is given */
  distribution(): Promise<string | null>;
  /** the distribution seed is safe in the database: its other copies may go */
  distributionStored(): Promise<void>;
  /** ISSUER_SEED, where it is given */
  issuer(): Promise<string | null>;
  /** keeps the seed of a new issuer where the user finds it; called before the key is used */
  keepIssuer(seed: string): Promise<void>;
}

type Store = Pick<AnchorContext, 'db' | 'box' | 'clock' | 'ids' | 'project'>;

const DISTRIBUTION = 'distribution';

/** The scope that a key in `keys` is sealed for. */
export const keyScope = (account: string): string => `keys/${account}`;

/** A key of ours out of the database. @throws KEY_MISSING, SECRET_UNREADABLE */
export async function storedKey(ctx: Pick<Store, 'db' | 'box'>, account: string): Promise<KeyPair> {
  const row = await ctx.db.read
    .selectFrom('keys')
    .select('seed')
    .where('account', '=', account)
    .executeTakeFirst();
  if (row !== undefined) return keyPairFromSeed(ctx.box.open(row.seed, keyScope(account)));
  const seed = await seedOfAsset(ctx, account);
  if (seed === null) {
    throw new AnchorError({
      code: 'KEY_MISSING',
      message: `The secret key of ${account} is not in the database.`,
      hint: 'Put DISTRIBUTION_SEED into .env and run anchor setup.',
    });
  }
  return keyPairFromSeed(seed);
}

async function seedOfAsset(ctx: Pick<Store, 'db' | 'box'>, account: string): Promise<string | null> {
  const asset = await ctx.db.read
    .selectFrom('assets')
    .selectAll()
    .where('distribution_account', '=', account)
    .where('distribution_seed', 'is not', null)
    .executeTakeFirst();
  return asset === undefined ? null : openDistributionSeed(ctx.box, asset);
}

/**
 * The key of the account that is to hold an asset: the one that is given, else one that an earlier try has left unused, else
 * (never on the public network) a new one. It is sealed in the database before anything is done with it.
 *
 * @throws DISTRIBUTION_SEED_MISSING with the steps to take, SEED_INVALID (exit 2)
 */
export async function takeDistributionKey(ctx: Store, seeds: Seeds): Promise<{ key: KeyPair; seed: string }> {
  const given = await seeds.distribution();
  if (given !== null) {
    const key = keyPairFromSeed(given);
    await store(ctx, key.publicKey, given);
    await seeds.distributionStored();
    return { key, seed: given };
  }
  const left = await unusedKey(ctx);
  if (left !== null) return { key: keyPairFromSeed(left), seed: left };
  if (ctx.project.network.name === 'public') throw distributionSeedMissing();
  const seed = randomSeed(ctx.ids);
  const key = keyPairFromSeed(seed);
  await store(ctx, key.publicKey, seed);
  return { key, seed };
}

async function store(ctx: Store, account: string, seed: string): Promise<void> {
  const row = {
    account,
    purpose: DISTRIBUTION,
    seed: ctx.box.seal(seed, keyScope(account)),
    created_at: isoTime(ctx.clock.now()),
  };
  await ctx.db.write((trx) =>
    trx
      .insertInto('keys')
      .values(row)
      .onConflict((conflict) => conflict.column('account').doNothing())
      .execute(),
  );
}

async function unusedKey(ctx: Store): Promise<string | null> {
  const row = await ctx.db.read
    .selectFrom('keys')
    .select(['account', 'seed'])
    .where('purpose', '=', DISTRIBUTION)
    .where('account', 'not in', (inner) => inner.selectFrom('assets').select('distribution_account'))
    .orderBy('created_at', 'desc')
    .executeTakeFirst();
  return row === undefined ? null : ctx.box.open(row.seed, keyScope(row.account));
}

function distributionSeedMissing(): AnchorError {
  return new AnchorError({
    code: 'DISTRIBUTION_SEED_MISSING',
    message: 'On the public network the distribution account is yours to make: DISTRIBUTION_SEED is not set.',
    hint: [
      '1. Make a key pair in a place you trust, and send its account at least 5 XLM.',
      '2. Put the secret key into .env as DISTRIBUTION_SEED=S..., or have this command read it from standard input.',
      '3. Run this command again: it makes the trustline, keeps the key encrypted in the database and empties the line.',
    ].join('\n'),
  });
}
