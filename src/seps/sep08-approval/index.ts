import { type Context, Hono } from 'hono';
import { AnchorError, notFound } from '../../kernel/errors.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { AssetRow } from '../../transfers/rows.ts';
import { guarded, json, methodNotAllowed } from '../shared/answers.ts';
import { readBody } from '../shared/body.ts';
import { allowPreflight } from '../shared/cors.ts';
import type { SepModule } from '../shared/module.ts';
import { approve } from './approve.ts';
import { endpoints } from './endpoints.ts';

const PATH = '/sep8/approve/:code';
/** a transaction of 100 operations has about 20 kB; with JSON around it */
const MAX_BYTES = 64_000;

/** SEP-8 1.7.4, optional: the approval server of regulated assets; the hook `approval` decides (SO-05). */
export const sep8: SepModule = {
  id: 8,
  title: 'Regulated assets',
  endpoints,
  // it stands with the asset, in CURRENCIES
  toml: () => ({}),
  routes(ctx) {
    const app = new Hono();
    app.post(
      PATH,
      guarded(ctx.log, (c) => answer(ctx, c)),
    );
    allowPreflight(app, PATH);
    app.all(PATH, () => methodNotAllowed('POST'));
    return app;
  },
  jobs: [],
  needs: [1],
};

async function answer(ctx: AnchorContext, c: Context): Promise<Response> {
  const asset = await regulated(ctx, c.req.param('code') ?? '');
  try {
    const { tx } = await readBody(c, { maxBytes: MAX_BYTES, names: ['tx'] });
    const said = await approve(ctx, asset, tx);
    return json(said, said['status'] === 'rejected' ? 400 : 200);
  } catch (error) {
    // wallets look for the status on every answer (SO-05)
    if (!AnchorError.is(error) || error.httpStatus >= 500) throw error;
    return json({ status: 'rejected', error: error.message }, error.httpStatus);
  }
}

/** @throws ASSET_NOT_FOUND (404): not ours, or not regulated */
async function regulated(ctx: AnchorContext, code: string): Promise<AssetRow> {
  const row = (ctx.project.regulated?.assets ?? []).includes(code)
    ? await ctx.db.read
        .selectFrom('assets')
        .selectAll()
        .where('code', '=', code)
        .where('issuer', '!=', '')
        .orderBy('created_at')
        .executeTakeFirst()
    : undefined;
  if (row === undefined) throw notFound('ASSET_NOT_FOUND', 'There is no such regulated asset here.');
  return row;
}
