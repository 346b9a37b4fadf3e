import { type Transaction, TransactionBuilder, WebAuth } from '@stellar/stellar-sdk';
import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStrKey, joinMuxed } from '../../../src/kernel/strkey.ts';
import { sep10 } from '../../../src/seps/sep10-auth/index.ts';
import { type TestAnchor, testAnchor } from '../anchor.ts';
import { ask, challengeFor, testKey } from '../wallet.ts';

let anchor: TestAnchor;
let app: Hono;
let passphrase: string;
const client = testKey();
const account = client.publicKey;
const read = (xdr: string) => TransactionBuilder.fromXDR(xdr, passphrase) as Transaction;
const challenge = async (query: Record<string, string> = { account }) => read(await challengeFor(app, query));

beforeAll(async () => {
  anchor = await testAnchor();
  app = sep10.routes(anchor.ctx);
  passphrase = anchor.sandbox.passphrase;
});
afterAll(() => anchor.close());

async function expectRefusal(answer: Response, status = 400) {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  const body = (await answer.json()) as Record<string, unknown>;
  expect(Object.keys(body)).toEqual(['error']);
  expect(typeof body['error']).toBe('string');
  return body['error'] as string;
}

describe('GET /auth', () => {
  it('answers a transaction and the passphrase, nothing else (S10-10, S10-11, S10-12, S10-62)', async () => {
    const answer = await ask(app, { account });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const body = (await answer.json()) as Record<string, string>;
    expect(Object.keys(body).sort()).toEqual(['network_passphrase', 'transaction']);
    expect(body['network_passphrase']).toBe(passphrase);
    expect(TransactionBuilder.fromXDR(body['transaction']!, passphrase)).toHaveProperty('operations');
  });

  it('gives a challenge that the SDK reads, with the port in both domains (S10-13, S10-16, S10-18, S10-21)', async () => {
    const xdr = await challengeFor(app, { account });
    const checked = WebAuth.readChallengeTx(
      xdr,
      anchor.signing.publicKey,
      passphrase,
      'localhost:8000',
      'localhost:8000',
    );
    expect(checked.clientAccountID).toBe(account);
    const tx = read(xdr);
    expect(tx.source).toBe(anchor.signing.publicKey);
    expect(tx.sequence).toBe('0');
    expect(tx.signatures.length).toBe(1);
    expect(tx.operations.map((o) => o.type === 'manageData' && o.name)).toEqual([
      'localhost:8000 auth',
      'web_auth_domain',
    ]);
    expect(tx.operations[1]!.source).toBe(anchor.signing.publicKey);
  });

  it('is valid from this second for 15 minutes (S10-14)', async () => {
    const now = Math.floor(anchor.clock.now() / 1000);
    expect((await challenge()).timeBounds).toEqual({ minTime: String(now), maxTime: String(now + 900) });
  });

  it('has a new nonce of 48 random bytes every time (S10-17)', async () => {
    const nonces = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const [first] = (await challenge()).operations;
      if (first?.type !== 'manageData') return expect.unreachable();
      const text = first.value!.toString();
      expect(text).toHaveLength(64);
      expect(Buffer.from(text, 'base64')).toHaveLength(48);
      nonces.add(text);
    }
    expect(nonces.size).toBe(50);
  });

  it('carries a memo as id, exact to 64 bits (S10-15, S10-P02, SC-28)', async () => {
    for (const memo of ['0', '17509749319012223907', '18446744073709551615']) {
      const tx = await challenge({ account, memo });
      expect(tx.memo.type).toBe('id');
      expect(tx.memo.value).toBe(memo);
    }
    expect((await challenge()).memo.type).toBe('none');
  });

  it('keeps an M account as it is (S10-16, S10-64, S10-P01)', async () => {
    for (const id of ['0', '9223372036854775808', '18446744073709551615']) {
      const muxed = joinMuxed(account, id);
      expect((await challenge({ account: muxed })).operations[0]!.source).toBe(muxed);
    }
  });

  it('takes the default home domain when none is given (S10-05, S10-P03)', async () => {
    const queries: Record<string, string>[] = [
      { account },
      { account, home_domain: '' },
      { account, home_domain: 'localhost:8000' },
    ];
    for (const query of queries) {
      const [first] = (await challenge(query)).operations;
      expect(first?.type === 'manageData' && first.name).toBe('localhost:8000 auth');
    }
  });

  it('does not care for parameters it does not know (SC-31)', async () => {
    expect((await ask(app, { account, lang: 'de', color: 'red' })).status).toBe(200);
  });

  it('treats an empty client_domain as absent', async () => {
    expect((await challenge({ account, client_domain: '' })).operations).toHaveLength(2);
  });

  it('is identical whatever Host and X-Forwarded headers say', async () => {
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
    };
    const answer = await ask(app, { account }, headers);
    const tx = read(((await answer.json()) as { transaction: string }).transaction);
    expect(tx.operations.map((o) => o.type === 'manageData' && o.value?.toString())[1]).toBe(
      'localhost:8000',
    );
  });

  it('gives the TypeScript wallet SDK the host name that it compares with (S10-18)', async () => {
    const answer = await ask(app, { account }, { 'x-client-name': 'typescript-wallet-sdk' });
    const { transaction } = (await answer.json()) as { transaction: string };
    const key = anchor.signing.publicKey;
    expect(
      WebAuth.readChallengeTx(transaction, key, passphrase, 'localhost:8000', 'localhost').clientAccountID,
    ).toBe(account);
  });

  it('answers the preflight (S10-65, SC-04)', async () => {
    const answer = await app.request('/auth', { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-headers')).toContain('Authorization');
    await expectRefusal(await app.request('/auth', { method: 'PUT', body: 'x' }), 405);
  });
});

