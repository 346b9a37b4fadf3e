import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemIds } from '../../src/kernel/ids.ts';
import { encodeStrKey } from '../../src/kernel/strkey.ts';
import { sampleQuotes } from '../../src/quotes/index.ts';
import { createApp } from '../../src/server/app.ts';
import { randomSeed } from '../../src/stellar/keys.ts';
import { ALICE, createTestAnchor, existing, type TestAnchor } from '../support/anchor.ts';
import { ENDPOINTS, type Endpoint } from './endpoints.ts';
import { brokenBodies, type Case, casesOf } from './requests.ts';
import { SEED } from './values.ts';

/** What an answer to strangers never shows. */
const LEAKS = /\bat .*:\d+:\d+|node_modules|SQLITE|sqlite|select \*|\/src\/|TypeError|undefined is not/;
const WEB_AUTH_CONTRACT = encodeStrKey('contract', systemIds.bytes(32));
const TABLES = ['transactions', 'customers', 'customer_fields', 'quotes', 'obligations', 'outbox'] as const;
let asked = 0;

describe('whatever is sent to whatever address', () => {
  let anchor: TestAnchor;
  let app: ReturnType<typeof createApp>;
  let token: string;
  const shapes: string[] = [];

  beforeAll(async () => {
    anchor = await createTestAnchor({
      project: {
        seps: [1, 6, 10, 12, 24, 31, 38, 45],
        sep45: { contract: WEB_AUTH_CONTRACT, rpcUrl: 'https://rpc.example' },
      },
      integrations: { quotes: sampleQuotes },
      network: { account: async (id) => existing(id) },
    });
    const { project } = anchor.ctx;
    const secrets = { ...project.secrets, signingSeed: randomSeed(systemIds) };
    // an RPC server that knows its ledger
    const fetch = async () => Response.json({ jsonrpc: '2.0', id: 1, result: { sequence: 5 } });
    const ctx = { ...anchor.ctx, fetch, project: { ...project, secrets } };
    await ctx.db.read.updateTable('assets').set({ sep31_enabled: 1, sep38_enabled: 1 }).execute();
    app = createApp(ctx, { onInvalidAnswer: (fault) => shapes.push(fault.issue) });
    token = anchor.token(ALICE);
  });
  afterAll(() => anchor.close());

  /** Enough to see that anything was written. */
  const state = async (): Promise<string> => {
    const counts: number[] = [];
    for (const table of TABLES) {
      const { n } = await anchor.ctx.db.read
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      counts.push(Number(n));
    }
    return counts.join();
  };

  const faultsOf = async (one: Case, before: string): Promise<string[]> => {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (one.auth) headers['authorization'] = `Bearer ${token}`;
    if (one.contentType !== undefined) headers['content-type'] = one.contentType;
    const init = one.body === undefined ? {} : { body: one.body };
    const answer = await app.request(`http://localhost:8000${one.path}`, {
      method: one.method,
      headers,
      ...init,
    });
    asked += 1;
    const text = await answer.text();
    const found: string[] = shapes.splice(0).map((issue) => `has not its shape: ${issue}`);
    if (answer.status >= 500) found.push(`answers ${answer.status}`);
    if (one.wrong && (answer.status < 400 || answer.status >= 500)) found.push(`takes it: ${answer.status}`);
    if (answer.headers.get('access-control-allow-origin') !== '*') found.push('has no CORS header');
    if (text.includes(SEED)) found.push('shows a secret');
    if (answer.status >= 400) {
      if (LEAKS.test(text)) found.push(`leaks: ${text.slice(0, 200)}`);
      if (!isError(text)) found.push(`is no error object: ${answer.status} ${text.slice(0, 100)}`);
      if ((await state()) !== before) found.push('changed something');
    }
    return found.map((fault) => `${one.name} ${fault}`);
  };

  const check = async (cases: Iterable<Case>): Promise<void> => {
    const faults: string[] = [];
    for (const one of cases) faults.push(...(await faultsOf(one, await state())));
    expect(faults.slice(0, 40)).toEqual([]);
  };

  const named = (endpoint: Endpoint): [string, Endpoint] => [`${endpoint.method} ${endpoint.path}`, endpoint];
  it.each(ENDPOINTS.map(named))(
    'is answered by %s in the words of its SEP, and changes nothing when it is wrong',
    async (_, endpoint) => {
      await check(casesOf(endpoint));
      await check(brokenBodies(endpoint));
    },
  );

  it('holds for twenty thousand requests', () => {
    expect(asked).toBeGreaterThan(20_000);
  });
});

const isError = (text: string): boolean => {
  try {
    const answer = JSON.parse(text) as { error?: unknown; type?: unknown };
    return typeof answer.error === 'string' || typeof answer.type === 'string';
  } catch {
    return false;
  }
};
