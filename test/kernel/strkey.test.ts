import { Keypair, MuxedAccount, StrKey } from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import { systemIds } from '../../src/kernel/ids.ts';
import { decodeStrKey, encodeStrKey, joinMuxed, splitMuxed } from '../../src/kernel/strkey.ts';

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
