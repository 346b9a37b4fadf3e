import { WebAuth } from '@stellar/stellar-sdk';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Project } from '../../../src/config/project.ts';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import { sep10 } from '../../../src/seps/sep10-auth/index.ts';
import type { Fetch } from '../../../src/stellar/port.ts';
import { type TestAnchor, testAnchor } from '../anchor.ts';
import { ask, challengeFor, send, signed, testKey } from '../wallet.ts';

let anchor: TestAnchor;
const client = testKey();
const wallet = testKey();
const account = client.publicKey;
const client_domain = 'wallet.example';
const toml = `VERSION = "2.7.0"\nSIGNING_KEY = "${wallet.publicKey}"\n[DOCUMENTATION]\nORG_NAME = "W"\n`;

beforeAll(async () => {
  anchor = await testAnchor();
});
afterAll(() => anchor.close());

const answering =
  (body: string, init: ResponseInit = {}): Fetch =>
  async () =>
    new Response(body, init);

function anchorWith(fetch: Fetch, project: Partial<Project> = {}) {
  return sep10.routes({
    ...anchor.ctx,
    guardedFetch: fetch,
    project: { ...anchor.ctx.project, localMode: false, ...project },
  });
}

describe('client_domain', () => {
  it('adds an operation of the wallet server, which must sign too (S10-19, S10-52, S10-57, SV-09)', async () => {
    const asked: string[] = [];
    const app = anchorWith(async (url) => {
      asked.push(url);
      return new Response(toml);
    });
    const challenge = await challengeFor(app, { account, client_domain });
    expect(asked).toEqual(['https://wallet.example/.well-known/stellar.toml']);
    const { passphrase } = anchor.sandbox;
    const host = 'localhost:8000';
    const { tx } = WebAuth.readChallengeTx(challenge, anchor.signing.publicKey, passphrase, host, host);
    const third = tx.operations[2];
    expect(third).toMatchObject({ type: 'manageData', name: 'client_domain', source: wallet.publicKey });
    expect(third?.type === 'manageData' && third.value?.toString()).toBe('wallet.example');

    expect((await send(app, signed(challenge, passphrase, client))).status).toBe(400);
    expect((await send(app, signed(challenge, passphrase, wallet))).status).toBe(400);
    expect((await send(app, signed(challenge, passphrase, client, wallet, wallet))).status).toBe(400);
    expect((await send(app, signed(challenge, passphrase, client, wallet, testKey()))).status).toBe(400);
    const answer = await send(app, signed(challenge, passphrase, wallet, client));
    expect(answer.status).toBe(200);
    expect(decodeJwt(((await answer.json()) as { token: string }).token)['client_domain']).toBe(
      'wallet.example',
    );
  });

  it('works with a memo and with M accounts (S10-15, S10-19, S10-64)', async () => {
    const app = anchorWith(answering(toml));
    const queries: Record<string, string>[] = [{ account, memo: '5' }, { account: joinMuxed(account, '5') }];
    for (const query of queries) {
      const challenge = await challengeFor(app, { ...query, client_domain });
      expect((await send(app, signed(challenge, anchor.sandbox.passphrase, client, wallet))).status).toBe(
        200,
      );
    }
  });

  const bad: [string, Fetch][] = [
    ['no such host', async () => Promise.reject(new Error('ENOTFOUND'))],
    ['404', answering('', { status: 404 })],
    ['500', answering('', { status: 500 })],
    ['a redirect', answering('', { status: 302, headers: { location: 'https://169.254.169.254/' } })],
    ['nothing', answering('')],
    ['bad TOML', answering('SIGNING_KEY = ')],
    ['a page', answering('<html></html>')],
    ['no SIGNING_KEY', answering('VERSION = "2.7.0"')],
    ['a bad SIGNING_KEY', answering('SIGNING_KEY = "GABC"')],
    ['a secret as SIGNING_KEY', answering(`SIGNING_KEY = "${wallet.sdk.secret()}"`)],
    ['a SIGNING_KEY that is no text', answering('SIGNING_KEY = 5')],
    ['an M account as SIGNING_KEY', answering(`SIGNING_KEY = "${joinMuxed(wallet.publicKey, '1')}"`)],
    ['101 KB', answering(`${toml}#${'x'.repeat(101_000)}`)],
    [
      'an endless file',
      async () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)) })),
    ],
  ];
  it.each(bad)('whose file is %s is refused (S10-08, S1-33)', async (_, fetch) => {
    const answer = await ask(anchorWith(fetch), { account, client_domain });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const text = await answer.text();
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['error']);
    expect(text).not.toMatch(/ENOTFOUND|169\.254|S[A-Z2-7]{55}/);
  });

  it('that names our own key is refused (S10-09)', async () => {
    const own = answering(`SIGNING_KEY = "${anchor.signing.publicKey}"`);
    expect((await ask(anchorWith(own), { account, client_domain })).status).toBe(400);
  });

  it('that is no domain name is refused before anything is fetched (S10-P04, SC-40)', async () => {
    const app = anchorWith(async () => expect.unreachable(), {
      network: { ...anchor.ctx.project.network, name: 'public' },
    });
    const names = [
      'localhost',
      'localhost:8000',
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '10.0.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '[::1]',
      '::1',
      '[::ffff:10.0.0.1]',
      'user@wallet.example',
      'user:pass@wallet.example',
      'wallet.example:22',
      'wallet.example:443',
      'wallet.example/',
      'wallet.example/x',
      'wallet.example?x',
      'wallet.example#x',
      'https://wallet.example',
      'wallet.example.',
      '.wallet.example',
      'wallet..example',
      'wallet',
      '-wallet.example',
      'wallet_.example',
      'wället.example',
      'wallet.example\r\nx: y',
      'wallet.example%00',
      `${'a'.repeat(60)}.example`,
      ' ',
    ];
    for (const name of names) {
      const answer = await ask(app, { account, client_domain: name });
      expect([name, answer.status]).toEqual([name, 400]);
    }
  });

  it('that never answers is given up after the time limit', async () => {
    const never: Fetch = () => new Promise(() => {});
    const late = { ...anchor.clock, sleep: async () => {} };
    const ctx = { ...anchor.ctx, guardedFetch: never, clock: late };
    expect((await ask(sep10.routes(ctx), { account, client_domain })).status).toBe(400);
    const slow: Fetch = async () => new Response(new ReadableStream({}));
    expect((await ask(sep10.routes({ ...ctx, guardedFetch: slow }), { account, client_domain })).status).toBe(
      400,
    );
  });

  it('is fetched once for many, and not more than eight at a time', async () => {
    let fetched = 0;
    const waiting: (() => void)[] = [];
    const app = anchorWith(async () => {
      fetched++;
      await new Promise<void>((go) => waiting.push(go));
      return new Response(toml);
    });
    const same = Array.from({ length: 20 }, () => ask(app, { account, client_domain }));
    const others = Array.from({ length: 49 }, (_, at) =>
      ask(app, { account, client_domain: `w${at}.example` }),
    );
    await Promise.resolve();
    expect(fetched).toBe(8);
    for (const go of waiting) go();
    const statuses = (await Promise.all([...same, ...others])).map((answer) => answer.status);
    expect(statuses.slice(0, 20).every((status) => status === 200)).toBe(true);
    expect(statuses.slice(20).filter((status) => status === 200).length).toBe(7);
    expect(statuses.slice(20).filter((status) => status === 429).length).toBe(42);
    expect((await ask(app, { account, client_domain })).status).toBe(200);
    expect(fetched).toBe(8);
  });

  it('is read again after a minute, a fault after seconds', async () => {
    let body = '';
    let fetched = 0;
    const app = anchorWith(async () => {
      fetched++;
      return new Response(body);
    });
    expect((await ask(app, { account, client_domain })).status).toBe(400);
    body = toml;
    expect((await ask(app, { account, client_domain })).status).toBe(400);
    anchor.clock.forward(5);
    expect((await ask(app, { account, client_domain })).status).toBe(200);
    anchor.clock.forward(59);
    expect((await ask(app, { account, client_domain })).status).toBe(200);
    expect(fetched).toBe(2);
    anchor.clock.forward(1);
    expect((await ask(app, { account, client_domain })).status).toBe(200);
    expect(fetched).toBe(3);
  });

  it('that policy does not support is as if it were absent (S10-07, S10-20)', async () => {
    const policy = {
      clientDomainRequired: false,
      clientDomains: ['known.example'],
      tokenLifetimeSeconds: 60,
    };
    const app = anchorWith(async () => expect.unreachable(), { sep10: policy });
    const challenge = await challengeFor(app, { account, client_domain });
    const answer = await send(app, signed(challenge, anchor.sandbox.passphrase, client));
    expect(decodeJwt(((await answer.json()) as { token: string }).token)).not.toHaveProperty('client_domain');
    const known = anchorWith(answering(toml), { sep10: policy });
    const { tx } = readChallenge(await challengeFor(known, { account, client_domain: 'known.example' }));
    expect(tx.operations).toHaveLength(3);
  });

  it('may be demanded', async () => {
    const policy = { clientDomainRequired: true, clientDomains: [], tokenLifetimeSeconds: 60 };
    const app = anchorWith(answering(toml), { sep10: policy });
    expect((await ask(app, { account })).status).toBe(400);
    expect((await ask(app, { account, client_domain })).status).toBe(200);
  });

  it('may be a loopback host with plain http in local mode only', async () => {
    const asked: string[] = [];
    const fetch: Fetch = async (url) => {
      asked.push(url);
      return new Response(toml);
    };
    const local = anchorWith(fetch, { localMode: true });
    expect((await ask(local, { account, client_domain: 'localhost:7000' })).status).toBe(200);
    expect(asked).toEqual(['http://localhost:7000/.well-known/stellar.toml']);
    expect((await ask(anchorWith(fetch), { account, client_domain: 'localhost:7000' })).status).toBe(400);
  });
});

function readChallenge(challenge: string) {
  const host = 'localhost:8000';
  // the clock of the tests has moved on: the SDK's own window is five minutes
  return WebAuth.readChallengeTx(challenge, anchor.signing.publicKey, anchor.sandbox.passphrase, host, host);
}
