import { ALICE, type TestAnchor } from '../../support/anchor.ts';
import { type Answer, type Json, walletOf } from '../sep24/client.ts';

export type { Answer, Json };

/** What a sending anchor does. */
export function senderOf(anchor: TestAnchor, subject: string = ALICE, claims?: Json) {
  const { ask } = walletOf(anchor, subject, claims);
  const send = (method: string, path: string, body: unknown, type = 'application/json'): Promise<Answer> =>
    ask(`/sep31${path}`, {
      method,
      headers: { 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const post = (body: unknown) => send('POST', '/transactions', body);
  return {
    ask: (path: string, init?: RequestInit) => ask(`/sep31${path}`, init),
    send,
    post,
    begin: async (more: Json = {}): Promise<string> => {
      const answer = await post({ amount: 100, asset_code: 'SRT', funding_method: 'SEPA', ...more });
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body['id'] as string;
    },
    get: (id: string) => ask(`/sep31/transactions/${id}`),
    find: async (id: string) => (await ask(`/sep31/transactions/${id}`)).body['transaction'] as Json,
    patch: (id: string, fields: unknown) =>
      send('PATCH', `/transactions/${id}`, { fields: { transaction: fields } }),
    callback: (id: string, url: unknown) => send('PUT', `/transactions/${id}/callback`, { url }),
  };
}
