import type { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AnchorError } from '../../../src/kernel/errors.ts';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import { sep10 } from '../../../src/seps/sep10-auth/index.ts';
import type { AccountOptions } from '../../../src/stellar/operations.ts';
import type { NetworkAccount, StellarNetwork } from '../../../src/stellar/port.ts';
import { apply, createAccounts, type TestAnchor, testAnchor } from '../anchor.ts';
import { challengeFor, send, signed, type TestKey, testKey } from '../wallet.ts';

let anchor: TestAnchor;
let app: Hono;
let client: TestKey;
const other = testKey();
const third = testKey();

beforeAll(async () => {
  anchor = await testAnchor();
  app = sep10.routes(anchor.ctx);
  await createAccounts(anchor, other, third, anchor.signing);
});
afterAll(() => anchor.close());
beforeEach(async () => {
  client = testKey();
  await createAccounts(anchor, client);
});

const set = (...options: AccountOptions[]) =>
  apply(
    anchor,
    client,
    options.map((one) => ({ type: 'setOptions', options: one })),
  );

async function login(keys: TestKey[], account = client.publicKey): Promise<number> {
  const challenge = await challengeFor(app, { account });
  return (await send(app, signed(challenge, anchor.sandbox.passphrase, ...keys))).status;
}

describe('an account on the network', () => {
  it('with default thresholds needs its own signature all the same (S10-43, S10-46, SV-05)', async () => {
    expect(await login([])).toBe(400);
    expect(await login([other])).toBe(400);
    expect(await login([client])).toBe(200);
    expect(await login([client], joinMuxed(client.publicKey, '9'))).toBe(200);
  });

  it('is refused with an extra, a doubled or a stranger signature (S10-42, S10-45)', async () => {
    expect(await login([client, other])).toBe(400);
    expect(await login([client, client])).toBe(400);
  });

  it('lets one other signer in that meets the medium threshold (S10-44, S10-45)', async () => {
    await set({ signer: { key: other.publicKey, weight: 5 } }, { mediumThreshold: 5, highThreshold: 5 });
    expect(await login([other])).toBe(200);
    expect(await login([client])).toBe(400);
    expect(await login([client, other])).toBe(200);
  });

  it('lets several in that meet it together, and not the same one twice (S10-42, S10-45)', async () => {
    await set(
      { signer: { key: other.publicKey, weight: 1 } },
      { signer: { key: third.publicKey, weight: 1 } },
      { mediumThreshold: 2, highThreshold: 3 },
    );
    expect(await login([other])).toBe(400);
    expect(await login([other, other])).toBe(400);
    expect(await login([other, third])).toBe(200);
    expect(await login([third, client])).toBe(200);
    expect(await login([client, other, third])).toBe(200);
  });

  it('asks for medium, neither low nor high (S10-44)', async () => {
    await set(
      { signer: { key: other.publicKey, weight: 2 } },
      { lowThreshold: 1, mediumThreshold: 2, highThreshold: 9 },
    );
    expect(await login([client])).toBe(400);
    expect(await login([other])).toBe(200);
  });

  it('gives a master key of weight 0 nothing, at threshold 0 too (S10-46, S10-47)', async () => {
    await set({ signer: { key: other.publicKey, weight: 1 } }, { masterWeight: 0 });
    expect(await login([client])).toBe(400);
    expect(await login([client, other])).toBe(400);
    expect(await login([other])).toBe(200);
  });

  it('never counts the server, even where it is a signer (S10-41, SV-06)', async () => {
    await set({ signer: { key: anchor.signing.publicKey, weight: 255 } }, { mediumThreshold: 2 });
    expect(await login([])).toBe(400);
    expect(await login([client])).toBe(400);
    await set({ mediumThreshold: 1 });
    expect(await login([client])).toBe(200);
  });

  it('is read afresh for every login (S10-43, SV-07)', async () => {
    await set({ signer: { key: other.publicKey, weight: 1 } });
    expect(await login([other])).toBe(200);
    await set({ signer: { key: other.publicKey, weight: 0 } });
    expect(await login([other])).toBe(400);
  });
});

