import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import { sep10 } from '../../../src/seps/sep10-auth/index.ts';
import { type TestAnchor, testAnchor } from '../anchor.ts';
import { ask, type TestKey, testKey } from '../wallet.ts';

let anchor: TestAnchor;
let app: Hono;
const client = testKey();
const wallet = testKey();
const account = client.publicKey;
const client_domain = 'wallet.example';

beforeAll(async () => {
  anchor = await testAnchor();
  app = routesWith([]);
});
afterAll(() => anchor.close());

function routesWith(clientDomains: string[]) {
  const guardedFetch = async () => new Response(`SIGNING_KEY = "${wallet.publicKey}"`);
  const sep10Options = { clientDomainRequired: false, clientDomains, tokenLifetimeSeconds: 60 };
  return sep10.routes({
    ...anchor.ctx,
    guardedFetch,
    project: { ...anchor.ctx.project, sep10: sep10Options },
  });
}

const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as wallets make it, with one thing changed. */
function header(
  by: TestKey,
  claims: Record<string, unknown>,
  head: object = { alg: 'EdDSA' },
): Record<string, string> {
  const now = Math.floor(anchor.clock.now() / 1000);
  const whole = { iat: now, exp: now + 900, web_auth_endpoint: 'http://localhost:8000/auth', ...claims };
  const text = `${b64(head)}.${b64(whole)}`;
  return { authorization: `Bearer ${text}.${by.sign(Buffer.from(text)).toString('base64url')}` };
}

const status = async (query: Record<string, string>, headers: Record<string, string>) =>
  (await ask(app, query, headers)).status;

describe('the Authorization header of GET /auth', () => {
  it('is signed by the account, or by its client domain (S10-23, S10-27)', async () => {
    expect(await status({ account }, header(client, { account }))).toBe(200);
    const muxed = joinMuxed(account, '7');
    expect(await status({ account: muxed }, header(client, { account: muxed }))).toBe(200);
    const memo = '18446744073709551615';
    expect(await status({ account, memo }, header(client, { account, memo }))).toBe(200);
    const both = { account, client_domain };
    expect(await status(both, header(wallet, both))).toBe(200);
    expect(await status(both, header(client, both))).toBe(400);
    expect(await status({ account }, header(wallet, { account }))).toBe(400);
  });

  it('is not demanded (S10-24)', async () => {
    expect(await status({ account }, {})).toBe(200);
  });

  it('that is wrong is refused (S10-25)', async () => {
    const { authorization } = header(client, { account });
    const bad = [
      '',
      'Bearer',
      'Bearer x',
      'Basic eA==',
      'Bearer a.b.c',
      `${authorization}x`,
      `${authorization}, ${authorization}`,
    ];
    for (const one of bad)
      expect([one, await status({ account }, { authorization: one })]).toEqual([one, 400]);
    for (const alg of ['none', 'HS256', 'ES256', undefined]) {
      expect(await status({ account }, header(client, { account }, { alg }))).toBe(400);
    }
    const now = Math.floor(anchor.clock.now() / 1000);
    for (const times of [
      { exp: now },
      { exp: undefined },
      { iat: undefined },
      { iat: now + 100 },
      { exp: 'soon' },
    ]) {
      expect(await status({ account }, header(client, { account, ...times }))).toBe(400);
    }
  });

  it('agrees with every parameter, and with this server (S10-28)', async () => {
    expect(
      await status({ account }, header(client, { account, web_auth_endpoint: 'https://evil.example/auth' })),
    ).toBe(400);
    expect(await status({ account }, header(client, { account: wallet.publicKey }))).toBe(400);
    expect(await status({ account }, header(client, {}))).toBe(400);
    expect(await status({ account, memo: '1' }, header(client, { account }))).toBe(400);
    expect(await status({ account }, header(client, { account, memo: '1' }))).toBe(400);
    const home_domain = 'localhost:8000';
    expect(await status({ account, home_domain }, header(client, { account, home_domain }))).toBe(200);
    expect(await status({ account, home_domain }, header(client, { account }))).toBe(400);
  });

  it('with a client domain that policy does not know is an error, without it is not (S10-07, S10-26, S10-29)', async () => {
    const strict = routesWith(['known.example']);
    const query = { account, client_domain };
    expect((await ask(strict, query, header(wallet, query))).status).toBe(403);
    expect((await ask(strict, query)).status).toBe(200);
  });
});
