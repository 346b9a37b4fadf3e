import { parse } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemIds } from '../../../src/kernel/ids.ts';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import { decodeEntries, encodeEntries } from '../../../src/seps/sep45-contract-auth/entries.ts';
import { sep45 } from '../../../src/seps/sep45-contract-auth/index.ts';
import { randomKeyPair, rawPublicKey, verify } from '../../../src/stellar/keys.ts';
import { loadSdk } from '../../../src/stellar/sdk.ts';
import {
  addressOf,
  argsOf,
  type ContractAnchor,
  contractAnchor,
  decode,
  entryOf,
  LEDGER,
  payload,
  WALLET_DOMAIN,
  WEB_AUTH_CONTRACT,
  walletKey,
} from './contracts.ts';

// The RPC server's answers are recorded shapes, made by hand from its documentation: see contracts.ts.

let anchor: ContractAnchor;
beforeAll(async () => {
  anchor = await contractAnchor();
});
afterAll(async () => {
  expect(anchor.shapes).toEqual([]);
  await anchor.close();
});

const G = randomKeyPair(systemIds).publicKey;

describe('stellar.toml', () => {
  it('names the endpoint, the contract and the key (S1-12)', async () => {
    const toml = parse(await (await anchor.app.request('/.well-known/stellar.toml')).text());
    expect(toml['WEB_AUTH_FOR_CONTRACTS_ENDPOINT']).toBe('http://localhost:8000/sep45/auth');
    expect(toml['WEB_AUTH_CONTRACT_ID']).toBe(WEB_AUTH_CONTRACT);
    expect(toml['SIGNING_KEY']).toBe(anchor.signing.publicKey);
  });

  it('is not made, nor are routes, without contract and RPC server', () => {
    const { sep45: _, ...project } = anchor.ctx.project;
    const ctx = { ...anchor.ctx, project };
    const missing = expect.objectContaining({ code: 'SEP45_SETTINGS_MISSING', exitStatus: 2 });
    expect(() => sep45.routes(ctx)).toThrow(missing);
    expect(() => sep45.toml(ctx)).toThrow(missing);
  });
});

