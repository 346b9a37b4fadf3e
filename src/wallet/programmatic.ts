import { AnchorError } from '../kernel/errors.ts';
import type { Discovery } from './discover.ts';
import { requestJson } from './http.ts';
import { SAMPLE } from './interactive.ts';
import type { Step, WalletOptions } from './types.ts';

type Asked = Record<string, { optional?: boolean; choices?: string[] }>;

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** What a person would answer to what is asked by name: all that must be given, and what is known. */
function answersTo(asked: Asked, known: Record<string, string>): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, { optional, choices }] of Object.entries(asked)) {
    const value = known[name] ?? choices?.[0] ?? (optional ? undefined : 'Sample');
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** SEP-6 as a wallet speaks it: a deposit or withdrawal without pages, its customer's data by SEP-12. */
export function programmatic(options: WalletOptions, anchor: Discovery, token: string) {
  const authorization = { authorization: `Bearer ${token}` };
  const known: Record<string, string> = {
    ...SAMPLE,
    dest: SAMPLE['bank_account_number'] ?? '',
    dest_extra: SAMPLE['bank_number'] ?? '',
    ...options.answers,
  };
  const base = anchor.transferServers[6] ?? '';

  /** What /info wants beside the standard parameters, and the method to name. */
  async function wanted(kind: 'deposit' | 'withdraw', asset: string): Promise<Record<string, string>> {
    const info = await requestJson(options.fetch, 'SEP-6 info', `${base}/info`);
    const entry = objectOf(objectOf(info[kind])[asset]);
    const [method] = Array.isArray(entry['funding_methods']) ? (entry['funding_methods'] as string[]) : [];
    if (method === undefined) return {};
    const type = objectOf(objectOf(entry['types'])[method]);
    return { ...answersTo(objectOf(type['fields']) as Asked, known), funding_method: method };
  }

  return {
    /** GET /deposit or /withdraw */
    async start(
      kind: 'deposit' | 'withdraw',
      asset: string,
      amount: string,
      account: string,
    ): Promise<{ id: string }> {
      const query = new URLSearchParams({
        asset_code: asset,
        amount,
        account,
        lang: 'en',
        ...(await wanted(kind, asset)),
      });
      const answer = await requestJson(options.fetch, `SEP-6 ${kind}`, `${base}/${kind}?${query}`, {
        headers: authorization,
      });
      if (typeof answer['id'] !== 'string') {
        throw new AnchorError({
          code: 'ANCHOR_ANSWER_INVALID',
          message: `SEP-6 ${kind}: the answer lacks an id.`,
        });
      }
      return { id: answer['id'] };
    },

    /** Sends what SEP-12 asks of the customer. @throws ANCHOR_REFUSED */
    async register(transactionId: string, onStep: (step: Step) => void): Promise<void> {
      const url = `${anchor.kycServer ?? ''}/customer`;
      const query = new URLSearchParams({ type: 'sep6', transaction_id: transactionId });
      const customer = await requestJson(options.fetch, 'SEP-12 customer', `${url}?${query}`, {
        headers: authorization,
      });
      const asked = objectOf(customer['fields']) as Asked;
      const values = answersTo(asked, known);
      await requestJson(options.fetch, 'SEP-12 customer', url, {
        method: 'PUT',
        headers: { ...authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'sep6', ...values }),
      });
      onStep({ id: 'form', text: `SEP-12: told ${Object.keys(values).join(', ')}` });
    },
  };
}
