import { type Context, Hono } from 'hono';
import {
  eraseCustomer,
  languageOf,
  listFiles,
  rulesOf,
  setCallback,
  textsFor,
  uploadFile,
} from '../../customers/index.ts';
import { limits } from '../../kernel/limits.ts';
import { customersOf } from '../../transfers/customers.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { closeRoute, json, notFoundAnswer } from '../shared/answers.ts';
import { type Fields, readBody, readForm, readQuery } from '../shared/body.ts';
import { callbackUrl } from '../shared/callback-url.ts';
import { allowPreflight } from '../shared/cors.ts';
import { parameterMissing } from '../shared/faults.ts';
import { optional } from '../shared/params.ts';
import { type PrincipalHandler, withPrincipal } from '../shared/principal.ts';
import { parameterInvalid, unauthenticated } from './errors.ts';
import { NAMES, parseCustomer, parseErasure, parseFiles, parseIdentity } from './schema.ts';
import { getCustomer, saveCustomer, verifyCustomer } from './service.ts';
import { printCustomer, printFile } from './view.ts';

const CUSTOMER = '/kyc/customer';
/** parts of a body; a customer has fewer fields than there are names in SEP-9 */
const MAX_PARTS = 200;

/** The routes of SEP-12 1.15.0. */
export function sep12Routes(ctx: AnchorContext): Hono {
  const customers = customersOf(ctx);
  // objects and lists under other names are ignored (SC-31)
  const names = [...NAMES, ...rulesOf(ctx.project).fields.keys()];
  const user = (handler: PrincipalHandler) => withPrincipal(ctx, handler, unauthenticated);

  const get = user(async (c, principal) => {
    const request = parseCustomer(readQuery(c), principal);
    return json(printCustomer(await getCustomer(ctx, customers, principal, request)));
  });
  const put = user(async (c, principal) => {
    const { fields: texts, files } = await readFields(c, names);
    const request = parseCustomer(texts, principal);
    const id = await saveCustomer(ctx, customers, principal, request, {
      texts,
      files,
      lang: langOf(c, texts),
    });
    return json({ id }, 202);
  });
  const verify = user(async (c, principal) => {
    const { fields } = await readFields(c, names);
    const request = parseCustomer(fields, principal);
    return json(
      printCustomer(await verifyCustomer(customers, principal, request, fields, langOf(c, fields))),
    );
  });
  const callback = user(async (c, principal) => {
    const params = await readBody(c, { names: NAMES });
    const key = parseIdentity(params, principal);
    const url = callbackUrl('url', optional(params, 'url'), ctx.project.localMode);
    if (url === undefined) throw parameterMissing('url');
    await setCallback(customers, principal, key, url);
    return json({});
  });
  const erase = user(async (c, principal) => {
    const body = await readBody(c, { names: NAMES });
    await eraseCustomer(customers, principal, parseErasure(c.req.param('account') ?? '', body, principal));
    return json({});
  });
  const upload = user(async (c, principal) => {
    const { files, fields } = await readFields(c, names);
    const file = files.get('file');
    if (file === undefined) throw parameterInvalid('file', 'must be sent as a file, in a multipart form.');
    return json(printFile(await uploadFile(customers, principal, file, textsFor(langOf(c, fields)))));
  });
  const list = user(async (c, principal) => {
    const files = await listFiles(customers, principal, parseFiles(readQuery(c)));
    return json({ files: files.map(printFile) });
  });

  const app = new Hono();
  const routes = {
    [CUSTOMER]: { GET: get, PUT: put },
    [`${CUSTOMER}/verification`]: { PUT: verify },
    [`${CUSTOMER}/callback`]: { PUT: callback },
    [`${CUSTOMER}/files`]: { GET: list, POST: upload },
    [`${CUSTOMER}/:account`]: { DELETE: erase },
  };
  for (const [path, methods] of Object.entries(routes)) {
    for (const [method, handler] of Object.entries(methods)) app.on(method, path, handler);
    allowPreflight(app, path);
    closeRoute(app, path, Object.keys(methods).join(', '));
  }
  app.all('/kyc/*', notFoundAnswer);
  return app;
}

/** The language of faults: SEP-12 has a parameter for it in GET only, browsers tell it everywhere (S12-22). */
const langOf = (c: Context, params: Fields): string | undefined => {
  const given = optional(params, 'lang') ?? c.req.header('accept-language')?.slice(0, 200).split(/[,;]/)[0];
  return given === undefined ? undefined : languageOf(given);
};

/** A body with its files; binary parts may stand anywhere in it (SC-10). @throws PARAMETER_INVALID (400) too many parts */
async function readFields(
  c: Context,
  names: readonly string[],
): Promise<{ fields: Fields; files: Map<string, Uint8Array> }> {
  const multipart = /^multipart\//i.test(c.req.header('content-type') ?? '');
  const form = await readForm(c, {
    names,
    ...(multipart ? { maxBytes: limits.uploadBodyBytes } : {}),
  });
  if (Object.keys(form.fields).length + form.files.size > MAX_PARTS) {
    throw parameterInvalid('The body', `has at most ${MAX_PARTS} parts.`);
  }
  const files = new Map<string, Uint8Array>();
  for (const [name, file] of form.files) files.set(name, new Uint8Array(await file.arrayBuffer()));
  return { fields: form.fields, files };
}
