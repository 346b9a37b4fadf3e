import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { deliverCallbacks, listCallbacks, replayCallbacks, signatureOf } from '../../src/outbox/index.ts';
import { send } from '../../src/outbox/send.ts';
import { createGuardedFetch } from '../../src/seps/shared/guarded-fetch.ts';
import { keyPairFromSeed, randomKeyPair, verify } from '../../src/stellar/keys.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import type { AnchorContext } from '../../src/transfers/context.ts';
import { createTransaction, moveTransaction, type TransactionRow } from '../../src/transfers/index.ts';
import { describeDatabases } from '../support/databases.ts';
import { type Money, openMoney } from '../support/money.ts';

const G = 'GA7JFA6EGUUKTDZ4PAPOEJUWFNVHKI267WW6BU5N7AKEHMDKNHQWLF2B';
const SEED = randomKeyPair(systemIds).seed;
const KEY = keyPairFromSeed(SEED);

interface Call {
  url: string;
  body: string;
  signature: string;
}

describeDatabases('the outbox', (test) => {
  let money: Money;
  let ctx: AnchorContext;
  let calls: Call[];
  let answer: (url: string) => Response | Promise<Response>;

  beforeAll(async () => {
    money = await openMoney(test);
    const fetch: Fetch = async (url, init) => {
      const headers = new Headers(init?.headers);
      calls.push({ url, body: init?.body as string, signature: headers.get('signature') ?? '' });
      return answer(url);
    };
    ctx = {
      ...money.ctx,
      project: { ...money.ctx.project, secrets: { ...money.ctx.project.secrets, signingSeed: SEED } },
      guardedFetch: fetch,
      wire: {
        transaction: async (_trx, row) => ({ id: row.id, status: row.status }),
        customer: async (_trx, customer) => ({ id: customer.id }),
      },
    };
  });
  afterAll(() => money.close());
  beforeEach(async () => {
    calls = [];
    answer = () => new Response(null, { status: 204 });
    await ctx.db.read.deleteFrom('outbox').execute();
  });

  const create = (onChangeCallback: string): Promise<TransactionRow> =>
    ctx.db.write((trx) =>
      createTransaction(ctx, trx, {
        sep: '24',
        kind: 'deposit',
        assetId: money.asset.id,
        owner: G,
        subject: G,
        account: G,
        onChangeCallback,
      }),
    );
  const move = (row: TransactionRow, to: Parameters<typeof moveTransaction>[3]['to']) =>
    ctx.db.write((trx) => moveTransaction(ctx, trx, row, { to, by: 'test', reason: 'test' }));
  const walk = async (url: string): Promise<TransactionRow> => {
    const row = await create(url);
    return move(await move(row, 'pending_user_transfer_start'), 'pending_anchor');
  };
  const pass = () =>
    deliverCallbacks(ctx, {
      worker: { id: 'w', machine: 'm', boot: 'b' },
      signal: new AbortController().signal,
    } as unknown as Parameters<typeof deliverCallbacks>[1]);
  const statuses = () =>
    calls.map(({ body }) => (JSON.parse(body) as { transaction: { status: string } }).transaction.status);

  it('posts what is to be told, signed over the bytes that are sent (SC-33, SC-35, SC-36, SC-42)', async () => {
    const row = await move(await create('https://wallet.example/hook'), 'pending_user_transfer_start');
    expect(await pass()).toMatchObject({ processed: 1, failed: 0, waiting: 0 });
    const [call] = calls as [Call];
    expect(JSON.parse(call.body)).toEqual({
      transaction: { id: row.id, status: 'pending_user_transfer_start' },
    });
    const [, t, s] = /^t=(\d+), s=(.+)$/.exec(call.signature) as unknown as [string, string, string];
    const signed = Buffer.from(`${t}.wallet.example.${call.body}`);
    expect(verify(KEY.publicKey, signed, Buffer.from(s, 'base64'))).toBe(true);
    expect(await pass()).toMatchObject({ processed: 0 });
  });

  it('keeps the words of each change and their order, also when the receiver was away (SC-41)', async () => {
    answer = () => new Response('busy', { status: 503 });
    await walk('https://wallet.example/hook');
    await pass();
    expect(statuses()).toEqual(['pending_user_transfer_start']);
    answer = () => new Response(null, { status: 200 });
    await money.clock.sleep(11_000);
    await ctx.db.read.updateTable('outbox').set({ next_at: '2000-01-01T00:00:00.000Z' }).execute();
    await pass();
    expect(statuses()).toEqual([
      'pending_user_transfer_start',
      'pending_user_transfer_start',
      'pending_anchor',
    ]);
    expect(calls[0]?.body).toBe(calls[1]?.body);
  });

  it('signs each retry anew, with the time at which it is sent (SC-37)', async () => {
    answer = () => new Response(null, { status: 500 });
    await move(await create('https://wallet.example/hook'), 'pending_user_transfer_start');
    await pass();
    await money.clock.sleep(5_000);
    await ctx.db.read.updateTable('outbox').set({ next_at: '2000-01-01T00:00:00.000Z' }).execute();
    await pass();
    const times = calls.map(({ signature }) => /^t=(\d+)/.exec(signature)?.[1]);
    expect(new Set(times).size).toBe(2);
  });

  it('lets a receiver that fails hold back nobody else', async () => {
    await walk('https://dead.example/hook');
    await walk('https://wallet.example/hook');
    answer = (url) => {
      if (url.includes('dead')) throw new Error('connect ECONNREFUSED');
      return new Response(null, { status: 200 });
    };
    expect(await pass()).toMatchObject({ processed: 2, failed: 1, waiting: 2 });
    expect(calls.filter(({ url }) => url.includes('dead'))).toHaveLength(1);
  });

  it('gives up after days, and sends again what an operator asks for', async () => {
    answer = () => new Response(null, { status: 410 });
    const row = await move(await create('https://wallet.example/hook'), 'pending_user_transfer_start');
    for (let i = 0; i < 20; i++) {
      await ctx.db.read
        .updateTable('outbox')
        .set({ next_at: '2000-01-01T00:00:00.000Z' })
        .where('state', '=', 'waiting')
        .execute();
      await pass();
    }
    const [given] = await listCallbacks(ctx, { state: 'failed', limit: 10 });
    expect(given).toMatchObject({ transaction_id: row.id, last_answer: '410', attempts: 13 });
    expect(calls).toHaveLength(13);
    answer = () => new Response(null, { status: 200 });
    expect(await replayCallbacks(ctx, { id: given?.id ?? 0 })).toBe(1);
    expect(await pass()).toMatchObject({ processed: 1, waiting: 0 });
    await expect(replayCallbacks(ctx, { id: 999_999 })).rejects.toMatchObject({ code: 'CALLBACK_NOT_FOUND' });
  });

  it('is sent once by several workers', async () => {
    for (let i = 0; i < 10; i++) await walk(`https://wallet.example/${i}`);
    await Promise.all([pass(), pass(), pass()]);
    while ((await pass()).waiting > 0) await pass();
    expect(calls).toHaveLength(20);
  });

  it('tells the wallet of clients.toml too, once for each address (SC-20)', async () => {
    const project = {
      ...ctx.project,
      clients: [
        {
          name: 'exchange',
          type: 'custodial' as const,
          domains: [],
          accounts: [G],
          callbackUrl: 'https://exchange.example/all',
          callbackUrls: {},
          allowAnyDestination: false,
          destinationAccounts: [],
        },
      ],
    };
    const row = await create('https://exchange.example/all');
    const other = await create('https://wallet.example/hook');
    await ctx.db.write(async (trx) => {
      for (const one of [row, other]) {
        const to = 'pending_user_transfer_start';
        await moveTransaction({ ...ctx, project }, trx, one, { to, by: 'test', reason: 'test' });
      }
    });
    await pass();
    expect(calls.map(({ url }) => url).sort()).toEqual([
      'https://exchange.example/all',
      'https://exchange.example/all',
      'https://wallet.example/hook',
    ]);
  });
});

