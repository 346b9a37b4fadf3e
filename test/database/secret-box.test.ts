import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSecretBox } from '../../src/database/index.ts';
import { systemIds } from '../../src/kernel/ids.ts';

const key = (kid: string): string => `${kid}:${randomBytes(32).toString('base64')}`;
const K1 = key('k1');
const K2 = key('k2');
const box = createSecretBox(K1, systemIds);
const SEED = 'SAV76USXIJOBMEQXPANUOQM6F5LIOTLPDIDVRJBFFE2MDJXG24TAPUU7';

describe('secret box', () => {
  it('opens what it sealed, in its place only', () => {
    for (const plain of [SEED, '', 'ü€😀', 'x'.repeat(100_000)]) {
      const sealed = box.seal(plain, 'assets/1');
      expect(box.open(sealed, 'assets/1')).toBe(plain);
      expect(() => box.open(sealed, 'assets/2')).toThrow(
        expect.objectContaining({ code: 'SECRET_UNREADABLE' }),
      );
    }
  });

  it('hides the text, and never seals alike twice', () => {
    const sealed = box.seal(SEED, 's');
    expect(sealed).not.toContain(SEED);
    expect(Buffer.from(sealed.split('.')[3] ?? '', 'base64url').toString('latin1')).not.toContain(SEED);
    expect(box.seal(SEED, 's')).not.toBe(sealed);
  });

  it('opens nothing that was changed anywhere', () => {
    const sealed = box.seal(SEED, 's');
    for (let index = 0; index < sealed.length; index++) {
      const other = sealed[index] === 'A' ? 'B' : 'A';
      const changed = sealed.slice(0, index) + other + sealed.slice(index + 1);
      // the last character of base64url carries bits that mean nothing
      if (
        Buffer.from(changed.split('.')[3] ?? '', 'base64url').equals(
          Buffer.from(sealed.split('.')[3] ?? '', 'base64url'),
        ) &&
        changed.split('.').slice(0, 3).join() === sealed.split('.').slice(0, 3).join()
      )
        continue;
      expect(() => box.open(changed, 's')).toThrow(expect.objectContaining({ code: 'SECRET_UNREADABLE' }));
    }
    for (const text of ['', 'v1', 'v1.k1', 'v1.k1..', 'v2.k1.AAAA.AAAA', `${sealed}.x`, SEED]) {
      expect(() => box.open(text, 's')).toThrow(expect.objectContaining({ code: 'SECRET_UNREADABLE' }));
    }
  });

  it('seals with the first key, opens with all, and tells what is to be sealed anew', () => {
    const old = box.seal(SEED, 's');
    const rotated = createSecretBox(`${K2},${K1}`, systemIds);
    expect(rotated.keyId).toBe('k2');
    expect(rotated.open(old, 's')).toBe(SEED);
    expect(rotated.isStale(old)).toBe(true);
    const anew = rotated.seal(SEED, 's');
    expect(rotated.isStale(anew)).toBe(false);
    const after = createSecretBox(K2, systemIds);
    expect(after.open(anew, 's')).toBe(SEED);
    expect(() => after.open(old, 's')).toThrow(expect.objectContaining({ code: 'SECRET_UNREADABLE' }));
    expect(() => box.open(anew, 's')).toThrow(expect.objectContaining({ code: 'SECRET_UNREADABLE' }));
  });

  it('refuses keys of another form, without repeating them', () => {
    const secret = randomBytes(31).toString('base64');
    const bad = [
      '',
      secret,
      `k1:${secret}`,
      `:${K1.slice(3)}`,
      `${K1},`,
      `${K1},${K1}`,
      'k1:????',
      `k 1:${K1.slice(3)}`,
    ];
    for (const text of bad) {
      let fault: unknown;
      try {
        createSecretBox(text, systemIds);
      } catch (error) {
        fault = error;
      }
      expect(fault).toMatchObject({ code: 'ENCRYPTION_KEY_INVALID' });
      if (text.length > 10) expect(String(fault)).not.toContain(secret);
    }
  });
});
