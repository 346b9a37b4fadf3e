import { Hono } from 'hono';
import { CORS } from '../../seps/shared/cors.ts';
import type { SepModule } from '../../seps/shared/module.ts';
import type { AnchorContext } from '../../transfers/context.ts';

export { type AnswerFault, checkAnswers } from './check.ts';

/** `GET /openapi.json`: made when it is first asked for. */
export function openApiRoutes(ctx: AnchorContext, seps: readonly SepModule[]): Hono {
  const app = new Hono();
  let document: Promise<object> | undefined;
  app.get('/openapi.json', async (c) => {
    document ??= import('./document.ts').then(({ openApiDocument }) => openApiDocument(ctx.project, seps));
    return c.json(await document, 200, { ...CORS, 'cache-control': 'public, max-age=300' });
  });
  return app;
}
