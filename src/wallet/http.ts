import { AnchorError, messageOf } from '../kernel/errors.ts';
import type { Fetch } from '../stellar/port.ts';

/**
 * One request to the anchor, its answer as JSON.
 *
 * @throws ANCHOR_UNREACHABLE, ANCHOR_REFUSED (with the anchor's own `error` text), ANCHOR_ANSWER_INVALID
 */
export async function requestJson(
  fetch: Fetch,
  what: string,
  url: string,
  init?: RequestInit,
): Promise<Record<string, unknown>> {
  const answer = await send(fetch, what, url, init);
  const text = await answer.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new AnchorError({
      code: 'ANCHOR_ANSWER_INVALID',
      message: `${what}: the anchor answered ${answer.status} with something that is not JSON.`,
      hint: `Look at ${stripQuery(url)} in a browser.`,
    });
  }
  const record = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  if (!answer.ok) {
    const reason =
      typeof record['error'] === 'string' ? record['error'] : (record['type'] ?? 'no reason given');
    throw new AnchorError({
      code: 'ANCHOR_REFUSED',
      message: `${what}: the anchor answered ${answer.status}: ${reason}`,
    });
  }
  return record;
}

export async function send(fetch: Fetch, what: string, url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new AnchorError({
      code: 'ANCHOR_UNREACHABLE',
      message: `${what}: ${stripQuery(url)} cannot be reached (${messageOf(error)}).`,
      hint: 'Is the anchor running? Start it with `npm run dev` or `anchor serve`.',
      cause: error,
    });
  }
}

/** Tokens travel in queries; they are not for the eye. */
const stripQuery = (url: string): string => url.split('?')[0] ?? url;
