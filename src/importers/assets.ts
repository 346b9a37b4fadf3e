import type { Insertable } from 'kysely';
import type { Queries } from '../database/port.ts';
import { insertKey } from '../database/repositories/keys.ts';
import type { AssetsTable } from '../database/schema.ts';
import type { StellarAsset } from '../kernel/assets.ts';
import { isoTime } from '../kernel/clock.ts';
import { keyScope } from '../payments/provision/index.ts';
import { keyPairFromSeed } from '../stellar/keys.ts';
import { type AssetRow, sealDistributionSeed } from '../transfers/index.ts';
import type { ImportContext } from './context.ts';

type Settings = Omit<
  Insertable<AssetsTable>,
  'id' | 'code' | 'issuer' | 'distribution_account' | 'distribution_seed' | 'created_at'
>;

/** An asset of the other system in our terms. */
export interface FoundAsset {
  asset: StellarAsset;
  distribution: string;
  /** null: the key is not at hand, and signed for elsewhere */
  seed: string | null;
  settings: Settings;
}

/** What is to be done about one; `row` is what the rest of the import refers to. */
export interface AssetPlan {
  found: FoundAsset;
  id: string;
  /** `complete`: it is here without its key, and the key is at hand now */
  action: 'insert' | 'complete' | 'none';
  /** the account that ours has, where the asset is here already */
  distribution: string;
}

/** The account of a secret key; null for what is none. */
export function accountOfSeed(seed: string): string | null {
  try {
    return keyPairFromSeed(seed).publicKey;
  } catch {
    return null;
  }
}

export async function planAsset(ctx: ImportContext, found: FoundAsset): Promise<AssetPlan> {
  const { code, issuer } = found.asset;
  const row: AssetRow | undefined = await ctx.db.read
    .selectFrom('assets')
    .selectAll()
    .where('code', '=', code)
    .where('issuer', '=', issuer ?? '')
    .executeTakeFirst();
  if (row === undefined) {
    return { found, id: ctx.ids.uuid(), action: 'insert', distribution: found.distribution };
  }
  const same = row.distribution_account === found.distribution;
  const lacking = row.distribution_seed === null && found.seed !== null && same;
  return {
    found,
    id: row.id,
    action: lacking ? 'complete' : 'none',
    distribution: row.distribution_account,
  };
}

/** `created_at` is now: what the account did before was signed by the other system, and is none of our book. */
export async function writeAsset(ctx: ImportContext, trx: Queries, plan: AssetPlan): Promise<void> {
  if (plan.action === 'none') return;
  const { asset, seed, distribution, settings } = plan.found;
  const at = isoTime(ctx.clock.now());
  const sealed = seed === null ? null : sealDistributionSeed(ctx.box, plan.id, seed);
  if (plan.action === 'complete') {
    await trx
      .updateTable('assets')
      .set({ distribution_seed: sealed })
      .where('id', '=', plan.id)
      .where('distribution_seed', 'is', null)
      .execute();
  } else {
    await trx
      .insertInto('assets')
      .values({
        ...settings,
        id: plan.id,
        code: asset.code,
        issuer: asset.issuer ?? '',
        distribution_account: distribution,
        distribution_seed: sealed,
        created_at: at,
      })
      .execute();
  }
  if (seed === null) return;
  await insertKey(trx, {
    account: distribution,
    purpose: 'distribution',
    seed: ctx.box.seal(seed, keyScope(distribution)),
    created_at: at,
  });
}

/** What to do about a key that was not at hand. */
export const keyMissing = (account: string): string =>
  `the key of ${account} is not here: set DISTRIBUTION_SEED in .env and import again, or have it signed for elsewhere (SIGNER_URL, anchor tx sign)`;

/** Whether what was planned keeps this seed. */
export const keeps = (plans: Iterable<AssetPlan>, seed: string | null): boolean =>
  seed !== null && [...plans].some(({ action, found }) => action !== 'none' && found.seed === seed);
