import {
  Account,
  BASE_FEE,
  Keypair,
  Memo,
  Networks,
  Operation,
  TransactionBuilder,
} from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import { systemIds } from '../../../src/kernel/ids.ts';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import { buildChallenge, networkIdOf, type Server } from '../../../src/seps/sep10-auth/challenge.ts';
import { encodeSigned, encodeUnsigned } from '../../../src/seps/sep10-auth/envelope.ts';
import { decodeChallenge } from '../../../src/seps/sep10-auth/envelope-reader.ts';
import { keyPairFromSeed } from '../../../src/stellar/keys.ts';

const key = Keypair.random();
const client = Keypair.random().publicKey();
const wallet = Keypair.random().publicKey();
const now = 1_800_000_000;

interface Wanted {
  account: string;
  memo: string | null;
  homeDomain: string;
  webAuthDomain: string;
  client: { domain: string; signingKey: string } | null;
  passphrase: string;
}

/** The same challenge by the SDK, with the nonce given. */
function bySdk(wanted: Wanted, nonce: Buffer): string {
  const builder = new TransactionBuilder(new Account(key.publicKey(), '-1'), {
    fee: BASE_FEE,
    networkPassphrase: wanted.passphrase,
    timebounds: { minTime: now, maxTime: now + 900 },
  });
  const data = (name: string, value: string, source: string) =>
    builder.addOperation(Operation.manageData({ name, value, source }));
  data(`${wanted.homeDomain} auth`, nonce.toString('base64'), wanted.account);
  data('web_auth_domain', wanted.webAuthDomain, key.publicKey());
  if (wanted.client !== null) data('client_domain', wanted.client.domain, wanted.client.signingKey);
  if (wanted.memo !== null) builder.addMemo(Memo.id(wanted.memo));
  const transaction = builder.build();
  transaction.sign(key);
  return transaction.toXDR();
}

describe('challenges written by hand', () => {
  const domains = ['a.b', 'localhost:8000', 'anchor.example.com', 'x'.repeat(59), 'ünï.example'];
  const accounts = [client, joinMuxed(client, '0'), joinMuxed(client, '18446744073709551615')];
  const clients = [null, { domain: 'wallet.example', signingKey: wallet }];

  it('have the bytes of the SDK, for every shape and length of name (S10-13, S10-14, S10-15, S10-16, S10-18)', () => {
    let compared = 0;
    for (const homeDomain of domains) {
      for (const webAuthDomain of ['a.b', 'abc.de', 'localhost:8000']) {
        for (const account of accounts) {
          for (const memo of account.startsWith('M') ? [null] : [null, '0', '18446744073709551615']) {
            for (const one of clients) {
              for (const passphrase of [Networks.TESTNET, Networks.PUBLIC, 'ö']) {
                const wanted = { account, memo, homeDomain, webAuthDomain, client: one, passphrase };
                const nonce = systemIds.bytes(48);
                const server: Server = {
                  keyPair: keyPairFromSeed(key.secret()),
                  networkId: networkIdOf(passphrase),
                  homeDomains: [homeDomain],
                  webAuthDomains: [webAuthDomain],
                  lifetimeSeconds: 900,
                };
                const ours = buildChallenge(server, { ...systemIds, bytes: () => nonce }, { ...wanted, now });
                expect(ours).toBe(bySdk(wanted, nonce));
                const { hash: _, signatures, ...transaction } = decodeChallenge(ours, server.networkId);
                expect(encodeSigned(encodeUnsigned(transaction), signatures)).toBe(ours);
                compared++;
              }
            }
          }
        }
      }
    }
    expect(compared).toBe(450);
  });

  it('are base64 of the standard alphabet, padded, on one line, and nothing else (SO-11)', () => {
    const networkId = networkIdOf('x');
    const server: Server = {
      keyPair: keyPairFromSeed(key.secret()),
      networkId,
      homeDomains: ['a.bc'],
      webAuthDomains: ['a.b'],
      lifetimeSeconds: 900,
    };
    const memos = Array.from({ length: 40 }, (_, i) => `${i}`);
    const made = memos.map((memo) =>
      buildChallenge(server, systemIds, {
        account: client,
        memo,
        homeDomain: 'a.bc',
        webAuthDomain: 'a.b',
        client: null,
        now,
      }),
    );
    let changed = 0;
    for (const text of made) {
      expect(text).toMatch(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
      expect(decodeChallenge(text, networkId).operations).toHaveLength(2);
      const others = [
        Buffer.from(text, 'base64').toString('base64url'),
        text.replace(/=+$/, ''),
        `${text}=`,
        `${text.slice(0, 76)}\n${text.slice(76)}`,
        ` ${text}`,
        `${text}\n`,
      ];
      for (const other of others) {
        if (other === text) continue;
        changed += 1;
        expect(() => decodeChallenge(other, networkId)).toThrow(
          expect.objectContaining({ code: 'CHALLENGE_MALFORMED' }),
        );
      }
    }
    expect(changed).toBeGreaterThan(160);
  });

  it('do not share anything between two that are filled from one template', () => {
    const server: Server = {
      keyPair: keyPairFromSeed(key.secret()),
      networkId: networkIdOf('x'),
      homeDomains: ['a.b'],
      webAuthDomains: ['a.b'],
      lifetimeSeconds: 900,
    };
    const input = { memo: null, homeDomain: 'a.b', webAuthDomain: 'a.b', client: null, now };
    const first = buildChallenge(server, systemIds, { ...input, account: client });
    const copy = `${first}`;
    const second = buildChallenge(server, systemIds, { ...input, account: wallet, now: now + 1 });
    expect(first).toBe(copy);
    expect(second).not.toBe(first);
  });
});