describe('a callback', () => {
  const port = (fetch: Fetch) => ({
    fetch,
    clock: systemClock,
    key: KEY,
    signal: new AbortController().signal,
  });

  it('goes to no private address, over no plain http, and follows no redirect (SC-40)', async () => {
    const fetch = createGuardedFetch({ allowLoopback: false, resolve: async () => ['10.0.0.7'] });
    for (const url of [
      'https://wallet.example/x',
      'http://wallet.example/x',
      'https://169.254.169.254/latest',
      'https://[::1]/',
    ]) {
      expect(await send(port(fetch), url, '{}')).toMatchObject({ ok: false });
    }
  });

  it('arrives over a socket as it was signed, under both names; a redirect is a refusal (SC-34, SC-35, SC-38, SC-40)', async () => {
    const seen: { path: string; body: string; signature: string; type: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const { signature = '', 'content-type': type = '' } = request.headers;
        expect(request.headers['x-stellar-signature']).toBe(signature);
        seen.push({ path: request.url ?? '', body, signature: `${signature}`, type });
        if (request.url === '/moved') response.writeHead(302, { location: '/elsewhere' });
        response.end();
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port: number } = server.address() as AddressInfo;
    const fetch = createGuardedFetch({ allowLoopback: true, resolve: async () => ['127.0.0.1'] });
    const home = `http://localhost:${number}`;
    try {
      expect(await send(port(fetch), `${home}/hook`, '{"é":1}')).toEqual({ ok: true, answer: '200' });
      expect(await send(port(fetch), `${home}/moved`, '{}')).toEqual({ ok: false, answer: '302' });
    } finally {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
    expect(seen.map(({ path }) => path)).toEqual(['/hook', '/moved']);
    expect(seen[0]).toMatchObject({ body: '{"é":1}', type: 'application/json' });
    const [, t, s] = /^t=(\d+), s=(.+)$/.exec(seen[0]?.signature ?? '') as unknown as [
      string,
      string,
      string,
    ];
    const signed = Buffer.from(`${t}.localhost:${number}.{"é":1}`);
    expect(verify(KEY.publicKey, signed, Buffer.from(s, 'base64'))).toBe(true);
  });

  it('is signed like the example of the text: time, host, body (SC-35, SV-04)', () => {
    const signature = signatureOf(
      KEY,
      'https://wallet.example.com/x',
      1_700_000_000,
      Buffer.from('{"transaction":{}}'),
    );
    const [, s] = /^t=1700000000, s=(.+)$/.exec(signature) as unknown as [string, string];
    const signed = Buffer.from('1700000000.wallet.example.com.{"transaction":{}}');
    expect(verify(KEY.publicKey, signed, Buffer.from(s, 'base64'))).toBe(true);
  });
});
