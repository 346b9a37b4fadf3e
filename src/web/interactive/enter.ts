import type { Context } from 'hono';
import { AnchorError } from '../../kernel/errors.ts';
import { isUuid } from '../../kernel/ids.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { isMoved, moveTransaction } from '../../transfers/move.ts';
import type { TransactionRow } from '../../transfers/rows.ts';
import { exchangeToken, saveSessionStep } from '../../transfers/sessions.ts';
import { type Status, TERMINAL } from '../../transfers/states.ts';
import { redirectResponse } from '../headers.ts';
import { isProbe, refererOrigin } from '../request.ts';
import { parseCallback } from './callbacks.ts';
import { elsewhere } from './flow.ts';
import { isOpen, openVisit, sessionCookie, type Visit, visitOf } from './visit.ts';

interface Callbacks {
  callback: string | null;
  onChange: string | null;
}

/** GET /interactive/ID: the token of the URL becomes a session, and the address bar loses it (S24-30). */
export async function enter(ctx: AnchorContext, c: Context): Promise<Response> {
  const id = c.req.param('id');
  if (!isUuid(id))
    throw new AnchorError({ code: 'PAGE_NOT_FOUND', message: 'No such page.', httpStatus: 404 });
  const callbacks: Callbacks = {
    callback: parseCallback(c.req.query('callback'), ctx.project.localMode),
    onChange: parseCallback(c.req.query('on_change_callback'), ctx.project.localMode),
  };
  const token = c.req.query('token');
  if (token === undefined) {
    return firstPage(ctx, await openVisit(ctx, c));
  }
  if (isProbe(c)) return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });
  return exchange(ctx, c, id, token, callbacks);
}

async function exchange(
  ctx: AnchorContext,
  c: Context,
  id: string,
  token: string,
  callbacks: Callbacks,
): Promise<Response> {
  const known = await openVisit(ctx, c).catch((error: unknown) => {
    if (AnchorError.is(error) && error.httpStatus < 500) return null;
    throw error;
  });
  let granted: Awaited<ReturnType<typeof exchangeToken>>;
  try {
    granted = await exchangeToken(ctx, token);
  } catch (error) {
    // The same browser again with its used link: it has the session already (back button, reload of the first page).
    if (known === null || !AnchorError.is(error)) throw error;
    return firstPage(ctx, known);
  }
  if (granted.row.id !== id) {
    throw new AnchorError({
      code: 'INTERACTIVE_TOKEN_INVALID',
      message: 'This link belongs to another transaction.',
      httpStatus: 403,
    });
  }
  const sessionToken = granted.session.token;
  const row = await keepCallbacks(ctx, granted.row, callbacks);
  const opener = refererOrigin(c);
  if (opener !== null && opener !== new URL(ctx.project.hostUrl).origin) {
    await saveSessionStep(ctx, sessionToken, opener);
  }
  const headers = { 'set-cookie': sessionCookie(ctx, c, row.id, sessionToken) };
  return firstPage(ctx, await visitOf(ctx, granted.session, row), headers);
}

async function firstPage(
  ctx: AnchorContext,
  visit: Visit,
  headers?: Record<string, string>,
): Promise<Response> {
  const away = await elsewhere(ctx, visit);
  return redirectResponse(away ?? `${visit.base}/${isOpen(visit) ? 'amount' : 'status'}`, 302, headers);
}

/** Kept when first seen, and not replaced afterwards (S24-32). */
async function keepCallbacks(
  ctx: AnchorContext,
  row: TransactionRow,
  seen: Callbacks,
): Promise<TransactionRow> {
  const callback = row.callback ?? seen.callback;
  const onChange = row.on_change_callback ?? seen.onChange;
  if ((callback === row.callback && onChange === row.on_change_callback) || TERMINAL.has(row.status))
    return row;
  try {
    return await ctx.db.write((trx) =>
      moveTransaction(ctx, trx, row, {
        to: row.status as Status,
        by: 'wallet',
        reason: 'callback',
        set: { callback, on_change_callback: onChange },
      }),
    );
  } catch (error) {
    if (!isMoved(error)) throw error;
    const fresh = await ctx.db.read
      .selectFrom('transactions')
      .selectAll()
      .where('id', '=', row.id)
      .executeTakeFirstOrThrow();
    return keepCallbacks(ctx, fresh, seen);
  }
}
