import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemIds } from '../../src/kernel/ids.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import { sampleQuotes } from '../../src/quotes/index.ts';
import { type TokenPurpose, tokensOf } from '../../src/seps/shared/tokens.ts';
import { createApp } from '../../src/server/app.ts';
import { randomSeed } from '../../src/stellar/keys.ts';
import { BOB, CONTRACT, createTestAnchor, existing, SHARED, type TestAnchor } from '../support/anchor.ts';

/** Owner of everything: user 7 of a shared account. */
const OWNER = `${SHARED}:7`;

/** Everybody else, by what makes them another. */
const STRANGERS: Readonly<Record<string, string>> = {
  'another account': BOB,
  'another account with the same memo': `${BOB}:7`,
  'another memo of the same account': `${SHARED}:8`,
  'another id of the same muxed account': joinMuxed(SHARED, '8'),
  'the account without a memo': SHARED,
  'a contract': CONTRACT,
};
const OTHER_TOKENS: readonly TokenPurpose[] = ['interactive', 'more_info', 'web'];

interface Ids {
  sep6: string;
  sep24: string;
  sep31: string;
  quote: string;
  customer: string;
}

interface Look {
  name: string;
  method?: string;
  path(ids: Ids): string;
  body?: unknown;
}

/** Every route that names a thing which belongs to somebody. */
const LOOKS: readonly Look[] = [
  { name: 'SEP-24 transaction', path: ({ sep24 }) => `/sep24/transaction?id=${sep24}` },
  {
    name: 'SEP-24 transactions after one',
    path: ({ sep24 }) => `/sep24/transactions?asset_code=SRT&paging_id=${sep24}`,
  },
  { name: 'SEP-6 transaction', path: ({ sep6 }) => `/sep6/transaction?id=${sep6}` },
  {
    name: 'SEP-6 transactions after one',
    path: ({ sep6 }) => `/sep6/transactions?asset_code=SRT&paging_id=${sep6}`,
  },
  {
    name: 'SEP-6 update',
    method: 'PATCH',
    path: ({ sep6 }) => `/sep6/transactions/${sep6}`,
    body: { transaction: { dest: '1' } },
  },
  { name: 'SEP-31 payment', path: ({ sep31 }) => `/sep31/transactions/${sep31}` },
  {
    name: 'SEP-31 update',
    method: 'PATCH',
    path: ({ sep31 }) => `/sep31/transactions/${sep31}`,
    body: { fields: { transaction: { a: '1' } } },
  },
  {
    name: 'SEP-31 callback',
    method: 'PUT',
    path: ({ sep31 }) => `/sep31/transactions/${sep31}/callback`,
    body: { url: 'https://wallet.example/hook' },
  },
  { name: 'SEP-38 quote', path: ({ quote }) => `/sep38/quote/${quote}` },
  { name: 'SEP-12 customer', path: ({ customer }) => `/kyc/customer?id=${customer}` },
  {
    name: 'SEP-12 customer of a transaction',
    path: ({ sep6 }) => `/kyc/customer?type=sep6&transaction_id=${sep6}`,
  },
  {
    name: 'SEP-12 files of a customer',
    path: ({ customer }) => `/kyc/customer/files?customer_id=${customer}`,
  },
];

