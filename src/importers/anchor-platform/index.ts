import type { Client } from '../../config/clients.ts';
import { keeps, writeAsset } from '../assets.ts';
import type { ImportContext } from '../context.ts';
import type { ImportReport } from '../report.ts';
import { parseYaml } from '../yaml.ts';
import { readAssets } from './assets.ts';
import { readClientItems } from './clients.ts';

/** Texts of the files of an Anchor Platform; null for one that is not given. */
export interface AnchorPlatformFiles {
  assets: string | null;
  clients: string | null;
}

export interface AnchorPlatformReport extends ImportReport {
  /** to append to clients.toml */
  clientsToml: string;
}

/**
 * Takes over assets and wallets of an Anchor Platform. Assets are written in one database transaction; the wallets are handed back as
 * text for clients.toml.
 *
 * @param known wallets that clients.toml has
 * @param seed a distribution seed at hand, for the account that it belongs to
 * @throws IMPORT_FILE_UNREADABLE (exit 2) before anything is written
 */
export async function importAnchorPlatform(
  ctx: ImportContext,
  files: AnchorPlatformFiles,
  known: readonly Client[],
  options: { seed: string | null; dryRun: boolean },
): Promise<AnchorPlatformReport> {
  const clients =
    files.clients === null ? { toml: '', rows: [] } : readClientItems(parseYaml(files.clients), known);
  const assets =
    files.assets === null
      ? { plans: [], rows: [], toml: '', notes: [] }
      : await readAssets(ctx, parseYaml(files.assets), options.seed);
  if (!options.dryRun) {
    await ctx.db.write(async (trx) => {
      for (const plan of assets.plans) await writeAsset(ctx, trx, plan);
    });
  }
  return {
    dryRun: options.dryRun,
    rows: [...assets.rows, ...clients.rows],
    anchorToml: assets.toml,
    notes: assets.notes,
    seedStored: !options.dryRun && keeps(assets.plans, options.seed),
    clientsToml: clients.toml,
  };
}
