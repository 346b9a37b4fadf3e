import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import type { FederationRequest } from '../../config/optional-hooks.ts';
import { AnchorError, badInput, notFound } from '../../kernel/errors.ts';
import { parseMemo, printMemo } from '../../kernel/memos.ts';
import { isAccount } from '../../kernel/strkey.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { callHook } from '../../transfers/hooks.ts';
import { closeRoute, guarded, json } from '../shared/answers.ts';
import { readQuery } from '../shared/body.ts';
import { allowPreflight } from '../shared/cors.ts';
import { type Endpoint, query } from '../shared/endpoint.ts';
import type { SepModule } from '../shared/module.ts';

const PATH = '/federation';
/** what SEP-2 allows before the `*` (SO-01) */
const NAME = /^[^\s*>]{1,200}$/u;

const endpoints: readonly Endpoint[] = [
  {
    method: 'get',
    path: PATH,
    summary: 'The account behind a name, or the name of an account',
    auth: 'none',
    parameters: {
      q: query('name*domain, or an account', true),
      type: query('name or id', true),
    },
    answers: {
      200: v.strictObject({
        stellar_address: v.string(),
        account_id: v.string(),
        memo_type: v.optional(v.picklist(['text', 'id', 'hash'])),
        memo: v.optional(v.string()),
      }),
    },
  },
];

const record = v.nullable(
  v.object({
    name: v.optional(v.pipe(v.string(), v.regex(NAME))),
    accountId: v.pipe(
      v.string(),
      v.check((text) => isAccount(text), 'an account G…'),
    ),
    memoType: v.optional(v.picklist(['text', 'id', 'hash'])),
    memo: v.optional(v.string()),
  }),
);

/** SEP-2 1.1.0, optional: names of this anchor, answered by the hook `federation` (SO-01). */
export const sep2: SepModule = {
  id: 2,
  title: 'Federation',
  endpoints,
  toml: (ctx) => ({ FEDERATION_SERVER: `${ctx.project.hostUrl}${PATH}` }),
  routes(ctx) {
    const app = new Hono();
    app.get(
      PATH,
      guarded(ctx.log, (c) => answer(ctx, c)),
    );
    allowPreflight(app, PATH);
    closeRoute(app, PATH, 'GET');
    return app;
  },
  jobs: [],
  needs: [1],
};

async function answer(ctx: AnchorContext, c: Context): Promise<Response> {
  const asked = requestOf(ctx, readQuery(c));
  const hook = ctx.project.integrations.federation;
  if (hook === undefined) throw absent();
  const found = await callHook(ctx, 'federation', (hookContext) => hook(asked, hookContext), record);
  if (found === null) throw absent();
  const name = asked.type === 'name' ? asked.name : found.name;
  const domain = asked.type === 'name' ? asked.domain : ctx.project.homeDomain;
  if (name === undefined) throw invalid('the name of the account is missing');
  return json({
    stellar_address: `${name}*${domain}`,
    account_id: found.accountId,
    ...memoOf(found.memoType, found.memo),
  });
}

/** @throws PARAMETER_MISSING, PARAMETER_INVALID (400), FEDERATION_NOT_FOUND (404) for names of other domains */
function requestOf(ctx: AnchorContext, { q, type }: Record<string, string | undefined>): FederationRequest {
  if (q === undefined || q === '') throw badInput('PARAMETER_MISSING', 'q is missing.');
  if (type === 'id') {
    if (!isAccount(q)) throw badInput('PARAMETER_INVALID', 'q must be an account G….');
    return { type, account: q };
  }
  if (type !== 'name') throw badInput('PARAMETER_INVALID', 'type must be name or id.');
  const star = q.lastIndexOf('*');
  const name = q.slice(0, Math.max(star, 0));
  const domain = q.slice(star + 1).toLowerCase();
  if (!NAME.test(name)) throw badInput('PARAMETER_INVALID', 'q must be name*domain.');
  if (!ctx.project.homeDomains.includes(domain)) throw absent();
  return { type, name, domain };
}

/** The memo is always text, also of an id (SO-01). */
function memoOf(type: string | undefined, memo: string | undefined): Record<string, string> {
  if (type === undefined && memo === undefined) return {};
  try {
    const parsed = parseMemo(type, memo);
    return { memo_type: parsed.type, memo: printMemo(parsed) };
  } catch (error) {
    throw invalid(AnchorError.is(error) ? error.message : 'its memo is no memo');
  }
}

const absent = (): AnchorError => notFound('FEDERATION_NOT_FOUND', 'There is no such name here.');

const invalid = (what: string): AnchorError =>
  new AnchorError({
    code: 'HOOK_ANSWER_INVALID',
    message: `The integration federation: ${what}.`,
    hint: 'Correct federation in integrations.ts.',
  });
