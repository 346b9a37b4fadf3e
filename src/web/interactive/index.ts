import type { Context } from 'hono';
import { Hono } from 'hono';
import { AnchorError, notFound } from '../../kernel/errors.ts';
import { isUuid } from '../../kernel/ids.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { moreInfoPath, moreInfoUrl } from '../../transfers/links.ts';
import type { TransactionRow } from '../../transfers/rows.ts';
import { openMoreInfo } from '../../transfers/sessions.ts';
import { htmlResponse, jsonResponse, redirectResponse } from '../headers.ts';
import { postAmount, showAmount, showFee } from './amount.ts';
import { enter } from './enter.ts';
import { postForm, showForm } from './forms.ts';
import { type DescribeTransaction, stateOf, statusPage } from './status.ts';
import { frameAncestors, isOpen, openVisit, targetOrigin } from './visit.ts';

type Page = (ctx: AnchorContext, c: Context) => Promise<Response>;

/** The pages of a transaction: interactive flow (`/interactive/ID/…`) and status (`/more-info/ID`). */
export function interactiveRoutes(
  ctx: AnchorContext,
  describe: DescribeTransaction,
  onFault: (c: Context, error: unknown) => Response,
): Hono {
  const app = new Hono();
  const guarded = (page: Page) => (c: Context) =>
    page(ctx, c).catch((error: unknown) =>
      c.req.path.endsWith('/state') || c.req.path.endsWith('/fee')
        ? faultJson(ctx, error)
        : onFault(c, error),
    );

  app.get('/interactive/:id', guarded(enter));
  app.get('/interactive/:id/amount', guarded(showAmount));
  app.post('/interactive/:id/amount', guarded(postAmount));
  app.get('/interactive/:id/fee', guarded(showFee));
  app.get('/interactive/:id/form/:form', guarded(showForm));
  app.post('/interactive/:id/form/:form', guarded(postForm));
  app.get('/interactive/:id/status', guarded(showStatus));
  app.get(
    '/interactive/:id/state',
    guarded(async (_, c) => jsonResponse(await stateOf((await openVisit(ctx, c)).row, describe))),
  );
  app.get('/more-info/:id', guarded(showMoreInfo));
  app.get(
    '/more-info/:id/state',
    guarded(async (_, c) => jsonResponse(await stateOf(await moreInfoRow(ctx, c), describe))),
  );
  return app;
}

async function showStatus(ctx: AnchorContext, c: Context): Promise<Response> {
  const visit = await openVisit(ctx, c);
  if (isOpen(visit)) return redirectResponse(`${visit.base}/amount`, 302);
  const html = await statusPage(ctx, visit.row, {
    stateUrl: `${visit.base}/state`,
    target: targetOrigin(visit.row, visit.opener),
    laterUrl: moreInfoUrl(ctx, visit.row.id),
  });
  return htmlResponse(html, { frameAncestors: frameAncestors(visit.row, visit.opener) });
}

/** The same answer whatever is wrong: unknown, foreign, expired. @throws MORE_INFO_INVALID (403), PAGE_NOT_FOUND (404) */
async function moreInfoRow(ctx: AnchorContext, c: Context): Promise<TransactionRow> {
  const id = c.req.param('id');
  if (!isUuid(id)) throw notFound('PAGE_NOT_FOUND', 'There is nothing here.');
  const row = await openMoreInfo(ctx, id, c.req.query('token'));
  if (row !== null) return row;
  throw new AnchorError({
    code: 'MORE_INFO_INVALID',
    message: 'This link is not valid any more.',
    hint: 'Open the transaction again in the wallet.',
    httpStatus: 403,
  });
}

async function showMoreInfo(ctx: AnchorContext, c: Context): Promise<Response> {
  const row = await moreInfoRow(ctx, c);
  const token = encodeURIComponent(c.req.query('token') ?? '');
  const html = await statusPage(ctx, row, {
    stateUrl: `${moreInfoPath(row.id)}/state?token=${token}`,
    target: targetOrigin(row, null),
  });
  return htmlResponse(html, { frameAncestors: frameAncestors(row, null) });
}

/** For our own scripts: a status and nothing else. */
function faultJson(ctx: AnchorContext, error: unknown): Response {
  if (AnchorError.is(error) && error.httpStatus < 500) {
    return jsonResponse({ error: error.message }, error.httpStatus);
  }
  ctx.log.error('page_failed', { error });
  return jsonResponse({ error: 'The server could not complete this request.' }, 500);
}
