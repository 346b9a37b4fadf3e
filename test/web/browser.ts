import { ALICE, type TestAnchor } from '../support/anchor.ts';

export interface PageAnswer {
  status: number;
  headers: Headers;
  text: string;
  location: string | null;
}

export interface Visitor {
  get(path: string, headers?: Record<string, string>): Promise<PageAnswer>;
  post(
    path: string,
    fields: Record<string, string> | string,
    headers?: Record<string, string>,
  ): Promise<PageAnswer>;
  cookies: Map<string, string>;
  csrf: string;
}

/** A browser without a screen: cookies by path, redirects not followed. */
export function visitorOf(anchor: TestAnchor): Visitor {
  const cookies = new Map<string, string>();
  const send = async (path: string, init: RequestInit): Promise<PageAnswer> => {
    const headers = new Headers(init.headers);
    for (const [name, value] of [...headers]) if (value === '') headers.delete(name);
    if (cookies.size > 0)
      headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const answer = await anchor.request(path, { ...init, headers });
    for (const cookie of answer.headers.getSetCookie()) {
      const pair = cookie.split(';')[0] ?? '';
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const text = await answer.text();
    const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1];
    if (csrf !== undefined) visitor.csrf = csrf;
    return { status: answer.status, headers: answer.headers, text, location: answer.headers.get('location') };
  };
  const visitor: Visitor = {
    cookies,
    csrf: '',
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, fields, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'same-origin',
          ...headers,
        },
        body:
          typeof fields === 'string'
            ? fields
            : new URLSearchParams({ csrf: visitor.csrf, ...fields }).toString(),
      }),
  };
  return visitor;
}

/** A transaction and its interactive URL, as a wallet gets them. */
export async function begin(
  anchor: TestAnchor,
  kind: 'deposit' | 'withdraw' = 'deposit',
  body: Record<string, unknown> = {},
  claims: Record<string, unknown> = {},
): Promise<{ id: string; url: string; base: string }> {
  const answer = await anchor.request(`/sep24/transactions/${kind}/interactive`, {
    method: 'POST',
    headers: { authorization: `Bearer ${anchor.token(ALICE, claims)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ asset_code: 'SRT', ...body }),
  });
  const { id, url } = (await answer.json()) as { id: string; url: string };
  return { id, url, base: `/interactive/${id}` };
}

/** A visitor who has entered: session there, first page read. */
export async function enter(
  anchor: TestAnchor,
  kind: 'deposit' | 'withdraw' = 'deposit',
  body: Record<string, unknown> = {},
) {
  const begun = await begin(anchor, kind, body);
  const visitor = visitorOf(anchor);
  await visitor.get(begun.url);
  const first = await visitor.get(`${begun.base}/amount`);
  return { ...begun, visitor, first };
}

export const PERSON = { first_name: 'Ada', last_name: 'Lovelace', email_address: 'ada@example.org' };
