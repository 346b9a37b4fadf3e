import type { Context } from 'hono';
import { Hono } from 'hono';
import type { AnchorContext } from '../transfers/context.ts';
import { fileResponse, publicFile, type StaticFile, staticFile } from './assets.ts';
import { type FaultOptions, webErrorPage, webNotFound } from './errors.ts';
import { homePage } from './home.ts';
import { interactiveRoutes } from './interactive/index.ts';
import type { DescribeTransaction } from './interactive/status.ts';

export { webErrorPage, webNotFound } from './errors.ts';
export { htmlResponse, jsonResponse, type PageHeaderOptions, pageHeaders } from './headers.ts';
export { messagesFor } from './messages/index.ts';
export { type PageData, renderPage } from './render.ts';

export interface WebOptions extends FaultOptions {
  /** how the SEP prints a transaction, for `postMessage` (S24-35) */
  describe: DescribeTransaction;
}

/** What people look at: home page, interactive pages, status pages, static files. */
export function webRoutes(ctx: AnchorContext, options: WebOptions): Hono {
  const app = new Hono();
  const onFault = (c: Context, error: unknown) => webErrorPage(ctx, c, error, options);
  app.get('/', (c) => homePage(ctx, c));
  app.get('/static/*', (c) => file(ctx, c, '/static/', staticFile));
  app.get('/public/*', (c) => file(ctx, c, '/public/', publicFile));
  app.get('/favicon.ico', (c) => {
    const found = staticFile(ctx, 'favicon.ico') ?? staticFile(ctx, 'icon.svg');
    return found === null ? webNotFound(ctx, c) : fileResponse(found, etagOf(c));
  });
  app.route('/', interactiveRoutes(ctx, options.describe, onFault));
  app.onError((error, c) => onFault(c, error));
  return app;
}

const etagOf = (c: Context) => ({
  etag: c.req.header('if-none-match'),
  versioned: c.req.query('v') !== undefined,
});

function file(
  ctx: AnchorContext,
  c: Context,
  prefix: string,
  find: (ctx: AnchorContext, name: string) => StaticFile | null,
): Response {
  let name: string;
  try {
    name = decodeURIComponent(new URL(c.req.url).pathname.slice(prefix.length));
  } catch {
    return webNotFound(ctx, c);
  }
  const found = find(ctx, name);
  return found === null ? webNotFound(ctx, c) : fileResponse(found, etagOf(c));
}
