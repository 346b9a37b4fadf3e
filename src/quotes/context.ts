import type { Selectable } from 'kysely';
import type { HookHost } from '../config/call-hook.ts';
import { QUOTES_PRESET, type QuotesSettings } from '../config/project.ts';
import type { Database } from '../database/port.ts';
import type { AssetsTable, QuotesTable } from '../database/schema.ts';
import type { Ids } from '../kernel/ids.ts';

/** What prices and quotes need of a running anchor. */
export interface QuotesContext extends HookHost {
  readonly db: Database;
  readonly ids: Ids;
}

export type AssetRow = Selectable<AssetsTable>;
export type QuoteRow = Selectable<QuotesTable>;
export type QuoteContextName = QuoteRow['context'];

export const settingsOf = (ctx: Pick<QuotesContext, 'project'>): QuotesSettings =>
  ctx.project.quotes ?? QUOTES_PRESET;
