import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sep10 } from '../../src/seps/sep10-auth/index.ts';
import { createGuardedFetch } from '../../src/seps/shared/guarded-fetch.ts';
import { createApp } from '../../src/server/app.ts';
import { createHorizon } from '../../src/stellar/horizon.ts';
import type { Fetch } from '../../src/stellar/port.ts';
import { type TestAnchor, testAnchor } from '../seps/anchor.ts';
import { ask, challengeFor, send, signed, testKey } from '../seps/wallet.ts';

let anchor: TestAnchor;
const client = testKey();
const wallet = testKey();
const account = client.publicKey;
const client_domain = 'wallet.example';
const toml = `SIGNING_KEY = "${wallet.publicKey}"\n`;

beforeAll(async () => {
  anchor = await testAnchor();
});
afterAll(() => anchor.close());

/** A login whose wallets' files are fetched by this, off the local mode. */
const appWith = (guardedFetch: Fetch) =>
  sep10.routes({ ...anchor.ctx, guardedFetch, project: { ...anchor.ctx.project, localMode: false } });
const whole = () => createApp(anchor.ctx);
const token = async (answer: Response) => ((await answer.json()) as { token?: string }).token;

describe('what a wallet makes the login fetch', () => {
  it('1153 toml body/redirects unbounded: at most 100 KB are read, and no redirect is followed', async () => {
    let read = 0;
    const endless = appWith(
      async () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              read += 65_536;
              controller.enqueue(new Uint8Array(65_536).fill(35));
            },
          }),
        ),
    );
    expect((await ask(endless, { account, client_domain })).status).toBe(400);
    expect(read).toBeLessThan(500_000);

    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(302, { location: '/elsewhere' }).end(toml);
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    try {
      const { port } = server.address() as AddressInfo;
      const guardedFetch = createGuardedFetch({ allowLoopback: true, resolve: async () => ['127.0.0.1'] });
      const app = sep10.routes({ ...anchor.ctx, guardedFetch });
      expect((await ask(app, { account, client_domain: `localhost:${port}` })).status).toBe(400);
      expect(seen).toEqual(['/.well-known/stellar.toml']);
    } finally {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  });

  it('1173 client_domain SSRF: an address instead of a name is refused before anything is fetched', async () => {
    const { project } = anchor.ctx;
    const app = sep10.routes({
      ...anchor.ctx,
      guardedFetch: async () => expect.unreachable(),
      project: { ...project, network: { ...project.network, name: 'public' } },
    });
    for (const name of [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '169.254.169.254',
      '10.0.0.1',
      '[::1]',
      '[::ffff:169.254.169.254]',
      'localhost',
      'localhost:8000',
      'metadata',
      'user@wallet.example',
      'wallet.example:22',
      'wallet.example/../x',
      'wallet.example#',
      'http://wallet.example',
    ]) {
      const answer = await ask(app, { account, client_domain: name });
      expect([name, answer.status]).toEqual([name, 400]);
    }
  });

  it('1236 client_domain SSRF: a good name that leads into a private network is refused, in words that tell nothing', async () => {
    const texts = new Set<string>();
    for (const addresses of [
      ['127.0.0.1'],
      ['10.1.2.3'],
      ['169.254.169.254'],
      ['::1'],
      ['fd00::1'],
      ['::ffff:10.0.0.1'],
      ['93.184.216.34', '192.168.0.1'],
      [],
    ]) {
      const guarded = createGuardedFetch({ allowLoopback: false, resolve: async () => addresses });
      const refused = { code: 'ADDRESS_REFUSED' };
      await expect(guarded('https://wallet.example/.well-known/stellar.toml')).rejects.toMatchObject(refused);
      const answer = await ask(appWith(guarded), { account, client_domain });
      expect([addresses, answer.status]).toEqual([addresses, 400]);
      texts.add(await answer.text());
    }
    const absent = await ask(
      appWith(async () => Promise.reject(new Error('getaddrinfo ENOTFOUND'))),
      { account, client_domain },
    );
    expect([...texts]).toEqual([await absent.text()]);
  });

  it('1267 client_domain thread exhaustion: domains that never answer hold eight look-ups, and others log in meanwhile', async () => {
    const waiting: (() => void)[] = [];
    const app = appWith(async () => {
      await new Promise<void>((go) => waiting.push(go));
      return new Response(toml);
    });
    const many = Array.from({ length: 200 }, (_, at) =>
      ask(app, { account, client_domain: `slow${at}.example` }),
    );
    const challenge = await challengeFor(app, { account });
    const answer = await send(app, signed(challenge, anchor.sandbox.passphrase, client));
    expect(answer.status).toBe(200);
    expect(waiting).toHaveLength(8);
    for (const go of waiting) go();
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(8);
    expect(statuses.filter((status) => status === 429)).toHaveLength(192);
  });
});