describe('GET /sep45/auth', () => {
  it('answers the array of entries and the passphrase, with CORS and no caching (S45-05, S45-31)', async () => {
    const answer = await anchor.get({ account: anchor.account, home_domain: 'localhost:8000' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const body = (await answer.json()) as Record<string, string>;
    expect(body['network_passphrase']).toBe(anchor.passphrase);
    expect(Buffer.from(body['authorization_entries'] ?? '', 'base64').readUInt32BE()).toBe(2);
  });

  it.each([
    ['none', {}],
    ['an empty one', { account: '' }],
    ['G', { account: G }],
    ['M', { account: joinMuxed(G, '7') }],
    ['a broken C', { account: `${WEB_AUTH_CONTRACT.slice(0, -1)}A` }],
    ['lower case', { account: WEB_AUTH_CONTRACT.toLowerCase() }],
    ['the contract of the server', { account: WEB_AUTH_CONTRACT }],
  ])('refuses as account: %s (S45-01, S45-P01)', async (_, query) => {
    const answer = await anchor.get({ home_domain: 'localhost:8000', ...query });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: expect.any(String) });
  });

  it('takes our home domain, its own where none is named, and no other (S45-02, S45-P02)', async () => {
    const { account } = anchor;
    const [, entry] = await anchor.challenge({ home_domain: '' });
    expect(argsOf(entry as never)['home_domain']).toBe('localhost:8000');
    expect((await anchor.get({ account, home_domain: 'other.example' })).status).toBe(400);
    expect((await anchor.get({ account })).status).toBe(200);
  });

  it('knows no memo: it changes nothing (S45-04)', async () => {
    const [entry] = await anchor.challenge({ memo: '7' });
    expect(Object.keys(argsOf(entry as never))).not.toContain('memo');
    expect(argsOf(entry as never)['account']).toBe(anchor.account);
  });

  it('gives one entry each to the account, unsigned, and to the server, signed (S45-06)', async () => {
    const entries = await anchor.challenge();
    expect(entries.map(addressOf).sort()).toEqual([anchor.account, anchor.signing.publicKey].sort());
    const client = entryOf(entries, anchor.account).credentials().address();
    expect(client.signature().switch().name).toBe('scvVoid');
    expect(client.signatureExpirationLedger()).toBe(0);
    const own = entryOf(entries, anchor.signing.publicKey).credentials().address();
    expect(own.signature().switch().name).toBe('scvVec');
  });

  it('calls web_auth_verify of the contract alike in every entry, and nothing else (S45-07)', async () => {
    const entries = await anchor.challenge({ client_domain: WALLET_DOMAIN });
    for (const entry of entries) {
      const call = entry.rootInvocation().function().contractFn();
      const sdk = await loadSdk();
      expect(sdk.Address.fromScAddress(call.contractAddress()).toString()).toBe(WEB_AUTH_CONTRACT);
      expect(call.functionName().toString()).toBe('web_auth_verify');
      expect(entry.rootInvocation().subInvocations()).toEqual([]);
      expect(entry.rootInvocation().toXDR()).toEqual(entries[0]?.rootInvocation().toXDR());
    }
  });

  it('names all arguments in one sorted map of symbols to strings (S45-08)', async () => {
    const entries = await anchor.challenge({ client_domain: WALLET_DOMAIN });
    const args = argsOf(entries[0] as never);
    expect(Object.keys(args)).toEqual([
      'account',
      'client_domain',
      'client_domain_account',
      'home_domain',
      'nonce',
      'web_auth_domain',
      'web_auth_domain_account',
    ]);
    expect(args).toMatchObject({
      account: anchor.account,
      client_domain: WALLET_DOMAIN,
      client_domain_account: walletKey.publicKey,
      home_domain: 'localhost:8000',
      web_auth_domain: 'localhost:8000',
      web_auth_domain_account: anchor.signing.publicKey,
    });
    const [map] = entries[0]?.rootInvocation().function().contractFn().args() ?? [];
    expect(map?.map()?.map((one) => [one.key().switch().name, one.val().switch().name])).toEqual(
      Array(7).fill(['scvSymbol', 'scvString']),
    );
  });

  it('never gives a nonce twice, and the same one in all entries (S45-09)', async () => {
    const many = await Promise.all(Array.from({ length: 20 }, () => anchor.challenge()));
    const nonces = many.map((entries) => entries.map((entry) => argsOf(entry)['nonce']));
    expect(nonces.every(([first, second]) => first === second)).toBe(true);
    expect(new Set(nonces.map(([first]) => first)).size).toBe(20);
  });

  it('is signed over the Soroban preimage, for ten ledgers (S45-10, S45-11)', async () => {
    const entry = entryOf(await anchor.challenge(), anchor.signing.publicKey);
    const credentials = entry.credentials().address();
    expect(credentials.signatureExpirationLedger()).toBe(LEDGER + 10);
    const [map, ...more] = credentials.signature().vec() ?? [];
    expect(more).toEqual([]);
    const parts = map?.map() ?? [];
    expect(parts.map((part) => part.key().sym().toString())).toEqual(['public_key', 'signature']);
    const [key, signature] = parts.map((part) => part.val().bytes());
    expect(key).toEqual(Buffer.from(rawPublicKey(anchor.signing.publicKey)));
    const signed = payload(entry, anchor.passphrase);
    expect(verify(anchor.signing.publicKey, signed, signature ?? Buffer.alloc(0))).toBe(true);
  });

  it('writes and reads the array as the SDK does where it has the type (S45-12)', async () => {
    const sdk = await loadSdk();
    const answer = await anchor.get({ account: anchor.account, client_domain: WALLET_DOMAIN });
    const { authorization_entries: text } = (await answer.json()) as { authorization_entries: string };
    expect(decode(text)).toHaveLength(3);
    expect(encodeEntries(decodeEntries(sdk, text))).toBe(text);
    expect(encodeEntries(decode(text))).toBe(text);
  });

  it('uses the credentials that every client knows (S45-13)', async () => {
    for (const entry of await anchor.challenge({ client_domain: WALLET_DOMAIN })) {
      // type 1 of SorobanCredentials: ADDRESS
      expect(entry.credentials().toXDR().readUInt32BE()).toBe(1);
    }
  });

  it('adds an entry of a client domain that it can read (S45-03, S45-P03)', async () => {
    const entries = await anchor.challenge({ client_domain: WALLET_DOMAIN });
    const credentials = entryOf(entries, walletKey.publicKey).credentials().address();
    expect(credentials.signature().switch().name).toBe('scvVoid');
    for (const client_domain of ['nowhere.example.com', 'http://x', 'a b', '10.0.0.1']) {
      const answer = await anchor.get({ account: anchor.account, client_domain });
      expect([client_domain, answer.status]).toEqual([client_domain, 400]);
      expect(await answer.json()).toEqual({ error: expect.any(String) });
    }
  });

  it('ignores a client domain that policy does not verify, and may demand one (S45-03, S45-P03)', async () => {
    const strict = await contractAnchor({ clientDomains: ['known.example.com'] });
    expect(await strict.challenge({ client_domain: WALLET_DOMAIN })).toHaveLength(2);
    await strict.close();
    const demanding = await contractAnchor({ clientDomainRequired: true });
    expect((await demanding.get({ account: demanding.account })).status).toBe(400);
    expect(await demanding.challenge({ client_domain: WALLET_DOMAIN })).toHaveLength(3);
    await demanding.close();
  });

  it('answers 503 while the RPC server does not say its ledger (S45-23)', async () => {
    const { rpc, clock } = anchor;
    clock.forward(10);
    for (const answer of [
      () => new Response('no', { status: 502 }),
      () => new Response('<html>'),
      () => Response.json({ jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'x' } }),
      () => ({ sequence: '1' }),
      () => {
        throw new Error('ECONNREFUSED');
      },
    ]) {
      rpc.answers['getLatestLedger'] = answer;
      const given = await anchor.get({ account: anchor.account });
      expect(given.status).toBe(503);
      expect(given.headers.get('access-control-allow-origin')).toBe('*');
      expect(await given.text()).not.toContain('rpc.example');
    }
    rpc.answers = {};
    expect((await anchor.get({ account: anchor.account })).status).toBe(200);
  });

  it('answers OPTIONS, and 405 to other methods (S45-31)', async () => {
    const preflight = await anchor.app.request('/sep45/auth', { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    const put = await anchor.app.request('/sep45/auth', { method: 'PUT' });
    expect(put.status).toBe(405);
    expect(put.headers.get('access-control-allow-origin')).toBe('*');
  });
});
