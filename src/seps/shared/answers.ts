import type { Context, Hono } from 'hono';
import { AnchorError, messageOf } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { CORS } from './cors.ts';
import { faultText } from './messages/faults.ts';

const JSON_HEADERS = Object.freeze({ 'Content-Type': 'application/json', ...CORS });
/** Tokens and personal data are not for caches. */
const PRIVATE_JSON_HEADERS = Object.freeze({ ...JSON_HEADERS, 'Cache-Control': 'no-store' });

/** A protocol answer: JSON with CORS (SC-02, SC-07), not to be cached. */
export function json(value: unknown, status = 200, headers?: Record<string, string>): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: headers === undefined ? PRIVATE_JSON_HEADERS : { ...PRIVATE_JSON_HEADERS, ...headers },
  });
}

/** Like `json`, for what everybody may see and caches may keep for a short time (`/info`). */
export function publicJson(value: unknown): Response {
  return new Response(JSON.stringify(value), { status: 200, headers: JSON_HEADERS });
}

/** `{"error": "…"}` (SC-30). */
export const errorAnswer = (message: string, status: number, headers?: Record<string, string>): Response =>
  json({ error: message }, status, headers);

/** SC-12, SC-13: what SEP-6 and 24 answer without a good token; other SEPs read `error` and the status. */
export function authenticationRequired(): Response {
  return json(
    { type: 'authentication_required', error: 'This needs the token of a SEP-10 or SEP-45 login.' },
    403,
  );
}

/** For routes that do not exist (SC-02). */
export const notFoundAnswer = (): Response => errorAnswer('There is nothing at this address.', 404);

export const methodNotAllowed = (allowed: string): Response =>
  errorAnswer(`This address answers ${allowed} only.`, 405, { Allow: allowed });

/**
 * The answer to a fault. Expected ones say what is wrong; what is our own fault is logged with its stack and answered
 * without a word of it (SC-32).
 */
export function faultAnswer(fault: unknown, log: Log, lang?: string): Response {
  if (AnchorError.is(fault)) {
    if (fault.httpStatus < 500) return errorAnswer(faultText(fault, lang), fault.httpStatus);
    log.error('request_failed', { code: fault.code, message: fault.message, stack: fault.stack });
    if (fault.httpStatus === 503) return errorAnswer(fault.message, 503, { 'Retry-After': '5' });
    return errorAnswer('The server could not complete this request.', fault.httpStatus);
  }
  log.error('request_failed', {
    message: messageOf(fault),
    stack: fault instanceof Error ? fault.stack : undefined,
  });
  return errorAnswer('The server could not complete this request.', 500);
}

export type Handler = (c: Context) => Response | Promise<Response>;

/** The language that a request asks for: of its body where a handler has read one (`c.set('lang', …)`), else of its query. */
const languageOf = (c: Context): string | undefined => {
  const told: unknown = c.get('lang');
  return typeof told === 'string' ? told : c.req.query('lang');
};

/** A route handler whose faults become protocol answers. No middleware: Hono then calls it directly. */
export function guarded(log: Log, handler: Handler): Handler {
  return (c) => {
    try {
      const answer = handler(c);
      return answer instanceof Promise
        ? answer.catch((fault) => faultAnswer(fault, log, languageOf(c)))
        : answer;
    } catch (fault) {
      return faultAnswer(fault, log, languageOf(c));
    }
  };
}

/** Everything but the methods that were registered before it on `path`: preflight, or 405 (SC-04). */
export function closeRoute(app: Hono, path: string, allowed: string): void {
  app.all(path, () => methodNotAllowed(allowed));
}