describe('what belongs to somebody', () => {
  let anchor: TestAnchor;
  let app: ReturnType<typeof createApp>;
  let ids: Ids;

  const ask = (token: string, { method = 'GET', body }: Partial<Look>, path: string) =>
    app.request(`http://localhost:8000${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const made = async (name: string, given: Partial<Look>, path: string): Promise<string> => {
    const answer = await ask(anchor.token(OWNER), given, path);
    const { id } = (await answer.json()) as { id: string };
    if (id === undefined) throw new Error(`no ${name}: ${answer.status}`);
    return id;
  };

  beforeAll(async () => {
    anchor = await createTestAnchor({
      project: { seps: [1, 6, 10, 12, 24, 31, 38] },
      integrations: { quotes: sampleQuotes },
      network: { account: async (id) => existing(id) },
    });
    const { project } = anchor.ctx;
    const secrets = { ...project.secrets, signingSeed: randomSeed(systemIds) };
    const sep31 = {
      senders: [],
      fundingMethods: ['SEPA'],
      quotesRequired: false,
      acceptUnverified: true,
    };
    const ctx = { ...anchor.ctx, project: { ...project, secrets, sep31 } };
    await ctx.db.read.updateTable('assets').set({ sep31_enabled: 1, sep38_enabled: 1 }).execute();
    app = createApp(ctx);
    const put = (body: unknown): Partial<Look> => ({ method: 'PUT', body });
    const post = (body: unknown): Partial<Look> => ({ method: 'POST', body });
    const [sell_asset, buy_asset] = [
      'iso4217:USD',
      'stellar:SRT:GAOPQBZPADGVMDLH75HT3V7MAILCVMCJP5IVXLRULDAOFY3RCSJDHZST',
    ];
    const customer = await made('customer', put({ first_name: 'Ada', type: 'sep6' }), '/kyc/customer');
    ids = {
      customer,
      sep24: await made('SEP-24', post({ asset_code: 'SRT' }), '/sep24/transactions/deposit/interactive'),
      sep6: await made('SEP-6', {}, `/sep6/deposit?asset_code=SRT&account=${SHARED}&amount=100`).catch(
        () => '',
      ),
      sep31: await made(
        'SEP-31',
        post({
          amount: '100',
          asset_code: 'SRT',
          funding_method: 'SEPA',
          sender_id: customer,
          receiver_id: customer,
        }),
        '/sep31/transactions',
      ),
      quote: await made(
        'quote',
        post({ sell_asset, buy_asset, sell_amount: '100', context: 'sep6' }),
        '/sep38/quote',
      ),
    };
  });
  afterAll(() => anchor.close());

  const absent = (): Ids => {
    const id = () => systemIds.uuid();
    return { sep6: id(), sep24: id(), sep31: id(), quote: id(), customer: id() };
  };

  it('is there for its owner', async () => {
    for (const look of LOOKS.filter(({ method }) => method === undefined)) {
      const answer = await ask(anchor.token(OWNER), look, look.path(ids));
      expect([look.name, answer.status]).toEqual([look.name, 200]);
    }
    const muxed = await ask(anchor.token(joinMuxed(SHARED, '7')), {}, `/sep24/transaction?id=${ids.sep24}`);
    expect(muxed.status).toBe(200);
  });

  describe.each(LOOKS.map((look) => [look.name, look] as const))('%s', (_, look) => {
    it.each(Object.entries(STRANGERS))(
      'is to %s what does not exist, byte for byte (SC-15, S24-53, S24-54, S12-08, S38-38)',
      async (_who, subject) => {
        const token = anchor.token(subject);
        const foreign = await ask(token, look, look.path(ids));
        const nothing = await ask(token, look, look.path(absent()));
        expect(foreign.status).toBe(nothing.status);
        expect([...foreign.headers].sort()).toEqual([...nothing.headers].sort());
        expect(await foreign.text()).toBe(await nothing.text());
        expect(
          foreign.status === 404 ||
            foreign.status === 400 ||
            (foreign.status === 200 && look.name.includes('files')),
        ).toBe(true);
      },
    );

    it.each(OTHER_TOKENS)('is closed to a token that was made for %s (SC-14)', async (purpose) => {
      const other = tokensOf(anchor.ctx).sign(purpose, { sub: OWNER, lifetimeSeconds: 600 });
      const answer = await ask(other, look, look.path(ids));
      expect([401, 403]).toContain(answer.status);
    });

    it('is closed without a token, and with one of another anchor (SC-12, SC-14)', async () => {
      for (const token of ['', 'a.b.c', anchor.token(OWNER).slice(0, -2)]) {
        const answer = await ask(token, look, look.path(ids));
        expect([401, 403]).toContain(answer.status);
      }
    });
  });
});
