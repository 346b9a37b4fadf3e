import { AnchorError } from '../../kernel/errors.ts';
import { type KeyPair, keyPairFromSeed } from '../../stellar/keys.ts';
import { openDistributionSeed } from '../../transfers/assets.ts';
import type { AnchorContext } from '../../transfers/context.ts';

/** Key pairs by sealed seed: opening and importing one costs more than a signature. */
const pairs = new WeakMap<AnchorContext['box'], Map<string, KeyPair>>();

/**
 * The keys that this database holds, encrypted, for a distribution account: its own, or of another of its signers.
 *
 * @throws SECRET_UNREADABLE ENCRYPTION_KEY is not the one it was sealed with
 */
export async function localKeys(ctx: AnchorContext, account: string): Promise<KeyPair[]> {
  const assets = await ctx.db.read
    .selectFrom('assets')
    .selectAll()
    .where('distribution_account', '=', account)
    .where('distribution_seed', 'is not', null)
    .execute();
  const known = pairs.get(ctx.box) ?? new Map<string, KeyPair>();
  pairs.set(ctx.box, known);
  const found = new Map<string, KeyPair>();
  for (const asset of assets) {
    const sealed = asset.distribution_seed as string;
    const pair = known.get(sealed) ?? keyPairFromSeed(openDistributionSeed(ctx.box, asset) as string);
    known.set(sealed, pair);
    found.set(pair.publicKey, pair);
  }
  return [...found.values()];
}

const issuers = new Map<string, KeyPair>();

/** The issuer's key, where ISSUER_SEED is there: on sandbox and testnet (`issue-asset`). Null on the public network. */
export function issuerKey(ctx: Pick<AnchorContext, 'project'>, issuer: string): KeyPair | null {
  const seed = ctx.project.secrets.issuerSeed;
  if (seed === undefined || ctx.project.network.name === 'public') return null;
  const pair = issuers.get(seed) ?? keyPairFromSeed(seed);
  issuers.set(seed, pair);
  return pair.publicKey === issuer ? pair : null;
}

export const isSignerFault = (error: unknown): error is AnchorError =>
  AnchorError.is(error) && ['SECRET_UNREADABLE', 'SEED_INVALID'].includes(error.code);
