import type { Context } from 'hono';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';

/**
 * A browser names the page that a form was sent from; only ours may. Programs that send no Origin are let through: they hold
 * no cookies to be misused. @throws ORIGIN_REFUSED (403)
 */
export function refuseForeignOrigin(ctx: AnchorContext, c: Context): void {
  const origin = c.req.header('origin');
  if (origin === undefined || origin === new URL(ctx.project.hostUrl).origin) return;
  if (origin === new URL(c.req.url).origin && ctx.project.localMode) return;
  throw new AnchorError({
    code: 'ORIGIN_REFUSED',
    message: 'This form was sent from another site.',
    httpStatus: 403,
  });
}
