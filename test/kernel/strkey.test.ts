import { Keypair, MuxedAccount, StrKey } from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import { systemIds } from '../../src/kernel/ids.ts';
import { decodeStrKey, encodeStrKey, joinMuxed, splitMuxed } from '../../src/kernel/strkey.ts';

const KINDS = [
  'account',
  'seed',
  'muxed',
  'preAuth',
  'hashX',
  'signedPayload',
  'contract',
  'claimableBalance',
  'liquidityPool',
] as const;

describe('strkeys', () => {
  it('are those of the SDK in both directions (SEP-23)', () => {
    for (let i = 0; i < 200; i++) {
      const raw = systemIds.bytes(32);
      const account = StrKey.encodeEd25519PublicKey(raw);
      expect(encodeStrKey('account', raw)).toBe(account);
      expect(Buffer.from(decodeStrKey('account', account)!)).toEqual(raw);
      expect(encodeStrKey('seed', raw)).toBe(StrKey.encodeEd25519SecretSeed(raw));
      expect(encodeStrKey('contract', raw)).toBe(StrKey.encodeContract(raw));
      const id = systemIds.bytes(8).readBigUInt64BE().toString();
      const muxed = MuxedAccount.fromAddress(joinMuxed(account, id), '0');
      expect(muxed.id()).toBe(id);
      expect(splitMuxed(muxed.accountId())).toEqual({ account, id });
    }
  });

  it('are taken and refused as the lists of SEP-23 say (SO-10)', () => {
    const key = 'A7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJ';
    const signed = 'UAAAAAQACAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUPB6I';
    const short = 'UAAAAAOQCAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4';
    const balance = 'D6DBUX6J22DMZOHIEZTEQ64CVCHEDRKWZONFEUL5Q26QD7R76RG';
    const valid = [
      ['account', `G${key}VSGZ`],
      ['muxed', `M${key}UAAAAAAAAAAAACJUQ`],
      ['muxed', `M${key}VAAAAAAAAAAAAAJLK`],
      ['signedPayload', `P${key}${signed}BZGM`],
      ['signedPayload', `P${key}${short}DUAAAAFGBU`],
      ['contract', `C${key}UWDA`],
      ['liquidityPool', `L${key}UPJN`],
      ['claimableBalance', `BAA${balance}R4TU`],
    ] as const;
    for (const [kind, text] of valid) {
      const payload = decodeStrKey(kind, text);
      expect(payload === null ? text : encodeStrKey(kind, payload)).toBe(text);
      expect(KINDS.filter((one) => decodeStrKey(one, text) !== null)).toEqual([kind]);
    }
    expect(splitMuxed(valid[2][1])).toEqual({ account: valid[0][1], id: '9223372036854775808' });
    const invalid = [
      'GAAAAAAAACGC6',
      `M${key}UAAAAAAAAAAAACJUR`,
      `G${key}VSGZA`,
      `G${key}UACUSI`,
      `G4${key.slice(1)}VP2I`,
      `M${key}VAAAAAAAAAAAAAJLKA`,
      `M${key}VAAAAAAAAAAAAAAV75I`,
      `M4${key.slice(1)}UAAAAAAAAAAAACJUQ`,
      `M${key}UAAAAAAAAAAAACJUK===`,
      `M${key}UAAAAAAAAAAAACJUO`,
      `P${key}${signed.slice(0, -1)}IAAAAAAAAPM`,
      `P${key}${short}Z2PQ`,
      `P${key}${short}DXFH6`,
      `BAA${balance}R4TV`,
      `BAAT${balance.slice(1)}XACA`,
    ];
    expect(invalid.length).toBe(15);
    for (const text of invalid)
      for (const kind of KINDS) expect([text, kind, decodeStrKey(kind, text)]).toEqual([text, kind, null]);
  });

  it('with one character changed, dropped or added are refused as the SDK refuses them (SV-16)', () => {
    const account = Keypair.random().publicKey();
    const muxed = joinMuxed(account, '5');
    for (const [text, kind, valid] of [
      [account, 'account', StrKey.isValidEd25519PublicKey],
      [muxed, 'muxed', StrKey.isValidMed25519PublicKey],
    ] as const) {
      for (let at = 0; at < text.length; at++) {
        for (const char of ['A', 'Z', '2', '7', '0', '1', '8', 'a', '=', ' ', 'Ａ', 'é', '']) {
          const changed = text.slice(0, at) + char + text.slice(at + 1);
          expect(decodeStrKey(kind, changed) !== null).toBe(valid(changed));
        }
      }
      for (const odd of [`${text}A`, `${text}=`, ` ${text}`, text.toLowerCase(), '', 'A'.repeat(165)]) {
        expect(decodeStrKey(kind, odd)).toBeNull();
      }
    }
  });
});
