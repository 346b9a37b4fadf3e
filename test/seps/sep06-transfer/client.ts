import { ALICE, type TestAnchor } from '../../support/anchor.ts';
import { type Answer, walletOf as basicWallet, type Json } from '../sep24/client.ts';

export type { Answer, Json } from '../sep24/client.ts';
export { countTransactions } from '../sep24/client.ts';

export type Params = Record<string, string | undefined>;

const queryOf = (params: Params): string =>
  new URLSearchParams(
    Object.entries(params).filter((pair): pair is [string, string] => pair[1] !== undefined),
  ).toString();

/** A SEP-6 wallet: a request is a path and its parameters. */
export function walletOf(anchor: TestAnchor, subject: string = ALICE, claims?: Json) {
  const { ask } = basicWallet(anchor, subject, claims);
  const get = (path: string, params: Params = {}): Promise<Answer> => ask(`/sep6/${path}?${queryOf(params)}`);
  const patch = (id: string, body: unknown): Promise<Answer> =>
    ask(`/sep6/transactions/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    ask,
    get,
    patch,
    deposit: (more: Params = {}) => get('deposit', { asset_code: 'SRT', account: ALICE, ...more }),
    withdraw: (more: Params = {}) => get('withdraw', { asset_code: 'SRT', dest: '12345678', ...more }),
    list: async (params: Params = {}) =>
      (await get('transactions', { asset_code: 'SRT', ...params })).body['transactions'] as Json[],
    find: async (id: unknown) => (await get('transaction', { id: id as string })).body['transaction'] as Json,
  };
}
