import type { Hono } from 'hono';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import { sep10 } from '../../../src/seps/sep10-auth/index.ts';
import { authenticate } from '../../../src/seps/shared/principal.ts';
import { tokensOf } from '../../../src/seps/shared/tokens.ts';
import { type TestAnchor, testAnchor } from '../anchor.ts';
import { challengeFor, send, signed, testKey } from '../wallet.ts';

let anchor: TestAnchor;
let app: Hono;
let passphrase: string;
const client = testKey();

beforeAll(async () => {
  anchor = await testAnchor();
  app = sep10.routes(anchor.ctx);
  passphrase = anchor.sandbox.passphrase;
});
afterAll(() => anchor.close());

const login = async (query: Record<string, string> = { account: client.publicKey }) =>
  signed(await challengeFor(app, query), passphrase, client);

async function tokenOf(answer: Response): Promise<string> {
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { token: string }).token;
}

async function expectRefusal(answer: Response, status = 400) {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  const body = (await answer.json()) as Record<string, unknown>;
  expect(typeof body['error']).toBe('string');
  expect(body).not.toHaveProperty('token');
}

const post = (body: string, type: string) =>
  app.request('/auth', { method: 'POST', headers: { 'content-type': type }, body });
const usedChallenges = () => anchor.ctx.db.read.selectFrom('used_challenges').selectAll().execute();

describe('POST /auth', () => {
  it('answers a token to JSON and to a form alike (S10-30, S10-53, S10-P05)', async () => {
    const answer = await send(app, await login());
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(Object.keys((await answer.json()) as object)).toEqual(['token']);
    const form = new URLSearchParams({ transaction: await login() }).toString();
    await tokenOf(await post(form, 'application/x-www-form-urlencoded'));
    const extra = JSON.stringify({ transaction: await login(), client: { name: 'x' } });
    await tokenOf(await post(extra, 'application/json'));
  });

  it('names issuer, subject, times and challenge in the token (S10-54, S10-55, S10-56, S10-58)', async () => {
    const now = Math.floor(anchor.clock.now() / 1000);
    const claims = decodeJwt(await tokenOf(await send(app, await login())));
    expect(claims).toMatchObject({
      iss: 'http://localhost:8000',
      sub: client.publicKey,
      iat: now,
      exp: now + 86_400,
      home_domain: 'localhost:8000',
    });
    expect(claims.jti).toMatch(/^[0-9a-f]{64}$/);
    expect(claims).not.toHaveProperty('client_domain');
  });

  it('keeps users of one account apart by memo and by M (S10-55, S10-63, SC-15, SC-18)', async () => {
    const memo = '17509749319012223907';
    const muxed = joinMuxed(client.publicKey, memo);
    const withMemo = await tokenOf(await send(app, await login({ account: client.publicKey, memo })));
    const withM = await tokenOf(await send(app, await login({ account: muxed })));
    expect(decodeJwt(withMemo).sub).toBe(`${client.publicKey}:${memo}`);
    expect(decodeJwt(withM).sub).toBe(muxed);
    const who = (token: string) => authenticate(tokensOf(anchor.ctx), `Bearer ${token}`);
    expect(who(withMemo)?.owner).toBe(who(withM)?.owner);
    const plain = await tokenOf(await send(app, await login()));
    expect(who(plain)?.owner).toBe(client.publicKey);
  });

  it('refuses what is no challenge, never with a fault of its own (S10-31, S10-32)', async () => {
    const good = await login();
    const bad: unknown[] = [
      undefined,
      null,
      '',
      ' ',
      'AAAA',
      'not base64!',
      'AAAAAgAAAAA=',
      '/'.repeat(4000),
      'A'.repeat(4000),
      good.slice(0, -4),
      `${good}AAAA`,
      ` ${good}`,
      good.replaceAll('+', '-').replaceAll('/', '_').replace(/=*$/, '\n'),
      {},
      [],
      [good],
      { transaction: good },
      5,
      true,
      '\0',
      '__proto__',
      'ＡＡＡＡ',
    ];
    for (const one of bad) await expectRefusal(await send(app, one));
  });

  it('refuses every truncation and every flipped byte (S10-31, S10-32)', async () => {
    const good = Buffer.from(await login(), 'base64');
    for (let at = 0; at < good.length; at += 3) {
      await expectRefusal(await send(app, good.subarray(0, at).toString('base64')));
      const flipped = Buffer.from(good);
      flipped[at]! ^= 1 << (at % 8);
      await expectRefusal(await send(app, flipped.toString('base64')));
    }
    await tokenOf(await send(app, good.toString('base64')));
  });

  it('refuses bad bodies in JSON with CORS (S10-31, S10-33, S10-65, SC-09)', async () => {
    const transaction = await login();
    await expectRefusal(await app.request('/auth', { method: 'POST' }));
    for (const text of ['', '{', 'null', '[]', '"x"', `{"transaction":"${transaction}"`]) {
      await expectRefusal(await post(text, 'application/json'));
    }
    await expectRefusal(await post(`{"transaction":"x","transaction":"${transaction}"}`, 'application/json'));
    await expectRefusal(await post(`{"__proto__":{"transaction":"${transaction}"}}`, 'application/json'));
    await expectRefusal(
      await post(`transaction=x&transaction=${transaction}`, 'application/x-www-form-urlencoded'),
    );
    await expectRefusal(await post(transaction, 'text/plain'), 400);
    await expectRefusal(
      await post(JSON.stringify({ transaction: 'A'.repeat(60_000) }), 'application/json'),
      400,
    );
    await tokenOf(await send(app, transaction));
  });

  it('gives one token per challenge, however it is signed again (S10-59, S10-60)', async () => {
    const challenge = await challengeFor(app, { account: client.publicKey });
    const once = signed(challenge, passphrase, client);
    await tokenOf(await send(app, once));
    await expectRefusal(await send(app, once));
    await expectRefusal(await send(app, signed(challenge, passphrase, client)));
  });

  it('gives one token to 64 who try at once (S10-59, S10-60)', async () => {
    const once = await login();
    const answers = await Promise.all(Array.from({ length: 64 }, () => send(app, once)));
    const statuses = answers.map((answer) => answer.status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 63 }, () => 400)]);
  });

  it('does not burn a challenge by a try that fails (S10-60)', async () => {
    const before = (await usedChallenges()).length;
    const challenge = await challengeFor(app, { account: client.publicKey });
    await expectRefusal(await send(app, challenge));
    await expectRefusal(await send(app, signed(challenge, passphrase, testKey())));
    expect((await usedChallenges()).length).toBe(before);
    await tokenOf(await send(app, signed(challenge, passphrase, client)));
    expect((await usedChallenges()).length).toBe(before + 1);
  });

  it('holds to the time window to the second (S10-36)', async () => {
    const first = await login();
    anchor.clock.forward(900);
    await tokenOf(await send(app, first));
    const second = await login();
    anchor.clock.forward(901);
    await expectRefusal(await send(app, second));
    const third = await login();
    anchor.clock.forward(-1);
    await expectRefusal(await send(app, third));
    anchor.clock.forward(1);
    await tokenOf(await send(app, third));
  });

  it('forgets used challenges some time after they expired', async () => {
    await tokenOf(await send(app, await login()));
    expect((await usedChallenges()).length).toBeGreaterThan(1);
    anchor.clock.forward(900 + 301);
    await tokenOf(await send(app, await login()));
    expect((await usedChallenges()).length).toBe(1);
  });
});
