import type { Clock } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { Fetch } from './port.ts';

/** A whole answer, its body read and bounded. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

export interface HttpOptions {
  fetch: Fetch;
  clock: Clock;
  headers: Record<string, string>;
}

export interface Request {
  url: string;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  body?: string;
  /** of a body; default: a form */
  contentType?: string;
  timeoutMs?: number;
  maxBytes?: number;
}

/** Nothing definite is known: the network cannot be reached, or answered what cannot be understood. */
export function unavailable(
  reason: string,
  details: { retryAfterMs?: number | null; cause?: unknown } = {},
): AnchorError {
  return new AnchorError({
    code: 'NETWORK_UNAVAILABLE',
    message: `The Stellar network cannot be read now: ${reason}.`,
    hint: 'Check HORIZON_URI and the connection; on the sandbox, that the process hosting it runs.',
    httpStatus: 503,
    cause:
      details.cause ?? (details.retryAfterMs == null ? undefined : { retryAfterMs: details.retryAfterMs }),
  });
}

/** How long the server asked to be left alone, where it said so. */
export function retryAfterOf(error: unknown): number | null {
  const cause = error instanceof Error ? error.cause : undefined;
  const value = (cause as { retryAfterMs?: unknown } | undefined)?.retryAfterMs;
  return typeof value === 'number' ? value : null;
}

/** Whether the answer was cut off for its size: a smaller page may do. */
export function isTooLarge(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (cause as { tooLarge?: unknown } | undefined)?.tooLarge === true;
}

/**
 * One request with a time limit over the whole of it, the body included, and a cap on the body. Redirects are not followed.
 *
 * @throws NETWORK_UNAVAILABLE when there is no whole answer within the limits
 */
export async function request(options: HttpOptions, wanted: Request): Promise<Answer> {
  const abort = new AbortController();
  const timer = new AbortController();
  const timeoutMs = wanted.timeoutMs ?? limits.horizonTimeoutMs;
  const late = options.clock.sleep(timeoutMs, timer.signal).then(() => {
    if (timer.signal.aborted) return new Promise<never>(() => {});
    abort.abort();
    throw unavailable(`no answer within ${timeoutMs / 1000} s`);
  });
  try {
    return await Promise.race([exchange(options, wanted, abort.signal), late]);
  } catch (cause) {
    if (AnchorError.is(cause) && cause.code === 'NETWORK_UNAVAILABLE') throw cause;
    throw unavailable(reasonOf(cause), { cause });
  } finally {
    timer.abort();
    abort.abort();
  }
}

async function exchange(options: HttpOptions, wanted: Request, signal: AbortSignal): Promise<Answer> {
  const post = wanted.method !== undefined && wanted.method !== 'GET';
  const response = await options.fetch(wanted.url, {
    method: wanted.method ?? 'GET',
    headers: post
      ? { ...options.headers, 'Content-Type': wanted.contentType ?? 'application/x-www-form-urlencoded' }
      : options.headers,
    ...(post ? { body: wanted.body ?? '' } : {}),
    redirect: 'manual',
    signal,
  });
  const text = await readText(response, wanted.maxBytes ?? limits.horizonBodyBytes);
  return { status: response.status, headers: response.headers, text };
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString('utf8');
    length += value.length;
    if (length > maxBytes) {
      reader.cancel().catch(() => {});
      throw unavailable(`the answer is larger than ${maxBytes} bytes`, { cause: { tooLarge: true } });
    }
    chunks.push(value);
  }
}

/** undici says only `fetch failed`; the cause says what happened. */
function reasonOf(fault: unknown): string {
  const inner = fault instanceof Error ? fault.cause : undefined;
  const code = (inner as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? `${messageOf(fault)} (${code})` : messageOf(fault);
}

/** `Retry-After` in milliseconds, from seconds or an HTTP date; null where absent or unreadable. */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  if (/^\d{1,6}$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
