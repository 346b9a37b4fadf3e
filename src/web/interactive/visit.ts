import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { AnchorError } from '../../kernel/errors.ts';
import { limits } from '../../kernel/limits.ts';
import { assetOf } from '../../transfers/assets.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { readFields } from '../../transfers/fields.ts';
import { interactivePath } from '../../transfers/links.ts';
import type { AssetRow, TransactionRow } from '../../transfers/rows.ts';
import { csrfMatches, type InteractiveSession, openSession } from '../../transfers/sessions.ts';
import { redirectResponse } from '../headers.ts';
import { messagesFor, type Translate } from '../messages/index.ts';
import { type FormAnswers, isSameOrigin, readFormPost } from '../request.ts';

/** One browser on one transaction. */
export interface Visit {
  row: TransactionRow;
  asset: AssetRow;
  /** answers of the forms and SEP-9 fields of the wallet */
  fields: Record<string, string>;
  session: InteractiveSession;
  t: Translate;
  /** `/interactive/<id>` */
  base: string;
  /** origin of the window that opened or frames us, as far as known */
  opener: string | null;
}

const secure = (ctx: AnchorContext): boolean => ctx.project.hostUrl.startsWith('https:');
const cookieName = (ctx: AnchorContext): string =>
  secure(ctx) ? '__Secure-anchor-session' : 'anchor-session';

/**
 * The session cookie: for scripts invisible, for this transaction's pages only (S24-41). In a frame of another site browsers take
 * cookies only with SameSite=None, and keep them apart for each framing site (Partitioned).
 */
export function sessionCookie(ctx: AnchorContext, c: Context, id: string, token: string): string {
  const framed = secure(ctx) && c.req.header('sec-fetch-dest') === 'iframe';
  return [
    `${cookieName(ctx)}=${token}`,
    `Path=${interactivePath(id)}`,
    `Max-Age=${limits.interactiveSessionSeconds}`,
    'HttpOnly',
    framed ? 'SameSite=None' : 'SameSite=Lax',
    ...(secure(ctx) ? ['Secure'] : []),
    ...(framed ? ['Partitioned'] : []),
  ].join('; ');
}

export async function visitOf(
  ctx: AnchorContext,
  session: InteractiveSession,
  row: TransactionRow,
): Promise<Visit> {
  return {
    row,
    session,
    asset: await assetOf(ctx.db.read, row.asset_id),
    fields: readFields(ctx, row),
    t: messagesFor(row.lang),
    base: interactivePath(row.id),
    opener: session.step,
  };
}

/** The visit that the cookie of this request proves. @throws SESSION_MISSING (401), INTERACTIVE_TOKEN_INVALID (403) */
export async function openVisit(ctx: AnchorContext, c: Context): Promise<Visit> {
  const cookie = getCookie(c, cookieName(ctx));
  if (cookie === undefined) {
    throw new AnchorError({
      code: 'SESSION_MISSING',
      message: 'There is no session in this browser.',
      hint: 'Start again from the wallet.',
      httpStatus: 401,
    });
  }
  const { session, row } = await openSession(ctx, cookie);
  if (row.id !== c.req.param('id')) {
    throw new AnchorError({
      code: 'INTERACTIVE_TOKEN_INVALID',
      message: 'This session belongs to another transaction.',
      httpStatus: 403,
    });
  }
  return visitOf(ctx, session, row);
}

/**
 * The visit and the answers of a form that was sent from our own page (S24-41).
 *
 * @throws SESSION_MISSING (401), INTERACTIVE_TOKEN_INVALID, FORM_FOREIGN, FORM_STALE (403), FORM_* (4xx)
 */
export async function openPost(
  ctx: AnchorContext,
  c: Context,
): Promise<{ visit: Visit; answers: FormAnswers }> {
  if (!isSameOrigin(c, ctx.project.hostUrl)) {
    throw new AnchorError({
      code: 'FORM_FOREIGN',
      message: 'This form was sent from another site.',
      httpStatus: 403,
    });
  }
  const visit = await openVisit(ctx, c);
  const answers = await readFormPost(c);
  if (!csrfMatches(visit.session, answers['csrf'])) {
    throw new AnchorError({
      code: 'FORM_STALE',
      message: 'This form belongs to an older session.',
      httpStatus: 403,
    });
  }
  return { visit, answers };
}

export const isOpen = (visit: Visit): boolean => visit.row.status === 'incomplete';

export const toStatus = (visit: Visit): Response => redirectResponse(`${visit.base}/status`, 303);

/** The transaction as it is now, after somebody else changed it. */
export const rowOf = (ctx: AnchorContext, visit: Visit): Promise<TransactionRow> =>
  ctx.db.read.selectFrom('transactions').selectAll().where('id', '=', visit.row.id).executeTakeFirstOrThrow();

const HOST = /^[a-z0-9.-]+(?::\d{1,5})?$/i;

/** Who may frame the pages: ourselves, the wallet that the login proved, and the page that brought the token. */
export function frameAncestors(row: Pick<TransactionRow, 'client_domain'>, opener: string | null): string[] {
  const domain =
    row.client_domain !== null && HOST.test(row.client_domain) ? [`https://${row.client_domain}`] : [];
  return ["'self'", ...domain, ...(opener === null ? [] : [opener])];
}

/** Where postMessage may go (S24-36): the page that brought the token, else the proven wallet, else anyone who opened us. */
export function targetOrigin(row: Pick<TransactionRow, 'client_domain'>, opener: string | null): string {
  if (opener !== null) return opener;
  return row.client_domain !== null && HOST.test(row.client_domain) ? `https://${row.client_domain}` : '*';
}