describe('a challenge', () => {
  it('1167 nonce TOCTOU: of sixteen that send it at once, to two processes, one has a token', async () => {
    const apps = [whole(), whole()];
    const challenge = await challengeFor(apps[0] as (typeof apps)[0], { account });
    const transaction = signed(challenge, anchor.sandbox.passphrase, client);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, at) => send(apps[at % 2] as (typeof apps)[0], transaction)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 15 }, () => 400)]);
  });

  it('1294 SEP-10 replay: what gave a token gives no other, also with another signature, and after a restart', async () => {
    const app = whole();
    const { passphrase } = anchor.sandbox;
    const challenge = await challengeFor(app, { account });
    const transaction = signed(challenge, passphrase, client);
    const first = await send(app, transaction);
    expect([first.status, typeof (await token(first))]).toEqual([200, 'string']);
    for (const again of [app, whole()]) {
      for (const sent of [transaction, signed(challenge, passphrase, client)]) {
        const answer = await send(again, sent);
        expect([answer.status, await token(answer)]).toEqual([400, undefined]);
      }
    }
  });

  it('1185 XDR size: a transaction that is longer than any challenge is refused unread', async () => {
    const app = whole();
    for (const transaction of [
      'A'.repeat(50_001),
      'A'.repeat(1_000_000),
      Buffer.alloc(40_000).toString('base64'),
      // announces four thousand million signatures
      Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.alloc(200, 255)]).toString('base64'),
    ]) {
      const answer = await send(app, transaction);
      expect(answer.status).toBe(400);
      expect(Object.keys((await answer.json()) as object)).toEqual(['error']);
    }
  });
});

it('1195 Horizon error serialization: whatever Horizon answers, a login says 503 and nothing of it', async () => {
  const problem = { type: 'x', title: 'Secret Inside', status: 500, extras: { key: 'SECRET' } };
  const bodies: [string, number][] = [
    ['<html>SECRET</html>', 502],
    [JSON.stringify(problem), 500],
    [JSON.stringify({ ...problem, status: 504 }), 504],
    ['{"SECRET"', 200],
    ['[]', 200],
    ['null', 200],
    ['', 200],
    [JSON.stringify(problem), 429],
  ];
  for (const [body, status] of bodies) {
    const network = createHorizon({
      url: 'http://horizon.example',
      passphrase: anchor.sandbox.passphrase,
      fetch: async () => new Response(body, { status }),
      clock: anchor.clock,
    });
    await expect(network.account(account)).rejects.toMatchObject({ code: 'NETWORK_UNAVAILABLE' });
    const app = createApp({ ...anchor.ctx, network });
    const challenge = await challengeFor(app, { account });
    const answer = await send(app, signed(challenge, anchor.sandbox.passphrase, client));
    expect([body, status, answer.status]).toEqual([body, status, 503]);
    const text = await answer.text();
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['error']);
    expect(text).not.toMatch(/SECRET|Secret Inside|html|horizon\.example/);
  }
});
