import type { Context } from 'hono';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import { scrub } from '../kernel/log.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { hookFaultOf } from '../transfers/hooks.ts';
import { placeOfFault, sourceAround } from './fault-place.ts';
import { htmlResponse } from './headers.ts';
import { type MessageKey, messagesFor, type Translate } from './messages/index.ts';
import { type PageData, renderPage } from './render.ts';

export interface FaultOptions {
  /** `anchor dev`: show what went wrong, with the place in the code */
  dev?: boolean | undefined;
}

/** Errors that have a page of their own: title, text, and where to go. */
const PAGES: Record<string, { title: MessageKey; text: MessageKey; link?: 'reload' }> = {
  INTERACTIVE_TOKEN_INVALID: { title: 'session.expiredTitle', text: 'session.expiredText' },
  SESSION_MISSING: { title: 'session.missingTitle', text: 'session.missingText' },
  MORE_INFO_INVALID: { title: 'session.expiredTitle', text: 'session.expiredText' },
  FORM_FOREIGN: { title: 'session.foreignTitle', text: 'session.foreignText' },
  FORM_STALE: { title: 'session.formTitle', text: 'session.formText', link: 'reload' },
  CALLBACK_INVALID: { title: 'callback.title', text: 'callback.text' },
};

const language = (c: Context): Translate =>
  messagesFor(c.req.query('lang') ?? c.req.header('accept-language')?.slice(0, 35).split(',')[0]);

function messagePage(
  ctx: AnchorContext,
  t: Translate,
  page: {
    heading: string;
    text: string;
    mood?: string;
    errorId?: string;
    link?: { href: string; text: string };
  },
): string {
  const data: PageData = {
    lang: t.lang,
    title: page.heading,
    heading: page.heading,
    text: page.text,
    mood: page.mood ?? 'bad',
    errorId: page.errorId ?? null,
    link: page.link ?? null,
  };
  return renderPage(ctx, 'message', data);
}

/** The page for an address that has none. */
export function webNotFound(ctx: AnchorContext, c: Context): Response {
  const t = language(c);
  const html = messagePage(ctx, t, {
    heading: t('notFound.title'),
    text: t('notFound.text'),
    mood: 'lost',
    link: { href: '/', text: t('notFound.home') },
  });
  return htmlResponse(html, { status: 404 });
}

/**
 * The page for a fault. Expected ones (4xx) say what is wrong. All others are logged under a number: in `anchor dev` the page shows
 * what happened, of a hook also file, line, expected and found; elsewhere only the number.
 */
export function webErrorPage(
  ctx: AnchorContext,
  c: Context,
  error: unknown,
  options: FaultOptions = {},
): Response {
  const t = language(c);
  if (AnchorError.is(error) && error.httpStatus < 500) {
    if (error.httpStatus === 404) return webNotFound(ctx, c);
    return expectedPage(ctx, c, t, error);
  }
  const errorId = ctx.ids.uuid().slice(-8);
  const code = AnchorError.is(error) ? error.code : 'UNEXPECTED';
  const stack = hookFaultOf(error)?.stack ?? (error instanceof Error ? error.stack : undefined);
  ctx.log.error('page_failed', { errorId, code, message: messageOf(error), path: c.req.path, stack });
  const status = AnchorError.is(error) ? error.httpStatus : 500;
  const html = safely(() =>
    options.dev
      ? debugPage(ctx, t, error, errorId)
      : messagePage(ctx, t, {
          heading: t('error.title'),
          text: t('error.text'),
          errorId,
          ...(c.req.method === 'GET' ? { link: { href: c.req.path, text: t('error.again') } } : {}),
        }),
  );
  return htmlResponse(html ?? lastResort(t, errorId), { status });
}

function expectedPage(ctx: AnchorContext, c: Context, t: Translate, error: AnchorError): Response {
  const page = PAGES[error.code];
  const html = messagePage(ctx, t, {
    heading: t(page?.title ?? 'error.badTitle'),
    text: page === undefined ? error.message : t(page.text),
    mood: 'act',
    ...(page?.link === 'reload' ? { link: { href: c.req.path, text: t('session.open') } } : {}),
  });
  return htmlResponse(html, { status: error.httpStatus });
}

/** The project's own templates may be what is broken: then a page without any. */
function safely(render: () => string): string | null {
  try {
    return render();
  } catch {
    return null;
  }
}

const lastResort = (t: Translate, errorId: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${t('error.title')}</title><h1>${t('error.title')}</h1><p>${t('error.text')}</p><p>${t('error.id')} <code>${errorId}</code></p></html>`;

const thrown = (error: unknown): string | null => {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : null;
};

/** What the developer needs: the hook, file and line, what was expected, what was found (DESIGN.md). */
function debugPage(ctx: AnchorContext, t: Translate, error: unknown, errorId: string): string {
  const fault = hookFaultOf(error);
  const place = fault === null ? null : placeOfFault(ctx.project.root, fault);
  const where = place === null ? null : `${place.file}:${place.line}`;
  const facts = [
    { label: 'Hook', value: fault?.hook },
    { label: 'File', value: where },
    { label: 'Expected', value: fault === null ? null : (fault.expected ?? 'an answer') },
    { label: 'Found', value: fault === null ? null : (fault.found ?? thrown(error)) },
  ].flatMap(({ label, value }) => (value ? [{ label, value: scrub(value), code: true }] : []));
  const stack = fault?.stack ?? (error instanceof Error ? error.stack : null);
  const code = AnchorError.is(error) ? error.code : 'UNEXPECTED';
  return renderPage(ctx, 'debug', {
    lang: t.lang,
    title: code,
    code,
    wide: true,
    heading: fault === null ? 'An error in the anchor' : `The integration ${fault.hook} went wrong`,
    message: scrub(messageOf(error)),
    facts,
    source: sourceAround(ctx.project.root, place),
    hint: AnchorError.is(error) ? (error.hint ?? null) : null,
    stack: stack ? scrub(stack) : null,
    errorId,
  });
}