describe('an account that does not exist', () => {
  const nobody = testKey();
  it('is its own master key with exactly two signatures (S10-50)', async () => {
    expect(await login([], nobody.publicKey)).toBe(400);
    expect(await login([nobody], nobody.publicKey)).toBe(200);
    expect(await login([nobody], joinMuxed(nobody.publicKey, '0'))).toBe(200);
    expect(await login([other], nobody.publicKey)).toBe(400);
    expect(await login([nobody, other], nobody.publicKey)).toBe(400);
    expect(await login([nobody, nobody], nobody.publicKey)).toBe(400);
  });
});

describe('signers of other kinds', () => {
  it('do not count: hash, pre-authorized transaction, signed payload (S10-49)', async () => {
    const account: NetworkAccount = {
      id: client.publicKey,
      sequence: 1n,
      balances: [],
      signers: [
        { key: client.publicKey, weight: 1, type: 'ed25519_public_key' },
        { key: other.publicKey, weight: 1, type: 'sha256_hash' },
        { key: third.publicKey, weight: 1, type: 'ed25519_signed_payload' },
      ],
      thresholds: { low: 0, medium: 1, high: 1 },
      flags: { authRequired: false, authRevocable: false, authImmutable: false, clawbackEnabled: false },
      subEntryCount: 2,
      sponsoring: 0,
      sponsored: 0,
      homeDomain: null,
      data: {},
      ledger: 1,
    };
    const network: StellarNetwork = { ...anchor.ctx.network, account: async () => account };
    const odd = sep10.routes({ ...anchor.ctx, network });
    const status = async (...keys: TestKey[]) => {
      const challenge = await challengeFor(odd, { account: client.publicKey });
      return (await send(odd, signed(challenge, anchor.sandbox.passphrase, ...keys))).status;
    };
    expect(await status(client)).toBe(200);
    expect(await status(other)).toBe(400);
    expect(await status(third)).toBe(400);
    expect(await status(client, other)).toBe(400);
  });
});

describe('a network that cannot be read', () => {
  it('means 503 and no token, and leaves the challenge good (S10-51)', async () => {
    const nobody = testKey();
    let down = true;
    const unavailable = new AnchorError({
      code: 'NETWORK_UNAVAILABLE',
      message: 'Not now.',
      httpStatus: 503,
    });
    const account: StellarNetwork['account'] = (id) =>
      down ? Promise.reject(unavailable) : anchor.ctx.network.account(id);
    const shaky = sep10.routes({ ...anchor.ctx, network: { ...anchor.ctx.network, account } });
    const challenge = await challengeFor(shaky, { account: nobody.publicKey });
    const transaction = signed(challenge, anchor.sandbox.passphrase, nobody);
    const answer = await send(shaky, transaction);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(Object.keys((await answer.json()) as object)).toEqual(['error']);
    down = false;
    expect((await send(shaky, transaction)).status).toBe(200);
  });

  it('is told from a missing account, whatever Horizon answers (S10-51)', async () => {
    const nobody = testKey();
    const page = { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>not found</h1>' };
    const faults: object[] = [
      ...[429, 500, 502, 503, 504].map((status) => ({ respond: { status, body: {} } })),
      { respond: page },
      { respond: { status: 200, body: {} } },
      { reset: true },
    ];
    for (const fault of faults) {
      await setFaults([{ on: 'GET /accounts/*', ...fault }]);
      const challenge = await challengeFor(app, { account: nobody.publicKey });
      const answer = await send(app, signed(challenge, anchor.sandbox.passphrase, nobody));
      expect(answer.status).toBe(503);
    }
    await setFaults([]);
    expect(await login([nobody], nobody.publicKey)).toBe(200);
  });
});

async function setFaults(rules: object[]): Promise<void> {
  const answer = await anchor.sandbox.fetch('http://localhost:8001/sandbox/faults', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(rules),
  });
  if (answer.status !== 200) throw new Error(await answer.text());
}
