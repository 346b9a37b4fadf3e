import type { AnchorContext } from '../../transfers/context.ts';
import type { Say } from './accounts.ts';
import { assetOfRow, type Registered } from './assets.ts';
import { ensureHomeDomain } from './issue.ts';
import { completeKnown } from './register.ts';
import type { Seeds } from './seeds.ts';

/** Every registered asset once more: account, trustline, authorization, home domain. What is there is left alone. */
export async function completeProvision(ctx: AnchorContext, seeds: Seeds, say: Say): Promise<Registered[]> {
  const rows = await ctx.db.read.selectFrom('assets').selectAll().orderBy('created_at').execute();
  const done: Registered[] = [];
  for (const row of rows) {
    const asset = assetOfRow(row);
    await completeKnown(ctx, row, seeds, say);
    if (asset.issuer !== null) await ensureHomeDomain(ctx, asset.issuer, seeds, say);
    done.push({ ...asset, distribution: row.distribution_account, created: false });
  }
  return done;
}
