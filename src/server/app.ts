import { Hono } from 'hono';
import { AnchorError } from '../kernel/errors.ts';
import { railsRoutes } from '../rails/index.ts';
import { describeTransfer } from '../seps/sep06-transfer/index.ts';
import { describeTransaction } from '../seps/sep24-interactive/index.ts';
import { CORS } from '../seps/shared/cors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { bankRoutes } from '../web/bank/index.ts';
import { demoWalletRoutes } from '../web/demo-wallet/index.ts';
import { webErrorPage, webNotFound, webRoutes } from '../web/index.ts';
import { healthRoutes } from './health.ts';
import { type AnswerFault, checkAnswers, openApiRoutes } from './openapi/index.ts';
import { activeSeps } from './seps.ts';

export interface AppOptions {
  /** `anchor dev`: faults of the anchor's own code are shown on a page, and answers are checked against their shapes */
  dev?: boolean;
  /** told of answers that are not as their SEP has them; default in development: the log */
  onInvalidAnswer?: (fault: AnswerFault) => void;
}

const API = /^\/(?:sep\d\d?|auth|kyc|rails|federation|\.well-known)(?:\/|$)/;

/** The whole anchor as a value: tests call `app.request`, `serve` puts it on a port. */
export function createApp(ctx: AnchorContext, options: AppOptions = {}): Hono {
  const app = new Hono();
  const seps = activeSeps(ctx.project);
  const told = options.onInvalidAnswer ?? (options.dev ? logInvalid(ctx) : undefined);
  if (told !== undefined)
    app.use(
      checkAnswers(
        seps.flatMap(({ endpoints }) => endpoints),
        told,
      ),
    );
  app.route('/', healthRoutes(ctx));
  for (const module of seps) app.route('/', module.routes(ctx));
  app.route('/', openApiRoutes(ctx, seps));
  app.route('/', railsRoutes(ctx));
  app.route('/', bankRoutes(ctx));
  app.route('/', demoWalletRoutes(ctx));
  app.route(
    '/',
    webRoutes(ctx, {
      ...options,
      describe: (row) => (row.sep === '6' ? describeTransfer(ctx, row) : describeTransaction(ctx, row)),
    }),
  );

  app.notFound((c) => {
    if (!API.test(c.req.path)) return webNotFound(ctx, c);
    return c.json({ error: 'There is nothing at this address.' }, 404, CORS);
  });
  app.onError((error, c) => {
    if (!API.test(c.req.path)) return webErrorPage(ctx, c, error, options);
    const expected = AnchorError.is(error) && error.httpStatus < 500;
    if (!expected) ctx.log.error('request_failed', { method: c.req.method, path: c.req.path, error });
    const status = AnchorError.is(error) ? error.httpStatus : 500;
    const text = expected ? error.message : 'Something went wrong on our side. Please try again.';
    return Response.json({ error: text }, { status, headers: CORS });
  });
  return app;
}

const logInvalid =
  (ctx: AnchorContext) =>
  (fault: AnswerFault): void =>
    ctx.log.error('answer_invalid', { ...fault });
