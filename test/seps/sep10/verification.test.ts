import {
  Account,
  BASE_FEE,
  type FeeBumpTransaction,
  Keypair,
  Memo,
  Operation,
  type Transaction,
  TransactionBuilder,
  WebAuth,
  type xdr,
} from '@stellar/stellar-sdk';
import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemIds } from '../../../src/kernel/ids.ts';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import { sep10 } from '../../../src/seps/sep10-auth/index.ts';
import { type TestAnchor, testAnchor } from '../anchor.ts';
import { challengeFor, send, signed, testKey } from '../wallet.ts';

// Challenges are made by hand with the SDK and the server's own key, each with one thing wrong: even what this server itself
// signed is refused when it is no proper challenge.

let anchor: TestAnchor;
let app: Hono;
let passphrase: string;
let serverKey: Keypair;
const client = testKey();
const DOMAIN = 'localhost:8000';
const nonce = () => systemIds.bytes(48).toString('base64');

beforeAll(async () => {
  anchor = await testAnchor();
  app = sep10.routes(anchor.ctx);
  passphrase = anchor.sandbox.passphrase;
  serverKey = Keypair.fromSecret(anchor.ctx.project.secrets.signingSeed!);
});
afterAll(() => anchor.close());

interface Odd {
  source?: string;
  sequence?: string;
  passphrase?: string;
  operations?: xdr.Operation[];
  memo?: Memo;
  time?: [number, number];
  ledgers?: [number, number];
  by?: Keypair;
  signers?: Keypair[];
}

const now = () => Math.floor(anchor.clock.now() / 1000);
const auth = (over: Partial<Parameters<typeof Operation.manageData>[0]> = {}) =>
  Operation.manageData({ name: `${DOMAIN} auth`, value: nonce(), source: client.publicKey, ...over });
const web = (over: Partial<Parameters<typeof Operation.manageData>[0]> = {}) =>
  Operation.manageData({ name: 'web_auth_domain', value: DOMAIN, source: serverKey.publicKey(), ...over });

function made(odd: Odd = {}): Transaction {
  const builder = new TransactionBuilder(
    new Account(odd.source ?? serverKey.publicKey(), odd.sequence ?? '-1'),
    { fee: BASE_FEE, networkPassphrase: odd.passphrase ?? passphrase },
  );
  for (const operation of odd.operations ?? [auth(), web()]) builder.addOperation(operation);
  if (odd.memo !== undefined) builder.addMemo(odd.memo);
  builder.setTimebounds(...(odd.time ?? [now(), now() + 900]));
  if (odd.ledgers !== undefined) builder.setLedgerbounds(...odd.ledgers);
  const tx = builder.build();
  tx.sign(...(odd.signers ?? [odd.by ?? serverKey, client.sdk]));
  return tx;
}

const post = (tx: Transaction | FeeBumpTransaction) => send(app, tx.toXDR());

