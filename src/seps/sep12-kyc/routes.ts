import { type Context, Hono } from 'hono';
import { limits } from '../../kernel/limits.ts';
import { customersOf } from '../../transfers/customers.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { closeRoute, json, notFoundAnswer } from '../shared/answers.ts';
import { type Fields, readForm, readQuery } from '../shared/body.ts';
import { allowPreflight } from '../shared/cors.ts';
import { type PrincipalHandler, withPrincipal } from '../shared/principal.ts';
import { unauthenticated } from './errors.ts';
import { NAMES, parseCustomer } from './schema.ts';
import { getCustomer, saveCustomer } from './service.ts';
import { printCustomer } from './view.ts';

const BASE = '/kyc';

/** The routes of SEP-12 1.15.0. */
export function sep12Routes(ctx: AnchorContext): Hono {
  const app = new Hono();
  const customers = customersOf(ctx);
  const user = (handler: PrincipalHandler) => withPrincipal(ctx, handler, unauthenticated);

  const put = user(async (c: Context, principal) => {
    const { fields, files } = await readPut(c);
    const request = parseCustomer(fields, principal);
    const id = await saveCustomer(customers, principal, request, fields, files);
    return json({ id }, 202);
  });
  const get = user(async (c, principal) =>
    json(printCustomer(await getCustomer(customers, principal, parseCustomer(readQuery(c), principal)))),
  );
  app.get(`${BASE}/customer`, get);
  app.put(`${BASE}/customer`, put);
  allowPreflight(app, `${BASE}/customer`);
  closeRoute(app, `${BASE}/customer`, 'GET, PUT');
  app.all(`${BASE}/*`, notFoundAnswer);
  return app;
}

/** The body of a PUT with its files; binary parts may stand anywhere in it (SC-10). */
async function readPut(c: Context): Promise<{ fields: Fields; files: Map<string, Uint8Array> }> {
  const multipart = /^multipart\//i.test(c.req.header('content-type') ?? '');
  const form = await readForm(c, {
    names: NAMES,
    ...(multipart ? { maxBytes: limits.uploadBodyBytes } : {}),
  });
  const files = new Map<string, Uint8Array>();
  for (const [name, file] of form.files) files.set(name, new Uint8Array(await file.arrayBuffer()));
  return { fields: form.fields, files };
}
