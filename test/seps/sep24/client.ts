import { ALICE, type TestAnchor } from '../../support/anchor.ts';

export type Json = Record<string, unknown>;

export interface Answer {
  status: number;
  headers: Headers;
  body: Json;
  text: string;
}

/** What a wallet does: requests with a token, answers as JSON. */
export function walletOf(anchor: TestAnchor, subject: string = ALICE, claims?: Json) {
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization'))
      headers.set('authorization', `Bearer ${anchor.token(subject, claims)}`);
    const answer = await anchor.request(path, { ...init, headers });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('application/json') ?? false;
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: isJson ? (JSON.parse(text) as Json) : {},
    };
  };
  const post = (kind: 'deposit' | 'withdraw', body: unknown) =>
    ask(`/sep24/transactions/${kind}/interactive`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    ask,
    post,
    begin: async (kind: 'deposit' | 'withdraw', more: Json = {}) =>
      (await post(kind, { asset_code: 'SRT', ...more })).body as { id: string; url: string; type: string },
    list: async (query: string) => (await ask(`/sep24/transactions?${query}`)).body['transactions'] as Json[],
    find: async (id: string) => (await ask(`/sep24/transaction?id=${id}`)).body['transaction'] as Json,
  };
}

export async function countTransactions(anchor: TestAnchor): Promise<number> {
  return (await anchor.ctx.db.read.selectFrom('transactions').select('id').execute()).length;
}
