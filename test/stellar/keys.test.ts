import { Keypair } from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import { AnchorError } from '../../src/kernel/errors.ts';
import { systemIds } from '../../src/kernel/ids.ts';
import { keyPairFromSeed, randomKeyPair, randomSeed, verify } from '../../src/stellar/keys.ts';

const message = (at: number): Uint8Array => systemIds.bytes(at * 7);

describe('ed25519 keys', () => {
  it('have the bytes of the SDK: public key, hint and signature', () => {
    for (let at = 0; at < 20; at++) {
      const seed = randomSeed(systemIds);
      const ours = keyPairFromSeed(seed);
      const theirs = Keypair.fromSecret(seed);
      const data = message(at);
      expect(ours.publicKey).toBe(theirs.publicKey());
      expect(Buffer.from(ours.rawPublicKey)).toEqual(theirs.rawPublicKey());
      expect(Buffer.from(ours.hint)).toEqual(theirs.signatureHint());
      expect(ours.sign(data)).toEqual(theirs.sign(Buffer.from(data)));
    }
  });

  it('verify what the SDK signs and refuse what it refuses', () => {
    for (let at = 0; at < 10; at++) {
      const theirs = Keypair.random();
      const data = Buffer.from(message(at));
      const signature = theirs.sign(data);
      expect(verify(theirs.publicKey(), data, signature)).toBe(true);
      for (const bit of [0, 100, 255, 256, 400, 511]) {
        const flipped = Buffer.from(signature);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(verify(theirs.publicKey(), data, flipped)).toBe(theirs.verify(data, flipped));
        expect(verify(theirs.publicKey(), data, flipped)).toBe(false);
      }
      expect(verify(Keypair.random().publicKey(), data, signature)).toBe(false);
    }
  });

  it('never throw on nonsense', () => {
    const pair = randomKeyPair(systemIds);
    const data = Buffer.from('x');
    expect(verify('nonsense', data, pair.sign(data))).toBe(false);
    expect(verify(pair.publicKey, data, Buffer.alloc(63))).toBe(false);
    expect(verify(pair.publicKey, data, Buffer.alloc(64))).toBe(false);
    expect(verify(pair.publicKey, data, Buffer.alloc(0))).toBe(false);
  });

  it('do not repeat a bad secret key in the error', () => {
    const seed = `${randomSeed(systemIds).slice(0, 55)}1`;
    try {
      keyPairFromSeed(seed);
      expect.unreachable();
    } catch (error) {
      expect(AnchorError.is(error) && error.code).toBe('SEED_INVALID');
      expect(JSON.stringify(error) + String(error)).not.toContain(seed.slice(1, 20));
    }
  });
});
