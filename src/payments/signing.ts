import { AnchorError } from '../kernel/errors.ts';
import { type KeyPair, keyPairFromSeed } from '../stellar/keys.ts';
import { openDistributionSeed } from '../transfers/assets.ts';
import type { AnchorContext } from '../transfers/context.ts';

/** Key pairs by sealed seed: opening and importing one costs more than a signature. */
const pairs = new WeakMap<AnchorContext['box'], Map<string, KeyPair>>();

/**
 * The key that signs for a distribution account.
 *
 * @throws SIGNER_MISSING no asset of this account holds its key
 * @throws SECRET_UNREADABLE ENCRYPTION_KEY is not the one it was sealed with
 */
export async function signerFor(ctx: AnchorContext, account: string): Promise<KeyPair> {
  const assets = await ctx.db.read
    .selectFrom('assets')
    .selectAll()
    .where('distribution_account', '=', account)
    .where('distribution_seed', 'is not', null)
    .execute();
  const known = pairs.get(ctx.box) ?? new Map<string, KeyPair>();
  pairs.set(ctx.box, known);
  for (const asset of assets) {
    const sealed = asset.distribution_seed as string;
    const kept = known.get(sealed);
    if (kept !== undefined) return kept;
    const pair = keyPairFromSeed(openDistributionSeed(ctx.box, asset) as string);
    if (pair.publicKey !== account) continue;
    known.set(sealed, pair);
    return pair;
  }
  throw new AnchorError({
    code: 'SIGNER_MISSING',
    message: `There is no key to sign for ${account}.`,
    hint: 'Run anchor add-asset again with its distribution seed.',
  });
}

export const isSignerFault = (error: unknown): error is AnchorError =>
  AnchorError.is(error) && ['SIGNER_MISSING', 'SECRET_UNREADABLE', 'SEED_INVALID'].includes(error.code);
