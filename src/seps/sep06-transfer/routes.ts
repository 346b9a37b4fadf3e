import { Hono } from 'hono';
import type { AnchorContext, Kind } from '../../transfers/index.ts';
import { closeRoute, guarded, type Handler, json, notFoundAnswer, publicJson } from '../shared/answers.ts';
import { readJsonBody, readQuery } from '../shared/body.ts';
import { allowPreflight } from '../shared/cors.ts';
import { fee } from '../shared/fee.ts';
import { optional, parseFind, parseLang } from '../shared/params.ts';
import { withPrincipal } from '../shared/principal.ts';
import { info } from './info.ts';
import { findTransaction, listTransactions } from './records.ts';
import { parseList, parseTransfer } from './schema.ts';
import { beginTransfer } from './service.ts';
import { updateTransfer } from './update.ts';

const BASE = '/sep6';

/** The routes of SEP-6 4.3.0. */
export function sep6Routes(ctx: AnchorContext): Hono {
  const app = new Hono();
  const local = ctx.project.localMode && ctx.project.network.name !== 'public';
  const begin = (kind: Kind, exchange: boolean): Handler =>
    withPrincipal(ctx, async (c, principal) => {
      const params = readQuery(c);
      const request = parseTransfer(kind, exchange, params, local);
      const { status, body } = await beginTransfer(ctx, principal, request, params);
      return json(body, status);
    });
  const routes: Record<string, Handler> = {
    info: guarded(ctx.log, async (c) =>
      publicJson(await info(ctx, parseLang(optional(readQuery(c), 'lang')))),
    ),
    deposit: begin('deposit', false),
    withdraw: begin('withdrawal', false),
    fee:
      ctx.project.integrations.fee === undefined
        ? notFoundAnswer
        : withPrincipal(ctx, async (c) => json(await fee(ctx, 6, readQuery(c)))),
    transactions: withPrincipal(ctx, async (c, principal) =>
      json({ transactions: await listTransactions(ctx, principal, parseList(readQuery(c, 'kind'))) }),
    ),
    transaction: withPrincipal(ctx, async (c, principal) =>
      json({ transaction: await findTransaction(ctx, principal, parseFind(readQuery(c))) }),
    ),
  };
  if (ctx.project.seps.includes(38)) {
    routes['deposit-exchange'] = begin('deposit', true);
    routes['withdraw-exchange'] = begin('withdrawal', true);
  }
  for (const [name, handler] of Object.entries(routes)) {
    const path = `${BASE}/${name}`;
    app.get(path, handler);
    allowPreflight(app, path);
    closeRoute(app, path, 'GET');
  }
  const one = `${BASE}/transactions/:id`;
  app.patch(
    one,
    withPrincipal(ctx, async (c, principal) =>
      json({
        transaction: await updateTransfer(ctx, principal, c.req.param('id') ?? '', await readJsonBody(c)),
      }),
    ),
  );
  allowPreflight(app, one);
  closeRoute(app, one, 'PATCH');
  app.all(`${BASE}/*`, notFoundAnswer);
  return app;
}