describe('GET /auth refuses', () => {
  it('a missing account (S10-01, S10-65)', async () => {
    await expectRefusal(await app.request('/auth'));
    await expectRefusal(await ask(app, { account: '' }));
    await expectRefusal(await ask(app, { memo: '1' }));
  });

  it('what is no G or M account, and never repeats a secret key (S10-02)', async () => {
    const contract = encodeStrKey('contract', client.rawPublicKey);
    const secret = client.sdk.secret();
    const muxed = joinMuxed(account, '1');
    const bad = [
      contract,
      secret,
      account.slice(0, 55),
      `${account}A`,
      account.toLowerCase(),
      `${account.slice(0, 55)}${account.endsWith('A') ? 'B' : 'A'}`,
      account.replace(/^G/, 'Ｇ'),
      muxed.slice(0, -1),
      muxed.toLowerCase(),
      `${account}:1`,
      ` ${account}`,
      'x'.repeat(10_000),
      "' OR 1=1",
      '__proto__',
      '\0',
    ];
    for (const one of bad) {
      const error = await expectRefusal(await ask(app, { account: one }));
      expect(error).not.toContain(secret);
    }
  });

  it('a memo with an M account (S10-03)', async () => {
    await expectRefusal(await ask(app, { account: joinMuxed(account, '1'), memo: '1' }));
  });

  it('a memo that is no unsigned 64-bit number (S10-04)', async () => {
    const bad = [
      '-1',
      '18446744073709551616',
      '1.0',
      '007',
      '1e3',
      '+1',
      ' 1',
      '0x1',
      'abc',
      '',
      '１',
      'a'.repeat(5000),
    ];
    for (const memo of bad) await expectRefusal(await ask(app, { account, memo }));
  });

  it('a home domain that is not ours (S10-06)', async () => {
    for (const domain of [
      'evil.example',
      'localhost',
      'localhost:8001',
      'LOCALHOST:8000',
      'localhost:8000.',
      '__proto__',
    ]) {
      await expectRefusal(await ask(app, { account, home_domain: domain }));
    }
  });

  it("the server's own account (S10-09)", async () => {
    await expectRefusal(await ask(app, { account: anchor.signing.publicKey }));
    await expectRefusal(await ask(app, { account: joinMuxed(anchor.signing.publicKey, '5') }));
  });

  it('parameters that are given twice or named like a prototype', async () => {
    await expectRefusal(await app.request(`/auth?account=${account}&account=${account}`));
    await expectRefusal(await app.request(`/auth?account=${account}&__proto__=1`));
  });
});

describe('an anchor with several home domains', () => {
  it('puts the one that was asked for into the challenge (S10-06, S10-58)', async () => {
    const { project } = anchor.ctx;
    const ctx = { ...anchor.ctx, project: { ...project, homeDomains: ['a.example', 'b.example:444'] } };
    const several = sep10.routes(ctx);
    for (const home_domain of ['a.example', 'b.example:444', 'localhost:8000']) {
      const [first] = read(await challengeFor(several, { account, home_domain })).operations;
      expect(first?.type === 'manageData' && first.name).toBe(`${home_domain} auth`);
    }
  });

  it('must keep their names within 59 bytes (S10-16)', () => {
    const { project } = anchor.ctx;
    const long = `${'a'.repeat(55)}.com1`;
    const start = (domain: string) => () =>
      sep10.routes({ ...anchor.ctx, project: { ...project, homeDomains: [domain] } });
    expect(start(long.slice(0, 59))).not.toThrow();
    expect(start(`${long}x`)).toThrow(expect.objectContaining({ code: 'HOME_DOMAIN_TOO_LONG' }));
  });
});
