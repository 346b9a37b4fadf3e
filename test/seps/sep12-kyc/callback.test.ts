import { describe, expect, it } from 'vitest';
import type { CustomerDecision } from '../../../src/config/customer-hooks.ts';
import { decideCustomer } from '../../../src/customers/index.ts';
import { sep12 } from '../../../src/seps/sep12-kyc/index.ts';
import { createWire } from '../../../src/server/wire.ts';
import { customersOf } from '../../../src/transfers/customers.ts';
import type { AnchorContext } from '../../../src/transfers/index.ts';
import { ALICE, type TestAnchor, useTestAnchor } from '../../support/anchor.ts';
import { kycOf, PERSON, settings } from './kyc.ts';

let decision: CustomerDecision = { status: 'PROCESSING' };
const bare = useTestAnchor({
  integrations: { customers: { review: () => decision } },
  project: { customers: settings({ types: { sep6: ['first_name', 'last_name'] } }) },
});
/** as the server makes it: with what callbacks are written from */
const ctx = (): AnchorContext => {
  const made: AnchorContext = {
    ...bare.ctx,
    get wire() {
      return createWire(made);
    },
  };
  return made;
};
const anchor = {
  token: (sub: string) => bare.token(sub),
  request: async (path: string, init?: RequestInit) =>
    sep12.routes(ctx()).request(`http://localhost:8000${path}`, init),
} as unknown as TestAnchor;
const kyc = kycOf(anchor);
const told = async () =>
  (await bare.ctx.db.read.selectFrom('outbox').selectAll().orderBy('id').execute()).map(
    ({ url, status, body }) => ({
      url,
      status,
      body: JSON.parse(body ?? 'null') as unknown,
    }),
  );
const URL_1 = 'https://wallet.example/one';

describe('the callback of a customer', () => {
  it('tells each change as GET would, until the end, and then no more (S12-38, S12-39, S12-37)', async () => {
    const { id } = (await kyc.put(ALICE, { first_name: 'Ada' })).body as { id: string };
    expect(await told()).toEqual([]);
    expect((await kyc.put(ALICE, { url: URL_1 }, '/callback')).status).toBe(200);
    await kyc.put(ALICE, PERSON);
    expect(await told()).toEqual([{ url: URL_1, status: 'PROCESSING', body: (await kyc.get(ALICE)).body }]);
    await decideCustomer(customersOf(ctx()), id, 'sep6', { status: 'ACCEPTED' }, { by: 'operator:grace' });
    expect((await told()).slice(1)).toEqual([
      { url: URL_1, status: 'ACCEPTED', body: (await kyc.get(ALICE)).body },
    ]);
    await decideCustomer(
      customersOf(ctx()),
      id,
      'sep6',
      { status: 'REJECTED', message: 'No.' },
      { by: 'operator:grace' },
    );
    expect(await told()).toHaveLength(2);
  });

  it('begins anew with another PUT, and what is told holds no value (S12-38, S9-16)', async () => {
    expect((await kyc.put(ALICE, { url: 'https://wallet.example/two' }, '/callback')).status).toBe(200);
    const { id } = (await kyc.get(ALICE)).body as { id: string };
    decision = { status: 'ACCEPTED' };
    await decideCustomer(
      customersOf(ctx()),
      id,
      'sep6',
      { status: 'NEEDS_INFO', fields: { last_name: 'Wrong.' } },
      { by: 'operator:grace' },
    );
    await kyc.put(ALICE, { last_name: 'Byron' });
    const news = (await told()).slice(2);
    expect(news.map(({ url, status }) => [url, status])).toEqual([
      ['https://wallet.example/two', 'NEEDS_INFO'],
      ['https://wallet.example/two', 'PROCESSING'],
      ['https://wallet.example/two', 'ACCEPTED'],
    ]);
    expect(JSON.stringify(await told())).not.toMatch(/Ada|Lovelace|Byron/);
    expect((await kyc.erase(ALICE, ALICE)).status).toBe(200);
    expect(await told()).toEqual([]);
  });
});
