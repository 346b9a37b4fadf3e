import { isLoopback } from '../config/reach.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';

import { request } from '../stellar/http.ts';
import type { Fetch } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/index.ts';

/** Whole answer of another anchor. Objects only: anything else is read as an empty one. */
export interface Reply {
  status: number;
  body: Record<string, unknown>;
  text: string;
}

/** Nobody knows what the other anchor has done with the request, if it has it at all. */
const unavailable = (what: string, reason: string, cause?: unknown): AnchorError =>
  new AnchorError({
    code: 'PARTNER_UNAVAILABLE',
    message: `The other anchor's ${what} gives no answer: ${reason}`,
    httpStatus: 503,
    cause,
  });

/** The other anchor has answered, and it is a no. */
export const partnerRefused = (what: string, reason: string): AnchorError =>
  new AnchorError({
    code: 'PARTNER_REFUSED',
    message: `The other anchor refused ${what}: ${reason}`,
    httpStatus: 409,
  });

/**
 * Plain http is for loopback hosts in local mode only (S31-29).
 *
 * @throws PARTNER_ADDRESS_INVALID
 */
export function checkAddress(ctx: AnchorContext, what: string, url: unknown): string {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : null;
  const local = ctx.project.localMode && ctx.project.network.name !== 'public';
  const good =
    parsed?.protocol === 'https:' || (local && parsed?.protocol === 'http:' && isLoopback(parsed.hostname));
  if (parsed === null || !good || parsed.username !== '' || parsed.password !== '') {
    throw new AnchorError({
      code: 'PARTNER_ADDRESS_INVALID',
      message: `The other anchor's ${what} is no https address.`,
      httpStatus: 400,
      exitStatus: 2,
    });
  }
  return (url as string).replace(/\/+$/, '');
}

/**
 * One request, bounded in time and size, redirects not followed.
 *
 * @param what for messages, e.g. `SEP-31 info`
 * @throws PARTNER_UNAVAILABLE no whole answer, or one of status 5xx
 */
export async function call(
  ctx: AnchorContext,
  what: string,
  url: string,
  options: { method?: 'GET' | 'POST' | 'PUT' | 'PATCH'; token?: string; body?: object } = {},
): Promise<Reply> {
  const { method = 'GET', token, body } = options;
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  let answer: { status: number; text: string };
  try {
    answer = await request(
      { fetch: ctx.fetch, clock: ctx.clock, headers },
      {
        url,
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), contentType: 'application/json' }),
        timeoutMs: limits.horizonTimeoutMs,
        maxBytes: limits.hookResultBytes,
      },
    );
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw unavailable(what, messageOf(cause), error);
  }
  if (answer.status >= 500 || answer.status === 429) throw unavailable(what, `status ${answer.status}`);
  return { status: answer.status, text: answer.text, body: objectOf(answer.text) };
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** The reason that an answer gives, for people; never longer than a line. */
export function reasonOf(reply: Reply): string {
  const { error } = reply.body;
  const text = typeof error === 'string' ? error : `status ${reply.status}`;
  return text.replace(/\s+/g, ' ').slice(0, 300);
}

/** A bounded fetch, for code that wants one. */
export const boundedFetch =
  (ctx: AnchorContext): Fetch =>
  async (url, init) => {
    const body = typeof init?.body === 'string' ? init.body : undefined;
    const { 'content-type': contentType = 'application/json', ...headers } = Object.fromEntries(
      new Headers(init?.headers),
    );
    const answer = await request(
      { fetch: ctx.fetch, clock: ctx.clock, headers },
      {
        url,
        method: (init?.method ?? 'GET') as 'GET' | 'POST',
        ...(body === undefined ? {} : { body, contentType }),
        maxBytes: limits.hookResultBytes,
      },
    );
    return new Response(answer.text, { status: answer.status, headers: answer.headers });
  };
