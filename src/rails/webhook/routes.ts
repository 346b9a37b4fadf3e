import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import type { RailsWebhook } from '../../config/integrations.ts';
import { AnchorError, messageOf } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { callRails } from '../guard.ts';
import { deliveryId, storeDelivery, workOff } from './deliveries.ts';
import { inTime, SIGNATURE_HEADER, type Verdict, verifyDelivery } from './signature.ts';

/**
 * `POST /rails/webhook`: the bank tells what happened. Signed with one of RAILS_WEBHOOK_SECRET over the raw body and a time at most five
 * minutes away, or checked by `rails.verifyWebhook`; without both there is nothing at this address. A delivery is stored, then
 * answered with 200, whatever it says: what cannot be understood is the operator's, and no reason for the bank to send it for days.
 */
export function railsRoutes(ctx: AnchorContext): Hono {
  const app = new Hono();
  const secrets = ctx.project.secrets.railsWebhook ?? [];
  const own = ctx.project.integrations.rails?.verifyWebhook !== undefined;
  if (ctx.project.integrations.rails === undefined || (secrets.length === 0 && !own)) return app;
  app.post('/rails/webhook', async (c) => {
    try {
      return await receive(ctx, c, own ? null : secrets);
    } catch (error) {
      ctx.log.error('webhook_failed', { error: messageOf(error) });
      const down = AnchorError.is(error) && error.code.startsWith('DATABASE_');
      return answer({ error: 'Not taken. Please send it again.' }, down ? 503 : 500);
    }
  });
  return app;
}

const HEADERS = { 'cache-control': 'no-store' };
const answer = (body: object, status: number): Response => Response.json(body, { status, headers: HEADERS });

async function receive(ctx: AnchorContext, c: Context, secrets: readonly string[] | null): Promise<Response> {
  const bytes = await readBody(c);
  if (bytes === 'broken') return answer({ error: 'The body did not arrive whole.' }, 400);
  if (bytes === 'large') {
    return answer({ error: `The body is larger than ${limits.webhookBodyBytes} bytes.` }, 413);
  }
  const delivery: RailsWebhook = {
    body: new TextDecoder().decode(bytes),
    headers: Object.fromEntries(c.req.raw.headers),
  };
  const nowSeconds = Math.floor(ctx.clock.now() / 1000);
  const verdict =
    secrets === null
      ? await verifyByHook(ctx, delivery, nowSeconds)
      : verifyDelivery(delivery.headers[SIGNATURE_HEADER], bytes, { secrets, nowSeconds });
  if ('refused' in verdict) {
    ctx.log.warn('webhook_refused', { reason: verdict.refused });
    return answer({ error: 'The signature is missing, wrong or out of time.' }, 401);
  }
  const id = deliveryId(verdict.signedAt, bytes);
  if (!(await storeDelivery(ctx, id, delivery))) return answer({ status: 'known' }, 200);
  // stored: from here on nothing can get lost, and the jobs go on where this ends
  const worked = await workOff(ctx, id).catch((error: unknown) => {
    ctx.log.error('bank_event_failed', { event: id, error: messageOf(error) });
    return 'waiting' as const;
  });
  return answer({ status: worked === 'done' ? 'done' : 'stored' }, 200);
}

const hookVerdict = v.nullable(v.object({ signedAt: v.number() }));

async function verifyByHook(
  ctx: AnchorContext,
  delivery: RailsWebhook,
  nowSeconds: number,
): Promise<Verdict> {
  try {
    const verdict = await callRails(
      ctx,
      'verifyWebhook',
      (rails, hook) => rails.verifyWebhook?.(delivery, hook),
      hookVerdict,
    );
    if (verdict === null) return { refused: 'not verified' };
    return inTime(verdict.signedAt, nowSeconds) ? verdict : { refused: 'too old or too new' };
  } catch (error) {
    return { refused: messageOf(error) };
  }
}

/** At most so many bytes, whatever Content-Length says. */
async function readBody(c: Context): Promise<Uint8Array | 'large' | 'broken'> {
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(chunks);
      length += value.length;
      if (length > limits.webhookBodyBytes) {
        reader.cancel().catch(() => undefined);
        return 'large';
      }
      chunks.push(value);
    }
  } catch {
    return 'broken';
  }
}
