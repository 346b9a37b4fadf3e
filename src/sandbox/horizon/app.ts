import type { Context, MiddlewareHandler } from 'hono';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { type Horizon, object } from './handlers.ts';
import type { Network } from './network.ts';
import { NOT_FOUND, NOT_IMPLEMENTED, problemResponse, SERVER_ERROR, TOO_LARGE } from './problem.ts';
import { rootFields } from './resources/root.ts';
import { accountListRoutes } from './routes/account-list.ts';
import { historyRoutes } from './routes/history.ts';
import { ledgerRoutes } from './routes/ledgers.ts';
import { marketRoutes } from './routes/market.ts';
import { stateRoutes } from './routes/state.ts';
import { transactionRoutes } from './routes/transactions.ts';
import { Streams } from './sse.ts';
import { type SubmissionOptions, Submissions } from './submissions.ts';

const MAX_BODY_BYTES = 1_000_000;
const NO_CACHE = 'no-cache, no-store, max-age=0';

/** Routes that show the state of the ledger, not history: they tell the ledger they speak of. */
const STATE =
  /^\/(accounts(\/[^/]+(\/(offers|data\/[^/]*))?)?|claimable_balances(\/[^/]+)?|offers(\/[^/]+)?|assets|order_book|paths(\/[^/]+)?)\/?$/;

const titleCase = (header: string): string =>
  header.trim().replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());

/** Any origin may read; a preflight is answered for the methods Horizon has. */
function preflight(c: Context, origin: string, method: string): Response {
  const headers = new Headers({
    'cache-control': NO_CACHE,
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  });
  if (['GET', 'POST', 'HEAD'].includes(method.toUpperCase())) {
    const asked = c.req.header('access-control-request-headers') ?? '';
    headers.set('access-control-allow-origin', origin);
    headers.set('access-control-allow-methods', method.toUpperCase());
    if (asked !== '') headers.set('access-control-allow-headers', asked.split(',').map(titleCase).join(', '));
  }
  return new Response(null, { status: 200, headers });
}

function headers(network: Network): MiddlewareHandler {
  return async (c, next) => {
    const origin = c.req.header('origin');
    const wanted = c.req.header('access-control-request-method');
    if (c.req.method === 'OPTIONS' && origin !== undefined && wanted !== undefined) {
      c.res = preflight(c, origin, wanted);
      return;
    }
    await next();
    const answer = c.res.headers;
    answer.append('vary', 'Origin');
    if (answer.get('content-type')?.startsWith('text/event-stream')) return;
    if (!answer.has('cache-control')) answer.set('cache-control', NO_CACHE);
    if (STATE.test(c.req.path)) answer.set('latest-ledger', String(network.ledger.header.sequence));
    if (origin !== undefined) {
      answer.set('access-control-allow-origin', origin);
      answer.set('access-control-expose-headers', 'Date, Latest-Ledger');
    }
  };
}

/** Known paths answer other methods with 405 and nothing else. */
function otherMethods(app: Hono): void {
  const paths = new Set(app.routes.filter(({ method }) => method !== 'ALL').map(({ path }) => path));
  for (const path of paths) app.all(path, () => new Response(null, { status: 405 }));
}

const noHead: MiddlewareHandler = async (c, next) => {
  if (c.req.method === 'HEAD') return new Response(null, { status: 405 });
  await next();
};

/** Horizon has these; this network has no pools and keeps no trade statistics. */
const ABSENT = ['/liquidity_pools', '/liquidity_pools/*', '/trade_aggregations'];

export interface HorizonApp {
  app: Hono;
  streams: Streams;
  submissions: Submissions;
}

/** Horizon's HTTP surface over one network; `more` adds routes of the same kind. */
export function createHorizon(
  network: Network,
  options: SubmissionOptions,
  more: (app: Hono, submissions: Submissions) => void = () => {},
): HorizonApp {
  const app = new Hono({ strict: false });
  const streams = new Streams();
  const submissions = new Submissions(network, options);
  const horizon: Horizon = { app, network, streams, submissions };
  app.use(
    headers(network),
    noHead,
    bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => problemResponse(TOO_LARGE) }),
  );
  object(horizon, '/', (_c, links) => () => rootFields(links, network.ledger, network.history.elder));
  accountListRoutes(horizon);
  stateRoutes(horizon);
  historyRoutes(horizon);
  ledgerRoutes(horizon);
  marketRoutes(horizon);
  transactionRoutes(horizon);
  more(app, submissions);
  for (const path of ABSENT) app.get(path, () => problemResponse(NOT_IMPLEMENTED));
  otherMethods(app);
  app.notFound(() => problemResponse(NOT_FOUND));
  app.onError((error) =>
    error instanceof HTTPException ? error.getResponse() : problemResponse(SERVER_ERROR),
  );
  return { app, streams, submissions };
}
