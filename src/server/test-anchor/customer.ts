import { systemIds } from '../../kernel/ids.ts';
import { encodeStrKey } from '../../kernel/strkey.ts';
import { keyPairFromSeed } from '../../stellar/keys.ts';
import type { Fetch } from '../../stellar/port.ts';
import type { AnchorContext } from '../../transfers/index.ts';
import { requestJson } from '../../wallet/http.ts';
import { login } from '../../wallet/login.ts';

/** What SEP-12 answers about a customer, as far as tests look at it. */
export interface TestCustomerStatus {
  id?: string;
  status: string;
  fields?: Record<string, { type: string; description: string; optional?: boolean; choices?: string[] }>;
  provided_fields?: Record<string, unknown>;
  message?: string;
}

/** Somebody who logs in with a key of their own and tells who they are (SEP-10, SEP-12). */
export function createTestCustomer(context: AnchorContext, home: string, fetch: Fetch) {
  const seed = encodeStrKey('seed', systemIds.bytes(32));
  const { project } = context;
  let token: Promise<string> | undefined;
  const ask = async (init: RequestInit, query: string): Promise<Record<string, unknown>> => {
    token ??= login(
      { seed, homeUrl: home, fetch },
      {
        webAuthEndpoint: `${home}/auth`,
        signingKey: keyPairFromSeed(project.secrets.signingSeed ?? '').publicKey,
        networkPassphrase: project.network.passphrase,
      },
    );
    const headers = { authorization: `Bearer ${await token}`, 'content-type': 'application/json' };
    return requestJson(fetch, 'SEP-12', `${home}/kyc/customer${query}`, { ...init, headers });
  };
  return {
    /** PUT /customer: answers the customer's id */
    async put(fields: Record<string, string>): Promise<string> {
      const { id } = await ask({ method: 'PUT', body: JSON.stringify(fields) }, '');
      return String(id);
    },
    /** GET /customer */
    async status(type?: string): Promise<TestCustomerStatus> {
      const query = type === undefined ? '' : `?${new URLSearchParams({ type })}`;
      return (await ask({ method: 'GET' }, query)) as unknown as TestCustomerStatus;
    },
  };
}
