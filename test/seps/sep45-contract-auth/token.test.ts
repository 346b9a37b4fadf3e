import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemIds } from '../../../src/kernel/ids.ts';
import { principalOf } from '../../../src/kernel/principal.ts';
import { tokensOf } from '../../../src/seps/shared/tokens.ts';
import { randomKeyPair } from '../../../src/stellar/keys.ts';
import { loadSdk } from '../../../src/stellar/sdk.ts';
import {
  addressOf,
  type ContractAnchor,
  contractAddress,
  contractAnchor,
  decode,
  encode,
  entryOf,
  failureOf,
  LEDGER,
  operationOf,
  payload,
  signAccount,
  signContract,
  simulationOf,
  WALLET_DOMAIN,
  WEB_AUTH_CONTRACT,
  walletKey,
} from './contracts.ts';
import { type SorobanAuthorizationEntry, xdr } from './xdr.ts';

// The RPC server's answers are recorded shapes, made by hand from its documentation: see contracts.ts.

let anchor: ContractAnchor;
beforeAll(async () => {
  anchor = await contractAnchor();
});
beforeEach(() => {
  anchor.rpc.answers = {};
  anchor.rpc.calls.length = 0;
  anchor.rpc.ledger = LEDGER;
});
afterAll(async () => {
  expect(anchor.shapes).toEqual([]);
  await anchor.close();
});

type Entries = SorobanAuthorizationEntry[];

const post = (entries: Entries | string): Promise<Response> =>
  anchor.post({ authorization_entries: typeof entries === 'string' ? entries : encode(entries) });

const claimsOf = async (answer: Response) => {
  expect(answer.status).toBe(200);
  const { token } = (await answer.json()) as { token: string };
  const claims = tokensOf(anchor.ctx).verify('api', token);
  if (claims === null) throw new Error('no token of ours');
  return { token, claims };
};

/** Refused with 400, without a token, and without a simulation where `asked` is false. */
const refuses = async (entries: Entries | string, asked = false): Promise<void> => {
  const answer = await post(entries);
  expect(answer.status).toBe(400);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(await answer.json()).toEqual({ error: expect.any(String) });
  expect(anchor.rpc.calls.some(({ method }) => method === 'simulateTransaction')).toBe(asked);
};

const simulations = () => anchor.rpc.calls.filter(({ method }) => method === 'simulateTransaction');

