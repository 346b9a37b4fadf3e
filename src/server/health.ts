import { Hono } from 'hono';
import { sql } from 'kysely';
import type { AnchorContext } from '../transfers/context.ts';

/** `/health`: 200 when the database answers, 503 when it does not. It names no secret and asks nothing of the network. */
export function healthRoutes(ctx: AnchorContext): Hono {
  return new Hono().get('/health', async (c) => {
    try {
      await sql`select 1`.execute(ctx.db.read);
      return c.json({ status: 'ok', network: ctx.project.network.name, seps: ctx.project.seps });
    } catch {
      return c.json({ status: 'unavailable', reason: 'database' }, 503);
    }
  });
}
