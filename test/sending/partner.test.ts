import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemIds } from '../../src/kernel/ids.ts';
import { followSends, type SendRequest, send, showSend } from '../../src/sending/index.ts';
import { randomKeyPair } from '../../src/stellar/keys.ts';
import type { AnchorContext } from '../../src/transfers/index.ts';
import { createDatabase, type TestDatabase } from '../support/databases.ts';
import { type Money, openMoney } from '../support/money.ts';

const HOME = 'https://b.example';
const SIGNING = 'GA7JFA6EGUUKTDZ4PAPOEJUWFNVHKI267WW6BU5N7AKEHMDKNHQWLF2B';

type Reply = { status?: number; body?: unknown; text?: string } | Error;

/** Another anchor that says what the test wants; its login is skipped by a session that is open already. */
let database: TestDatabase;
let money: Money;
let ctx: AnchorContext;
let replies: Record<string, Reply | (() => Reply)>;
let asked: string[];
let counter = 0;

beforeAll(async () => {
  database = await createDatabase('sqlite');
  money = await openMoney(database, {});
});
afterAll(async () => {
  await money.close();
  await database.drop();
});

beforeEach(async () => {
  asked = [];
  const seed = randomKeyPair(systemIds).seed;
  ctx = {
    ...money.ctx,
    project: { ...money.ctx.project, secrets: { ...money.ctx.project.secrets, signingSeed: seed } },
    fetch: async (url, init) => {
      const { pathname } = new URL(url);
      const what = `${init?.method ?? 'GET'} ${pathname}`;
      asked.push(what);
      const found = replies[what];
      const reply = typeof found === 'function' ? found() : found;
      if (reply === undefined) return new Response('{"error":"nothing here"}', { status: 404 });
      if (reply instanceof Error) throw reply;
      return new Response(reply.text ?? JSON.stringify(reply.body ?? {}), { status: reply.status ?? 200 });
    },
  };
  replies = { 'GET /.well-known/stellar.toml': { text: toml() } };
});

const toml = (more: Record<string, string> = {}): string => {
  const keys = {
    NETWORK_PASSPHRASE: money.ctx.project.network.passphrase,
    SIGNING_KEY: SIGNING,
    WEB_AUTH_ENDPOINT: `${HOME}/auth`,
    DIRECT_PAYMENT_SERVER: `${HOME}/sep31`,
    ...more,
  };
  const lines = Object.entries(keys)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key} = "${value}"`);
  return `${lines.join('\n')}\n[[CURRENCIES]]\ncode = "${money.asset.code}"\nissuer = "${money.asset.issuer}"\n`;
};

const request = (more: Partial<SendRequest> = {}): SendRequest => ({
  key: `order-${counter++}`,
  to: HOME,
  asset: money.asset.code,
  amount: '100',
  sender: { fields: { first_name: 'Ada' } },
  receiver: { fields: { first_name: 'Bob' } },
  ...more,
});

const rows = async () => (await ctx.db.read.selectFrom('sends').select('id').execute()).length;

describe('what is asked for', () => {
  it.each([
    ['key', { key: '' }],
    ['key', { key: 'a b' }],
    ['key', { key: 'x'.repeat(201) }],
    ['amount', { amount: '0' }],
    ['amount', { amount: '-1' }],
    ['amount', { amount: '1e2' }],
    ['amount', { amount: '1.00000001' }],
    ['amount', { amount: 7 as never }],
    ['asset', { asset: 'NOPE' }],
    ['asset', { asset: undefined as never }],
    ['to', { to: 'http://b.example' }],
    ['to', { to: 'b.example' }],
    ['to', { to: 'https://user@b.example' }],
    ['sender', { sender: undefined as never }],
    ['sender', { sender: { fields: { 'a b': 'x' } } }],
    ['receiver', { receiver: { fields: { a: 7 as never } } }],
    ['receiver', { receiver: { id: '', fields: {} } }],
    ['fields', { fields: [] as never }],
    ['destinationAsset', { destinationAsset: 'BRL' }],
    ['lang', { lang: 'english please' }],
    ['fundingMethod', { fundingMethod: 'a b' }],
  ])('refuses a wrong %s and keeps nothing', async (_, change) => {
    const before = await rows();
    await expect(send(ctx, request(change))).rejects.toMatchObject({ exitStatus: 2 });
    expect([await rows(), asked]).toEqual([before, []]);
  });

  it('keeps personal data sealed', async () => {
    await send(ctx, request({ sender: { fields: { first_name: 'Augusta Ada' } } }));
    const all = JSON.stringify(
      await ctx.db.read.selectFrom('sends').select(['request', 'remote', 'waiting']).execute(),
    );
    expect(all).not.toContain('Augusta');
  });
});

describe('another anchor that is none', () => {
  it.each([
    ['another network', () => toml({ NETWORK_PASSPHRASE: 'Other' })],
    ['no signing key', () => toml({ SIGNING_KEY: '' })],
    ['no payments', () => toml({ DIRECT_PAYMENT_SERVER: '' })],
    ['plain http', () => toml({ DIRECT_PAYMENT_SERVER: 'http://b.example/sep31' })],
    ['no TOML', () => '<html>'],
    ['too much of it', () => `# ${'x'.repeat(2_000_000)}`],
  ])(
    '%s: nothing is sent, the reason is told, and after some tries it has failed for good or waits',
    async (_, text) => {
      replies['GET /.well-known/stellar.toml'] = { text: text() };
      const view = await send(ctx, request());
      expect(view.waiting_for ?? view.history.at(-1)?.reason).toEqual(expect.any(String));
      for (let tries = 0; tries < 4; tries++) {
        money.clock.advance(3_600_000);
        await followSends(ctx, money.options);
      }
      const after = await showSend(ctx, view.id);
      expect(['failed', 'preparing']).toContain(after.state);
      expect(after.transaction_id).toBeNull();
      expect(asked.every((what) => what.endsWith('stellar.toml'))).toBe(true);
    },
  );

  it('that cannot be reached is asked again, for as long as it takes', async () => {
    replies['GET /.well-known/stellar.toml'] = new Error('refused');
    const view = await send(ctx, request());
    for (let tries = 0; tries < 6; tries++) {
      money.clock.advance(3_600_000);
      await followSends(ctx, money.options);
    }
    expect((await showSend(ctx, view.id)).state).toBe('preparing');
  });
});
