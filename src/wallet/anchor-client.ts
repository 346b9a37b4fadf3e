import { AnchorError } from '../kernel/errors.ts';
import type { Discovery } from './discover.ts';
import { requestJson } from './http.ts';
import type { AnchorTransaction, WalletOptions } from './types.ts';

/** SEP-24, or what SEP-6 has in common with it, as a wallet speaks it, with a token in hand. */
export function anchorClient(options: WalletOptions, anchor: Discovery, token: string, sep: 6 | 24) {
  const base = anchor.transferServers[sep] ?? '';
  const authorization = { authorization: `Bearer ${token}` };
  return {
    /** POST …/deposit|withdraw/interactive */
    async start(
      kind: 'deposit' | 'withdraw',
      asset: string,
      amount: string,
    ): Promise<{ id: string; url: string }> {
      const answer = await requestJson(
        options.fetch,
        `SEP-24 ${kind}`,
        `${base}/transactions/${kind}/interactive`,
        {
          method: 'POST',
          headers: { ...authorization, 'content-type': 'application/json' },
          body: JSON.stringify({ asset_code: asset, amount, lang: 'en' }),
        },
      );
      const { id, url } = answer;
      if (typeof id !== 'string' || typeof url !== 'string') {
        throw new AnchorError({
          code: 'ANCHOR_ANSWER_INVALID',
          message: `SEP-24 ${kind}: the answer lacks id or url.`,
        });
      }
      return { id, url };
    },

    async transaction(id: string): Promise<AnchorTransaction> {
      const url = `${base}/transaction?id=${encodeURIComponent(id)}`;
      const answer = await requestJson(options.fetch, `SEP-${sep} transaction`, url, {
        headers: authorization,
      });
      return answer['transaction'] as AnchorTransaction;
    },

    async transactions(asset: string): Promise<AnchorTransaction[]> {
      const url = `${base}/transactions?asset_code=${encodeURIComponent(asset)}&limit=20`;
      const answer = await requestJson(options.fetch, `SEP-${sep} transactions`, url, {
        headers: authorization,
      });
      return answer['transactions'] as AnchorTransaction[];
    },
  };
}

export type AnchorClient = ReturnType<typeof anchorClient>;
