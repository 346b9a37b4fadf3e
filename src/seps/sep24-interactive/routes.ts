import { type Context, Hono } from 'hono';
import { limits } from '../../kernel/limits.ts';
import type { AnchorContext, Kind } from '../../transfers/index.ts';
import { closeRoute, guarded, json, notFoundAnswer, publicJson } from '../shared/answers.ts';
import { readForm, readQuery } from '../shared/body.ts';
import { allowPreflight } from '../shared/cors.ts';
import { fee } from '../shared/fee.ts';
import { parseFind } from '../shared/params.ts';
import { type Principal, withPrincipal } from '../shared/principal.ts';
import { info } from './info.ts';
import { parseInteractive, parseList } from './schema.ts';
import { sep9Fields } from './sep9.ts';
import { beginInteractive, findTransaction, listTransactions } from './service.ts';

const BASE = '/sep24';

/** Objects and lists under other names are ignored (SC-31). */
const NAMES =
  'asset_code asset_issuer source_asset destination_asset amount quote_id account memo memo_type refund_memo refund_memo_type ' +
  'claimable_balance_supported customer_id lang';
const KNOWN = NAMES.split(' ');

/** The routes of SEP-24 3.8.0. */
export function sep24Routes(ctx: AnchorContext): Hono {
  const app = new Hono();
  const formFields = new Set(
    [...ctx.project.forms.values()].flatMap(({ fields }) => fields.map(({ name }) => name)),
  );

  const begin = (kind: Kind) =>
    withPrincipal(ctx, async (c: Context, principal: Principal) => {
      // SEP-9 files may come along: they are read past, because nothing here keeps them (S24-14).
      const multipart = /^multipart\//i.test(c.req.header('content-type') ?? '');
      const { fields: params } = await readForm(c, {
        names: KNOWN,
        ...(multipart ? { maxBytes: limits.uploadBodyBytes } : {}),
      });
      c.set('lang', params['lang']);
      const request = parseInteractive(kind, params);
      const { id, url } = await beginInteractive(
        ctx,
        principal,
        kind,
        request,
        sep9Fields(params, formFields),
      );
      return json({ type: 'interactive_customer_info_needed', url, id });
    });

  const routes = {
    [`${BASE}/info`]: ['GET', guarded(ctx.log, async () => publicJson(await info(ctx)))],
    [`${BASE}/fee`]: [
      'GET',
      ctx.project.integrations.fee === undefined
        ? notFoundAnswer
        : withPrincipal(ctx, async (c) => json(await fee(ctx, 24, readQuery(c)))),
    ],
    [`${BASE}/transactions/deposit/interactive`]: ['POST', begin('deposit')],
    [`${BASE}/transactions/withdraw/interactive`]: ['POST', begin('withdrawal')],
    [`${BASE}/transactions`]: [
      'GET',
      withPrincipal(ctx, async (c, principal) =>
        json({ transactions: await listTransactions(ctx, principal, parseList(readQuery(c))) }),
      ),
    ],
    [`${BASE}/transaction`]: [
      'GET',
      withPrincipal(ctx, async (c, principal) =>
        json({ transaction: await findTransaction(ctx, principal, parseFind(readQuery(c))) }),
      ),
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
