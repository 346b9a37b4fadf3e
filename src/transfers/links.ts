import type { AnchorContext } from './context.ts';
import { moreInfoToken } from './sessions.ts';

/** Where a browser finds the pages of a transaction: said by the SEPs, served by `web/`. */
export const interactivePath = (id: string): string => `/interactive/${id}`;
export const moreInfoPath = (id: string): string => `/more-info/${id}`;

/** The interactive URL with its token (S24-30). It has a query already, so a wallet appends `&callback=…` (S24-31). */
export function interactiveUrl(ctx: AnchorContext, id: string, token: string): string {
  return `${ctx.project.hostUrl}${interactivePath(id)}?token=${token}`;
}

/** Opens the status page without a login, by an expiring token of its own (S24-42). */
export function moreInfoUrl(ctx: AnchorContext, id: string): string {
  return `${ctx.project.hostUrl}${moreInfoPath(id)}?token=${moreInfoToken(ctx, id)}`;
}
