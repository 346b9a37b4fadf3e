import type { Context } from 'hono';
import { AnchorError, badInput } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import type { AnchorContext } from '../transfers/context.ts';

/** Answers of a form by name, without a prototype. */
export type FormAnswers = Record<string, string>;

const FORM_TYPE = /^application\/x-www-form-urlencoded(?:\s*;|$)/i;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

const tooLarge = (): AnchorError =>
  new AnchorError({
    code: 'FORM_TOO_LARGE',
    message: `A form has at most ${limits.bodyBytes} bytes.`,
    httpStatus: 413,
  });

async function readBytes(c: Context): Promise<Uint8Array> {
  if (Number(c.req.header('content-length') ?? 0) > limits.bodyBytes) throw tooLarge();
  const reader = c.req.raw.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const next = await reader?.read().catch((cause: unknown) => {
      throw new AnchorError({
        code: 'FORM_MALFORMED',
        message: 'The form did not arrive whole.',
        httpStatus: 400,
        cause,
      });
    });
    if (next === undefined || next.done) return Buffer.concat(chunks);
    length += next.value.length;
    if (length > limits.bodyBytes) {
      reader?.cancel().catch(() => undefined);
      throw tooLarge();
    }
    chunks.push(next.value);
  }
}

/** Reads a form as browsers send it. @throws FORM_TYPE_UNSUPPORTED (415), FORM_TOO_LARGE (413), FORM_MALFORMED (400) */
export async function readFormPost(c: Context): Promise<FormAnswers> {
  if (!FORM_TYPE.test(c.req.header('content-type') ?? '')) {
    throw new AnchorError({
      code: 'FORM_TYPE_UNSUPPORTED',
      message: 'Forms are sent as application/x-www-form-urlencoded.',
      httpStatus: 415,
    });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readBytes(c));
  } catch (error) {
    if (AnchorError.is(error)) throw error;
    throw badInput('FORM_MALFORMED', 'The form is not UTF-8.');
  }
  const answers = Object.create(null) as FormAnswers;
  for (const [name, value] of new URLSearchParams(text)) {
    if (FORBIDDEN.has(name) || name in answers) {
      throw badInput('FORM_MALFORMED', 'A field is given twice, or has a forbidden name.');
    }
    answers[name] = value;
  }
  return answers;
}

/**
 * Whether a POST came from a page of ours (S24-41). `Sec-Fetch-Site` decides where the browser sends it; else `Origin`. Our pages
 * have `Referrer-Policy: no-referrer`, with which browsers say `Origin: null`: then the CSRF token alone decides.
 */
export function isSameOrigin(c: Context, hostUrl: string): boolean {
  const site = c.req.header('sec-fetch-site');
  // `none`: the user's own doing, such as a reload; no page can bring it about.
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = c.req.header('origin');
  return origin === undefined || origin === 'null' || origin === new URL(hostUrl).origin;
}

/** For forms that carry no CSRF token because nothing is at stake: test bank, demo wallet. @throws ORIGIN_REFUSED (403) */
export function refuseForeignOrigin(ctx: AnchorContext, c: Context): void {
  if (isSameOrigin(c, ctx.project.hostUrl)) return;
  throw new AnchorError({
    code: 'ORIGIN_REFUSED',
    message: 'This form was sent from another site.',
    httpStatus: 403,
  });
}

/** The origin of a page that sent the browser here, as its Referer tells; null when it does not. */
export function refererOrigin(c: Context): string | null {
  try {
    const url = new URL(c.req.header('referer') ?? '');
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.origin : null;
  } catch {
    return null;
  }
}

/** Link previews and prefetching browsers look without a person behind them: they must not use a token up. */
export function isProbe(c: Context): boolean {
  return (
    c.req.method === 'HEAD' ||
    /prefetch|prerender/i.test(c.req.header('sec-purpose') ?? c.req.header('purpose') ?? '')
  );
}
