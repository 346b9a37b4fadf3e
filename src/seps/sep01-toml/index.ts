import { Hono } from 'hono';
import { AnchorError } from '../../kernel/errors.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { closeRoute } from '../shared/answers.ts';
import { allowPreflight, CORS } from '../shared/cors.ts';
import type { SepModule } from '../shared/module.ts';
import { stellarToml } from './document.ts';

export { stellarToml } from './document.ts';

const PATH = '/.well-known/stellar.toml';

/**
 * SEP-1 stellar.toml v2.7.0.
 *
 * @param modules the active SEPs, whose keys stand in the file
 */
export function createSep1(modules: readonly SepModule[]): SepModule {
  return {
    id: 1,
    title: 'stellar.toml',
    endpoints: [],
    toml: () => ({}),
    routes(ctx) {
      const app = new Hono();
      app.get(PATH, () => answer(ctx, modules));
      allowPreflight(app, PATH);
      closeRoute(app, PATH, 'GET');
      return app;
    },
    jobs: [],
    needs: [],
  };
}

async function answer(ctx: AnchorContext, modules: readonly SepModule[]): Promise<Response> {
  try {
    // wallets must see a changed key soon (S1-32); on the sandbox assets come and go while one looks
    const maxAge = ctx.project.network.name === 'sandbox' ? 0 : 60;
    return plain(await stellarToml(ctx, modules), 200, `public, max-age=${maxAge}`);
  } catch (error) {
    const known = AnchorError.is(error);
    const code = known ? error.code : undefined;
    ctx.log.error('stellar_toml_failed', { code, error });
    // a wallet must not take a broken file for the anchor's; who builds the anchor should see what is wrong with it
    const open = ctx.project.network.name !== 'public' && known;
    const text = open
      ? [error.message, error.hint].filter(Boolean).join('\n')
      : 'stellar.toml is not available now.';
    return plain(`${text}\n`, 500, 'no-store');
  }
}

const plain = (text: string, status: number, caching: string): Response =>
  new Response(text, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': caching, ...CORS },
  });
