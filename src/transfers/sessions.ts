import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { AnchorContext } from './context.ts';
import type { TransactionRow } from './rows.ts';

/** A browser session on one transaction, known by its token alone; the database holds only the token's sha256. */
export interface InteractiveSession {
  /** for the cookie; null when read back */
  token: string;
  csrf: string;
  /** JSON that the page keeps between steps */
  step: string | null;
  expiresAt: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const refused = (what: string): AnchorError =>
  new AnchorError({
    code: 'INTERACTIVE_TOKEN_INVALID',
    message: `This ${what} is not valid any more.`,
    hint: 'Start again from the wallet.',
    httpStatus: 403,
  });

const plausible = (token: unknown): token is string => typeof token === 'string' && /^[\w-]{43}$/.test(token);

async function insertToken(
  ctx: AnchorContext,
  trx: Queries,
  transactionId: string,
  kind: 'token' | 'session',
  seconds: number,
): Promise<InteractiveSession> {
  const token = ctx.ids.bytes(32).toString('base64url');
  const csrf = ctx.ids.bytes(32).toString('base64url');
  const now = ctx.clock.now();
  const expiresAt = isoTime(now + seconds * 1000);
  await trx
    .insertInto('interactive_sessions')
    .values({
      token_hash: sha256(token),
      transaction_id: transactionId,
      kind,
      csrf: kind === 'session' ? csrf : null,
      step: null,
      expires_at: expiresAt,
      used_at: null,
      created_at: isoTime(now),
    })
    .execute();
  return { token, csrf, step: null, expiresAt };
}

/** A short-lived token for the interactive URL, good for one exchange (S24-30). */
export async function issueInteractiveToken(
  ctx: AnchorContext,
  row: Pick<TransactionRow, 'id'>,
  trx: Queries = ctx.db.read,
): Promise<string> {
  const seconds = limits.interactiveTokenLifetimeSeconds;
  return (await insertToken(ctx, trx, row.id, 'token', seconds)).token;
}

/**
 * Exchanges the token of the URL for a session: by compare-and-set, so that of two browsers with the same URL one is refused (S24-30).
 *
 * @throws INTERACTIVE_TOKEN_INVALID (403) unknown, used or expired
 */
export async function exchangeToken(
  ctx: AnchorContext,
  token: unknown,
): Promise<{ session: InteractiveSession; row: TransactionRow }> {
  if (!plausible(token)) throw refused('link');
  return ctx.db.write(async (trx) => {
    const now = isoTime(ctx.clock.now());
    const used = await trx
      .updateTable('interactive_sessions')
      .set({ used_at: now })
      .where('token_hash', '=', sha256(token))
      .where('kind', '=', 'token')
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .returning('transaction_id')
      .executeTakeFirst();
    if (used === undefined) throw refused('link');
    const row = await transactionOf(trx, used.transaction_id);
    const seconds = limits.interactiveSessionSeconds;
    return { session: await insertToken(ctx, trx, row.id, 'session', seconds), row };
  });
}

/** @throws INTERACTIVE_TOKEN_INVALID (403) */
export async function openSession(
  ctx: AnchorContext,
  token: unknown,
): Promise<{ session: InteractiveSession; row: TransactionRow }> {
  if (!plausible(token)) throw refused('session');
  const found = await ctx.db.read
    .selectFrom('interactive_sessions')
    .selectAll()
    .where('token_hash', '=', sha256(token))
    .where('kind', '=', 'session')
    .where('expires_at', '>', isoTime(ctx.clock.now()))
    .executeTakeFirst();
  if (found === undefined || found.csrf === null) throw refused('session');
  const row = await transactionOf(ctx.db.read, found.transaction_id);
  const step = found.step === null ? null : ctx.box.open(found.step, `session:${found.token_hash}`);
  return { session: { token, csrf: found.csrf, step, expiresAt: found.expires_at }, row };
}

/** Keeps what the page needs between two steps; sealed, because answers are personal data. */
export async function saveSessionStep(ctx: AnchorContext, token: string, step: string | null): Promise<void> {
  const hash = sha256(token);
  await ctx.db.read
    .updateTable('interactive_sessions')
    .set({ step: step === null ? null : ctx.box.seal(step, `session:${hash}`) })
    .where('token_hash', '=', hash)
    .where('kind', '=', 'session')
    .execute();
}

/** Constant-time comparison of a form's CSRF field with the session's. */
export function csrfMatches(session: Pick<InteractiveSession, 'csrf'>, given: unknown): boolean {
  if (typeof given !== 'string') return false;
  const [a, b] = [Buffer.from(session.csrf), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function transactionOf(db: Queries, id: string): Promise<TransactionRow> {
  const row = await db.selectFrom('transactions').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw refused('link');
  return row;
}

const DAY_MS = 86_400_000;
const keys = new Map<string, Buffer>();

function moreInfoKey(ctx: AnchorContext): Buffer {
  const root = ctx.project.secrets.jwtKey;
  if (root === undefined) {
    throw new AnchorError({
      code: 'SERVER_JWT_KEY_MISSING',
      message: 'SERVER_JWT_KEY is not set.',
      hint: 'Run anchor setup, which makes one.',
    });
  }
  let key = keys.get(root);
  if (key === undefined) {
    key = Buffer.from(hkdfSync('sha256', root, '', 'create-anchor/more_info', 32));
    keys.set(root, key);
  }
  return key;
}

const moreInfoMac = (ctx: AnchorContext, id: string, day: string): string =>
  createHmac('sha256', moreInfoKey(ctx))
    .update(`${id}.${day}`)
    .digest()
    .subarray(0, 18)
    .toString('base64url');

/**
 * The token of a `more_info_url` (S24-42): expiring, for one transaction, the same all day so that an answer stays the same. It is a
 * MAC rather than a row, because every status poll prints one.
 */
export function moreInfoToken(ctx: AnchorContext, transactionId: string): string {
  const day = Math.ceil(ctx.clock.now() / DAY_MS) + (limits.moreInfoTokenSeconds * 1000) / DAY_MS;
  const text = Math.floor(day).toString(36);
  return `${text}.${moreInfoMac(ctx, transactionId, text)}`;
}

/** The transaction that the token opens, or null. */
export async function openMoreInfo(
  ctx: AnchorContext,
  transactionId: unknown,
  token: unknown,
): Promise<TransactionRow | null> {
  if (typeof transactionId !== 'string' || typeof token !== 'string' || transactionId.length > 64)
    return null;
  const match = /^([0-9a-z]{1,8})\.([\w-]{24})$/.exec(token);
  if (match === null) return null;
  const [, day = '', mac = ''] = match;
  const expected = Buffer.from(moreInfoMac(ctx, transactionId, day));
  if (!timingSafeEqual(expected, Buffer.from(mac))) return null;
  if (Number.parseInt(day, 36) * DAY_MS < ctx.clock.now()) return null;
  const found = await ctx.db.read
    .selectFrom('transactions')
    .selectAll()
    .where('id', '=', transactionId)
    .executeTakeFirst();
  return found ?? null;
}
