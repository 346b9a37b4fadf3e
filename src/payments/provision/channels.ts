import { insertKey, listKeys } from '../../database/repositories/keys.ts';
import { isoTime } from '../../kernel/clock.ts';
import { AnchorError } from '../../kernel/errors.ts';
import type { Operation } from '../../stellar/build.ts';
import { type KeyPair, keyPairFromSeed, randomSeed } from '../../stellar/keys.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { inLanes } from '../lanes.ts';
import { checkXlm, existing, type Say } from './accounts.ts';
import { keyScope, storedKey } from './seeds.ts';
import { achieve } from './transact.ts';

export interface ChannelsWanted {
  /** how many there are to be in all; those that are there already stay */
  count: number;
  /** the distribution account sponsors their reserves: they hold no XLM at all */
  sponsored: boolean;
}

const CHANNEL = 'channel';
/** createAccount operations in one transaction; of sponsored ones each needs three, and a signature of its own (at most 20) */
const PLAIN_CHUNK = 100;
const SPONSORED_CHUNK = 19;
const LANES = 8;

/**
 * Channel accounts: further sources for payments, so that more than one transaction of a distribution account goes into a ledger. They
 * hold their reserve only; fees are paid by fee bumps. Their keys are sealed in the database before their accounts are made, from the
 * XLM of the oldest distribution account. Safe to repeat.
 *
 * @returns how many there are now
 * @throws CHANNELS_NEED_ASSET, KEY_MISSING, RESERVE_TOO_LOW, TRANSACTION_REFUSED, NETWORK_UNAVAILABLE
 */
export async function ensureChannels(ctx: AnchorContext, wanted: ChannelsWanted, say: Say): Promise<number> {
  const payer = await oldestDistribution(ctx);
  const keys = await ensureKeys(ctx, wanted.count);
  const size = wanted.sponsored ? SPONSORED_CHUNK : PLAIN_CHUNK;
  for (let at = 0; at < keys.length; at += size) {
    const part = keys.slice(at, at + size);
    const made = await achieve(ctx, async () => {
      const missing = await missingOf(ctx, part);
      if (missing.length === 0) return null;
      const { baseReserve } = await ctx.network.latestLedger();
      await checkXlm(ctx, payer.publicKey, BigInt(missing.length) * 2n * baseReserve);
      const operations = missing.flatMap((channel) =>
        wanted.sponsored ? sponsored(payer, channel) : [opened(channel, 2n * baseReserve)],
      );
      const signers = wanted.sponsored ? [payer, ...missing] : [payer];
      return { purpose: 'channels', source: payer, operations, signers };
    });
    if (made) say(`made channel accounts ${at + 1} to ${at + part.length}`);
  }
  return keys.length;
}

async function oldestDistribution(ctx: AnchorContext): Promise<KeyPair> {
  const asset = await ctx.db.read
    .selectFrom('assets')
    .select('distribution_account')
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
  if (asset === undefined) {
    throw new AnchorError({
      code: 'CHANNELS_NEED_ASSET',
      message: 'Channel accounts are made from a distribution account, and there is none yet.',
      hint: 'Run anchor add-asset or anchor issue-asset first.',
    });
  }
  return storedKey(ctx, asset.distribution_account);
}

async function ensureKeys(ctx: AnchorContext, count: number): Promise<KeyPair[]> {
  const rows = await listKeys(ctx.db.read, CHANNEL);
  const keys = rows.map((row) => keyPairFromSeed(ctx.box.open(row.seed, keyScope(row.account))));
  while (keys.length < count) {
    const seed = randomSeed(ctx.ids);
    const key = keyPairFromSeed(seed);
    await insertKey(ctx.db.read, {
      account: key.publicKey,
      purpose: CHANNEL,
      seed: ctx.box.seal(seed, keyScope(key.publicKey)),
      created_at: isoTime(ctx.clock.now()),
    });
    keys.push(key);
  }
  return keys;
}

async function missingOf(ctx: AnchorContext, keys: readonly KeyPair[]): Promise<KeyPair[]> {
  const missing = new Set<KeyPair>();
  await inLanes(keys, LANES, async (key) => {
    if ((await existing(ctx, key.publicKey)) === null) missing.add(key);
  });
  return keys.filter((key) => missing.has(key));
}

const opened = (channel: KeyPair, startingBalance: bigint): Operation => ({
  type: 'createAccount',
  destination: channel.publicKey,
  startingBalance,
});

const sponsored = (payer: KeyPair, channel: KeyPair): Operation[] => [
  { type: 'beginSponsoring', sponsored: channel.publicKey, source: payer.publicKey },
  { ...opened(channel, 0n), source: payer.publicKey },
  { type: 'endSponsoring', source: channel.publicKey },
];