describe('verification', () => {
  it('accepts what the SDK makes for the same server, plain, with memo and for M accounts (S10-34, S10-35, S10-37)', async () => {
    for (const [account, memo] of [
      [client.publicKey, null],
      [client.publicKey, '18446744073709551615'],
      [joinMuxed(client.publicKey, '7'), null],
    ] as const) {
      // the SDK takes the time from the system
      const real = sep10.routes({ ...anchor.ctx, clock: { ...anchor.clock, now: () => Date.now() } });
      const challenge = WebAuth.buildChallengeTx(serverKey, account, DOMAIN, 900, passphrase, DOMAIN, memo);
      expect((await send(real, signed(challenge, passphrase, client))).status).toBe(200);
    }
  });

  it('accepts a made challenge with nothing wrong, or the refusals below would mean nothing', async () => {
    expect((await post(made())).status).toBe(200);
  });

  const cases: [string, () => Transaction | FeeBumpTransaction][] = [
    ['another source (S10-35)', () => made({ source: client.publicKey })],
    ['sequence 1 (S10-35, SV-08)', () => made({ sequence: '0' })],
    ['no time bounds to speak of (S10-36)', () => made({ time: [0, 0] })],
    ['an endless time (S10-36)', () => made({ time: [now(), 0] })],
    ['a time that begins in a second (S10-36)', () => made({ time: [now() + 1, now() + 900] })],
    ['a time that ended a second ago (S10-36)', () => made({ time: [now() - 901, now() - 1] })],
    ['other preconditions', () => made({ ledgers: [0, 100] })],
    ['no operation (S10-37)', () => made({ operations: [] })],
    [
      'no source of the first operation (S10-37)',
      () => made({ operations: [Operation.manageData({ name: `${DOMAIN} auth`, value: nonce() }), web()] }),
    ],
    [
      'another home domain (S10-37)',
      () => made({ operations: [auth({ name: 'evil.example auth' }), web()] }),
    ],
    [
      'a nonce of 47 bytes (S10-37)',
      () => made({ operations: [auth({ value: nonce().slice(0, 63) }), web()] }),
    ],
    ['no nonce (S10-37)', () => made({ operations: [auth({ value: null }), web()] })],
    [
      'a nonce that is not base64 (S10-37)',
      () => made({ operations: [auth({ value: '!'.repeat(64) }), web()] }),
    ],
    [
      'a first operation of another kind (S10-37)',
      () => made({ operations: [Operation.bumpSequence({ bumpTo: '1', source: client.publicKey }), web()] }),
    ],
    [
      'a later operation of another kind (S10-38)',
      () => made({ operations: [auth(), web(), Operation.inflation({ source: serverKey.publicKey() })] }),
    ],
    [
      'an operation of the client beside (S10-38)',
      () =>
        made({
          operations: [
            auth(),
            web(),
            Operation.manageData({ name: 'x', value: 'y', source: client.publicKey }),
          ],
        }),
    ],
    [
      'web_auth_domain by the client (S10-38)',
      () => made({ operations: [auth(), web({ source: client.publicKey })] }),
    ],
    ['no web_auth_domain (S10-39)', () => made({ operations: [auth()] })],
    [
      'another web_auth_domain (S10-39)',
      () => made({ operations: [auth(), web({ value: 'evil.example' })] }),
    ],
    ['two web_auth_domains (S10-39)', () => made({ operations: [auth(), web(), web()] })],
    ['a memo of type text (S10-40)', () => made({ memo: Memo.text('1') })],
    ['a memo of type hash (S10-40)', () => made({ memo: Memo.hash('ab'.repeat(32)) })],
    ['a memo of type return (S10-40)', () => made({ memo: Memo.return('ab'.repeat(32)) })],
    [
      'a memo for an M account (S10-40)',
      () =>
        made({ memo: Memo.id('1'), operations: [auth({ source: joinMuxed(client.publicKey, '1') }), web()] }),
    ],
    ['the signature of another server (S10-41)', () => made({ by: Keypair.random() })],
    ['no signature of the server (S10-41, S10-42)', () => made({ signers: [client.sdk] })],
    ['no signature at all (S10-42)', () => made({ signers: [] })],
    ['the signature of the server alone (S10-43, S10-50)', () => made({ signers: [serverKey] })],
    ['the server signing twice (S10-42)', () => made({ signers: [serverKey, serverKey, client.sdk] })],
    ['the client signing twice (S10-42)', () => made({ signers: [serverKey, client.sdk, client.sdk] })],
    [
      'a signature of a stranger beside (S10-42, S10-50)',
      () => made({ signers: [serverKey, client.sdk, Keypair.random()] }),
    ],
    ['a stranger instead of the client (S10-43)', () => made({ signers: [serverKey, Keypair.random()] })],
    [
      'signatures for another network (S10-21, S10-62)',
      () => made({ passphrase: 'Public Global Stellar Network ; September 2015' }),
    ],
    [
      'a fee bump around it (S10-34)',
      () => {
        const bump = TransactionBuilder.buildFeeBumpTransaction(serverKey, '1000', made(), passphrase);
        bump.sign(serverKey);
        return bump;
      },
    ],
    [
      'two client domains (S10-38)',
      () => {
        const wallet = Keypair.random();
        const named = () =>
          Operation.manageData({ name: 'client_domain', value: 'w.example', source: wallet.publicKey() });
        return made({
          operations: [auth(), web(), named(), named()],
          signers: [serverKey, client.sdk, wallet],
        });
      },
    ],
    [
      'a client domain that did not sign (S10-52)',
      () => {
        const source = Keypair.random().publicKey();
        const named = Operation.manageData({ name: 'client_domain', value: 'w.example', source });
        return made({ operations: [auth(), web(), named] });
      },
    ],
    [
      'a client domain that signs with the key of the server (S10-09, S10-48)',
      () => {
        const named = Operation.manageData({
          name: 'client_domain',
          value: 'w.example',
          source: serverKey.publicKey(),
        });
        return made({ operations: [auth(), web(), named], signers: [serverKey, serverKey] });
      },
    ],
    [
      'the client domain in place of the client (S10-48)',
      () => {
        const wallet = Keypair.random();
        const named = Operation.manageData({
          name: 'client_domain',
          value: 'w.example',
          source: wallet.publicKey(),
        });
        return made({ operations: [auth(), web(), named], signers: [serverKey, wallet] });
      },
    ],
  ];
  it.each(cases)('refuses %s', async (_, make) => {
    const answer = await post(make());
    expect(answer.status).toBe(400);
    expect(Object.keys((await answer.json()) as object)).toEqual(['error']);
  });

  it('refuses the challenge of another home domain server with the same key and passphrase (S10-37, S10-39)', async () => {
    const { project } = anchor.ctx;
    const other = {
      ...project,
      hostUrl: 'https://other.example',
      homeDomain: 'other.example',
      homeDomains: [],
    };
    const challenge = await challengeFor(sep10.routes({ ...anchor.ctx, project: other }), {
      account: client.publicKey,
    });
    expect((await send(app, signed(challenge, passphrase, client))).status).toBe(400);
  });

  it('adds client_domain to the token when its key signed (S10-52, S10-57)', async () => {
    const wallet = Keypair.random();
    const named = Operation.manageData({
      name: 'client_domain',
      value: 'w.example',
      source: wallet.publicKey(),
    });
    const answer = await post(
      made({ operations: [auth(), web(), named], signers: [serverKey, client.sdk, wallet] }),
    );
    expect(answer.status).toBe(200);
    const { token } = (await answer.json()) as { token: string };
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    expect(claims['client_domain']).toBe('w.example');
  });
});