describe('POST /sep45/auth', () => {
  it('gives a token for the account, from JSON and from a form alike (S45-14, S45-29, S45-P04)', async () => {
    const { claims } = await claimsOf(await post(await anchor.signed()));
    expect(claims).toMatchObject({
      iss: 'http://localhost:8000',
      sub: anchor.account,
      home_domain: 'localhost:8000',
      jti: expect.any(String),
    });
    expect(claims.exp - claims.iat).toBe(3600);
    expect(claims.client_domain).toBeUndefined();
    const body = new URLSearchParams({ authorization_entries: encode(await anchor.signed()) });
    const { claims: second } = await claimsOf(
      await anchor.app.request('/sep45/auth', { method: 'POST', body }),
    );
    expect(second.sub).toBe(anchor.account);
    expect(second.jti).not.toBe(claims.jti);
  });

  it('refuses bodies of other kinds, and broken ones (S45-14)', async () => {
    const text = encode(await anchor.signed());
    for (const [type, body] of [
      ['text/plain', text],
      ['application/xml', `<a>${text}</a>`],
      ['application/json', '{'],
      ['application/json', '[]'],
      ['application/json', JSON.stringify({ authorization_entries: { a: 1 } })],
      ['application/json', JSON.stringify({ authorization_entries: [text] })],
      ['application/json', `{"authorization_entries":"${text}","authorization_entries":"${text}"}`],
      ['application/json', JSON.stringify({ transaction: text })],
      ['application/json', JSON.stringify({ authorization_entries: 'A'.repeat(60_000) })],
    ] as const) {
      const answer = await anchor.app.request('/sep45/auth', {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      expect([type, body.slice(0, 40), answer.status]).toEqual([type, body.slice(0, 40), 400]);
    }
    expect(simulations()).toEqual([]);
  });

  it('refuses what is no array of entries, and the empty one (S45-15, S45-P04)', async () => {
    const good = encode(await anchor.signed());
    const deep = Buffer.concat([Buffer.from('00000001', 'hex'), Buffer.alloc(30_000, 1)]).toString('base64');
    for (const text of [
      '',
      ' ',
      'AAAAAA==',
      'AAAA',
      'no base64!',
      good.slice(0, -8),
      `${good.slice(0, -4)}AAAA${good.slice(-4)}`,
      `\n${good}`,
      Buffer.concat([Buffer.from(good, 'base64'), Buffer.alloc(4)]).toString('base64'),
      `/////${good.slice(5)}`,
      deep,
    ])
      await refuses(text);
  });

  it('answers other kinds of credentials with 400 (S45-26, S45-16)', async () => {
    const entries = await anchor.signed();
    const bytes = Buffer.from(encode(entries), 'base64');
    // the kind of the first entry's credentials: SOURCE_ACCOUNT is 0, ADDRESS_V2 and WITH_DELEGATES are numbers that are not known here
    for (const kind of [2, 3, 99]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt32BE(kind, 4);
      await refuses(changed.toString('base64'));
    }
    const [first, second] = entries as [SorobanAuthorizationEntry, SorobanAuthorizationEntry];
    first.credentials(xdr.SorobanCredentials.sorobanCredentialsSourceAccount());
    await refuses([first, second]);
  });

  it('refuses entries of another contract or function, or with further calls (S45-16, SV-11)', async () => {
    const sdk = await loadSdk();
    const changes: ((entry: SorobanAuthorizationEntry) => void)[] = [
      (entry) =>
        entry
          .rootInvocation()
          .function()
          .contractFn()
          .contractAddress(new sdk.Address(contractAddress()).toScAddress()),
      (entry) => entry.rootInvocation().function().contractFn().functionName('transfer'),
      (entry) => {
        const inner = xdr.SorobanAuthorizedInvocation.fromXDR(entry.rootInvocation().toXDR());
        entry.rootInvocation().subInvocations([inner]);
      },
      (entry) => entry.rootInvocation().function().contractFn().args([]),
      (entry) => {
        const call = entry.rootInvocation().function().contractFn();
        call.args([...call.args(), xdr.ScVal.scvVoid()]);
      },
    ];
    for (const change of changes) {
      const entries = await anchor.challenge();
      const entry = entryOf(entries, anchor.account);
      change(entry);
      signContract(entry, anchor.key, anchor.passphrase);
      await refuses(entries);
    }
  });

  it.each([
    ['account', contractAddress()],
    ['account', randomKeyPair(systemIds).publicKey],
    ['home_domain', 'other.example'],
    ['web_auth_domain', 'other.example'],
    ['web_auth_domain_account', randomKeyPair(systemIds).publicKey],
    ['nonce', '1.x'],
    ['client_domain', WALLET_DOMAIN],
    ['zzz', 'unknown'],
  ])('refuses a changed argument %s, in one entry or in all (S45-17, S45-18)', async (name, value) => {
    for (const everywhere of [false, true]) {
      const entries = await anchor.challenge();
      for (const entry of everywhere ? entries : [entryOf(entries, anchor.account)])
        change(entry, name, value);
      signContract(entryOf(entries, anchor.account), anchor.key, anchor.passphrase);
      await refuses(entries);
    }
  });

  it('refuses arguments that we could have made, but did not: only our signature counts (S45-19, S45-20)', async () => {
    const stranger = randomKeyPair(systemIds);
    const now = Math.floor(anchor.clock.now() / 1000);
    const entries = await anchor.challenge();
    for (const entry of entries) change(entry, 'nonce', `${now}.${'a'.repeat(32)}`);
    signContract(entryOf(entries, anchor.account), anchor.key, anchor.passphrase);
    await refuses(entries);
    signAccount(entryOf(entries, anchor.signing.publicKey), stranger, anchor.passphrase);
    await refuses(entries);
    // under our key's name
    const own = entryOf(entries, anchor.signing.publicKey);
    const signature = own.credentials().address().signature();
    signature
      .vec()?.[0]
      ?.map()?.[0]
      ?.val(xdr.ScVal.scvBytes(Buffer.from(anchor.signing.rawPublicKey)));
    await refuses(entries);
    own.credentials().address().signature(xdr.ScVal.scvVoid());
    await refuses(entries);
  });

  it('refuses a server entry whose ledgers or nonce were changed (S45-20, S45-24, SV-10)', async () => {
    const entries = await anchor.signed();
    const own = entryOf(entries, anchor.signing.publicKey).credentials().address();
    own.signatureExpirationLedger(LEDGER + 500);
    await refuses(entries);
    own.signatureExpirationLedger(LEDGER + 10);
    own.nonce(xdr.Int64.fromXDR(Buffer.alloc(8)));
    await refuses(entries);
  });

  it('wants each party once and nobody else (S45-20)', async () => {
    const [first, second] = (await anchor.signed()) as [SorobanAuthorizationEntry, SorobanAuthorizationEntry];
    const copy = (entry: SorobanAuthorizationEntry) =>
      decode(encode([entry]))[0] as SorobanAuthorizationEntry;
    await refuses([first]);
    await refuses([second]);
    await refuses([first, second, copy(second)]);
    await refuses([first, first]);
    const sdk = await loadSdk();
    const stranger = copy(second);
    stranger.credentials().address().address(new sdk.Address(contractAddress()).toScAddress());
    await refuses([first, second, stranger]);
    await refuses([first, stranger]);
    await refuses([second, ...Array.from({ length: 9 }, () => copy(first))]);
    // in any order
    await claimsOf(await post([second, first]));
  });

  it('simulates one call with the entries as they came, enforced, from nobody (S45-21, S45-22, S45-28)', async () => {
    const entries = await anchor.signed();
    await claimsOf(await post(entries));
    const [call, ...more] = simulations();
    expect(more).toEqual([]);
    expect(call?.params).toEqual({ transaction: expect.any(String), authMode: 'enforce' });
    const { transaction, operation } = operationOf(String(call?.params?.['transaction']), anchor.passphrase);
    expect(encode(operation.auth ?? [])).toBe(encode(entries));
    expect((operation.auth ?? []).map(addressOf)).toEqual(entries.map(addressOf));
    const invoked = operation.func.invokeContract();
    const sdk = await loadSdk();
    expect(sdk.Address.fromScAddress(invoked.contractAddress()).toString()).toBe(WEB_AUTH_CONTRACT);
    expect(invoked.functionName().toString()).toBe('web_auth_verify');
    const authorized = entries[0]?.rootInvocation().function().contractFn();
    expect(invoked.toXDR()).toEqual(authorized?.toXDR());
    expect('source' in transaction && transaction.source).toMatch(/^G/);
    expect(entries.map(addressOf)).not.toContain('source' in transaction && transaction.source);
    expect(anchor.rpc.calls.map(({ method }) => method)).not.toContain('sendTransaction');
  });

  it('refuses what the network refuses, and keeps the challenge (S45-21, S45-23)', async () => {
    const entries = await anchor.challenge();
    const entry = entryOf(entries, anchor.account);
    signContract(entry, randomKeyPair(systemIds), anchor.passphrase);
    await refuses(entries, true);
    entry.credentials().address().signature(xdr.ScVal.scvVoid());
    await refuses(entries, true);
    anchor.rpc.answers['simulateTransaction'] = () =>
      failureOf(LEDGER, 'HostError: Error(WasmVm, MissingValue)');
    signContract(entry, anchor.key, anchor.passphrase);
    await refuses(entries, true);
    anchor.rpc.answers['simulateTransaction'] = () =>
      Response.json({ jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'invalid parameters' } });
    await refuses(entries, true);
    anchor.rpc.answers = {};
    await claimsOf(await post(entries));
  });

  it('leaves it to the contract which signature it wants, or none (S45-27)', async () => {
    const entries = await anchor.challenge();
    entryOf(entries, anchor.account)
      .credentials()
      .address()
      .signatureExpirationLedger(LEDGER + 5);
    anchor.rpc.answers['simulateTransaction'] = () => simulationOf(LEDGER);
    const { claims } = await claimsOf(await post(entries));
    expect(claims.sub).toBe(anchor.account);
  });

  it('answers 503 without a token while nobody can say, and the challenge stays good (S45-23)', async () => {
    const entries = await anchor.signed();
    for (const answer of [
      () => new Response('busy', { status: 429 }),
      () => new Response('', { status: 500 }),
      () => new Response('{"jsonrpc":"2.0","id":1,"result":'),
      () => new Response('x'.repeat(1_100_000)),
      () => Response.json({ jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'internal' } }),
      () => Response.json({ jsonrpc: '2.0', id: 1 }),
      () => Response.json({ jsonrpc: '2.0', id: 1, result: null }),
      () => ({}),
      () => ({ latestLedger: LEDGER }),
      () => simulationOf(LEDGER, { results: [] }),
      () => simulationOf(LEDGER, { results: null }),
      () => simulationOf(LEDGER, { transactionData: '' }),
      () => simulationOf(0),
      () => {
        throw new Error('ECONNREFUSED');
      },
    ]) {
      anchor.rpc.answers['simulateTransaction'] = answer;
      const given = await post(entries);
      expect(given.status).toBe(503);
      expect(given.headers.get('access-control-allow-origin')).toBe('*');
      const text = await given.text();
      expect(text).not.toContain('token');
      expect(text).not.toContain('key-of-ours');
    }
    anchor.rpc.answers = {};
    await claimsOf(await post(entries));
  });

  it('takes a proof while the contract is archived, and tells the operator (S45-25)', async () => {
    const warnings: string[] = [];
    const spied = anchor.ctx.log.warn;
    anchor.ctx.log.warn = (event) => warnings.push(event);
    anchor.rpc.answers['simulateTransaction'] = () =>
      simulationOf(LEDGER, {
        restorePreamble: { minResourceFee: '90000', transactionData: 'AAAAAQAAAAAAAAAA' },
      });
    await claimsOf(await post(await anchor.signed()));
    anchor.ctx.log.warn = spied;
    expect(warnings).toEqual(['web_auth_contract_archived']);
  });

  it('bounds the ledgers until which signatures hold (S45-24)', async () => {
    const at = async (expiration: number): Promise<number> => {
      const entries = await anchor.challenge();
      signContract(entryOf(entries, anchor.account), anchor.key, anchor.passphrase, expiration);
      anchor.rpc.answers['simulateTransaction'] = () => simulationOf(LEDGER);
      return (await post(entries)).status;
    };
    expect(await at(LEDGER - 1)).toBe(400);
    expect(await at(0)).toBe(400);
    expect(await at(LEDGER)).toBe(200);
    expect(await at(LEDGER + 720)).toBe(200);
    expect(await at(LEDGER + 721)).toBe(400);
    expect(await at(4_294_967_295)).toBe(400);
    // and our own
    const entries = await anchor.challenge();
    signContract(entryOf(entries, anchor.account), anchor.key, anchor.passphrase, LEDGER + 100);
    anchor.rpc.answers['simulateTransaction'] = () => simulationOf(LEDGER + 11);
    expect((await post(entries)).status).toBe(400);
  });

  it('refuses a nonce that is too old, used or not (S45-32, S45-19)', async () => {
    const inTime = await anchor.signed();
    const late = await anchor.signed();
    anchor.clock.forward(300);
    await claimsOf(await post(inTime));
    anchor.clock.forward(1);
    anchor.rpc.calls.length = 0;
    await refuses(late);
  });

  it('gives one token per challenge, also to sixty-four at once (S45-19, S45-30)', async () => {
    const entries = await anchor.signed();
    // another signature over the same challenge is no other challenge
    const again = decode(encode(entries));
    signContract(entryOf(again, anchor.account), anchor.key, anchor.passphrase, LEDGER + 11);
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, at) => post(at % 2 === 0 ? entries : again)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 400)).toHaveLength(63);
    expect((await post(entries)).status).toBe(400);
  });

  it('is never the same user as a key that controls the contract (S45-33)', async () => {
    const { claims, token } = await claimsOf(await post(await anchor.signed({ memo: '7' })));
    const principal = principalOf(claims);
    expect(principal).toMatchObject({
      owner: anchor.account,
      account: anchor.account,
      memo: null,
      muxed: null,
    });
    expect(principal?.owner).not.toBe(principalOf({ sub: anchor.key.publicKey })?.owner);
    const mine = await anchor.app.request('/sep24/transactions?asset_code=native', {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(mine.status).not.toBe(403);
  });

  it('has CORS on every answer (S45-31)', async () => {
    const good = await post(await anchor.signed());
    const bad = await anchor.post({});
    expect([good, bad].map(({ status }) => status)).toEqual([200, 400]);
    for (const answer of [good, bad]) expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('a client domain', () => {
  const withDomain = async (): Promise<Entries> => anchor.signed({ client_domain: WALLET_DOMAIN });

  it('stands in the token when its key signed (S45-17, S45-20, S45-29)', async () => {
    const entries = await withDomain();
    signAccount(entryOf(entries, walletKey.publicKey), walletKey, anchor.passphrase);
    const { claims } = await claimsOf(await post(entries));
    expect(claims).toMatchObject({ sub: anchor.account, client_domain: WALLET_DOMAIN });
  });

  it('is checked here, since the contract need not ask it (S45-17, S45-20, S45-28)', async () => {
    const stranger = randomKeyPair(systemIds);
    const entries = await withDomain();
    const entry = entryOf(entries, walletKey.publicKey);
    await refuses(entries);
    signAccount(entry, stranger, anchor.passphrase);
    await refuses(entries);
    entry
      .credentials()
      .address()
      .signature(xdr.ScVal.scvBytes(walletKey.sign(payload(entry, anchor.passphrase))));
    await refuses(entries);
    signAccount(entry, walletKey, 'Another Network');
    await refuses(entries);
    await refuses(entries.filter((one) => one !== entry));
    signAccount(entry, walletKey, anchor.passphrase);
    await claimsOf(await post(entries));
  });
});

/** Sets an argument, in the place that its name has. */
function change(entry: SorobanAuthorizationEntry, name: string, value: string): void {
  const call = entry.rootInvocation().function().contractFn();
  const map = call.args()[0]?.map() ?? [];
  const added = new xdr.ScMapEntry({ key: xdr.ScVal.scvSymbol(name), val: xdr.ScVal.scvString(value) });
  const rest = map.filter((one) => one.key().sym().toString() !== name);
  const nameOf = (one: typeof added): string => one.key().sym().toString();
  const sorted = [...rest, added].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  call.args([xdr.ScVal.scvMap(sorted)]);
}
