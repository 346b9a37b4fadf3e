import { QUOTES_PRESET } from '../config/project.ts';
import type { AnchorContext } from '../transfers/context.ts';

/** What an import works with: no network, no bank. */
export type ImportContext = Pick<AnchorContext, 'db' | 'box' | 'project' | 'clock' | 'ids'>;

/** Assets that anchor.toml itself names under `quotes.assets`; the preset is none of its own. */
export function declaredOffchain({ project }: Pick<ImportContext, 'project'>): string[] {
  const assets = project.quotes?.assets ?? QUOTES_PRESET.assets;
  return assets === QUOTES_PRESET.assets ? [] : assets.map(({ asset }) => asset);
}
