import { type Context, Hono } from 'hono';
import type { Principal } from '../../kernel/principal.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { closeRoute, guarded, json, notFoundAnswer, publicJson } from '../shared/answers.ts';
import { readJsonBody, readQuery } from '../shared/body.ts';
import { allowPreflight, CORS } from '../shared/cors.ts';
import { parseLang } from '../shared/params.ts';
import { withPrincipal } from '../shared/principal.ts';
import { info } from './info.ts';
import { parseCallback, parsePayment, parseUpdate } from './schema.ts';
import { checkSender } from './senders.ts';
import { findPayment, setCallback, takePayment } from './service.ts';
import { updatePayment } from './update.ts';

const BASE = '/sep31';

type Work = (c: Context, principal: Principal) => Promise<Response>;

/** The routes of SEP-31 3.1.0, receiving side. */
export function sep31Routes(ctx: AnchorContext): Hono {
  const app = new Hono();
  const local = ctx.project.localMode && ctx.project.network.name !== 'public';
  const idOf = (c: Context): string => c.req.param('id') ?? '';

  /** for partners only, before anything of the request is looked at (S31-01, S31-02) */
  const forPartners = (work: Work) =>
    withPrincipal(ctx, async (c, principal) => {
      await checkSender(ctx, principal);
      return work(c, principal);
    });

  const routes: [path: string, methods: [string, (c: Context) => Response | Promise<Response>][]][] = [
    [
      `${BASE}/info`,
      [['GET', guarded(ctx.log, async (c) => publicJson(await info(ctx, parseLang(readQuery(c)['lang']))))]],
    ],
    [
      `${BASE}/transactions`,
      [
        [
          'POST',
          forPartners(async (c, principal) => {
            const asked = await readJsonBody(c);
            c.set('lang', asked['lang']);
            const { status, body } = await takePayment(ctx, principal, parsePayment(asked));
            return json(body, status);
          }),
        ],
      ],
    ],
    [
      `${BASE}/transactions/:id`,
      [
        [
          'GET',
          forPartners(async (c, principal) =>
            json({ transaction: await findPayment(ctx, principal, idOf(c)) }),
          ),
        ],
        [
          'PATCH',
          forPartners(async (c, principal) => {
            const fields = parseUpdate(await readJsonBody(c));
            return json({ transaction: await updatePayment(ctx, principal, idOf(c), fields) });
          }),
        ],
      ],
    ],
    [
      `${BASE}/transactions/:id/callback`,
      [
        [
          'PUT',
          forPartners(async (c, principal) => {
            await setCallback(ctx, principal, idOf(c), parseCallback(await readJsonBody(c), local));
            return new Response(null, { status: 204, headers: CORS });
          }),
        ],
      ],
    ],
  ];
  for (const [path, methods] of routes) {
    for (const [method, handler] of methods) app.on(method, path, handler);
    allowPreflight(app, path);
    closeRoute(app, path, methods.map(([method]) => method).join(', '));
  }
  app.all(`${BASE}/*`, notFoundAnswer);
  return app;
}
