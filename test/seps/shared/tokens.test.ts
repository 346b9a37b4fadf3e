import { createHmac } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { systemIds } from '../../../src/kernel/ids.ts';
import { joinMuxed } from '../../../src/kernel/strkey.ts';
import { bearerToken, parseSubject } from '../../../src/seps/shared/principal.ts';
import { createTokens, type TokenPurpose } from '../../../src/seps/shared/tokens.ts';
import { randomKeyPair } from '../../../src/stellar/keys.ts';

const START = Date.UTC(2026, 10, 22);
const secret = 'a secret of at least sixteen characters';
const clockAt = (seconds: number) => ({ now: () => START + seconds * 1000, sleep: async () => {} });
const make = (change: Partial<Parameters<typeof createTokens>[0]> = {}) =>
  createTokens({ secret, issuer: 'https://anchor.example', network: 'Net', clock: clockAt(0), ...change });
const sub = randomKeyPair(systemIds).publicKey;

describe('tokens', () => {
  it('are JSON Web Tokens with the claims of a login (S10-54, S10-55, S10-56)', () => {
    const token = make().sign('api', {
      sub,
      lifetimeSeconds: 60,
      claims: { jti: 'x', client_domain: 'w.example' },
    });
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      iss: 'https://anchor.example',
      sub,
      jti: 'x',
      client_domain: 'w.example',
    });
    expect(claims.iat).toBe(START / 1000);
    expect(claims.exp).toBe(START / 1000 + 60);
    expect(make().verify('api', token)).toMatchObject({ sub });
  });

  it('of one purpose are refused for every other, in all pairs (SC-14, S10-61)', () => {
    const purposes: TokenPurpose[] = ['api', 'interactive', 'more_info', 'web'];
    const tokens = make();
    for (const a of purposes) {
      for (const b of purposes) {
        const verified = tokens.verify(b, tokens.sign(a, { sub, lifetimeSeconds: 60 }));
        expect(verified !== null).toBe(a === b);
      }
    }
  });

  it('of another key, issuer, network or time are refused (SC-14)', () => {
    const token = make().sign('api', { sub, lifetimeSeconds: 60 });
    expect(make({ secret: `${secret}!` }).verify('api', token)).toBeNull();
    expect(make({ issuer: 'https://other.example' }).verify('api', token)).toBeNull();
    expect(make({ network: 'Other' }).verify('api', token)).toBeNull();
    expect(make({ clock: clockAt(59) }).verify('api', token)).not.toBeNull();
    expect(make({ clock: clockAt(60) }).verify('api', token)).toBeNull();
    expect(make({ clock: clockAt(-60) }).verify('api', token)).not.toBeNull();
    expect(make({ clock: clockAt(-61) }).verify('api', token)).toBeNull();
  });

  it('with a changed header, payload or signature are refused (SC-14)', () => {
    const tokens = make();
    const token = tokens.sign('api', { sub, lifetimeSeconds: 60 });
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = b64({ alg: 'none', typ: 'JWT' });
    const key = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
    const bad = [
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      `${b64({ alg: 'HS512', typ: 'JWT' })}.${payload}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${b64({ ...decodeJwt(token), sub: 'GX' })}.${signature}`,
      `${header}.${payload}.${key}`,
      `${token}=`,
      `${token}.`,
      `${token} `,
      token.slice(0, -1),
      `${header}.${payload}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`,
      '',
      '..',
      'x'.repeat(1_000_000),
    ];
    for (const one of bad) expect(tokens.verify('api', one)).toBeNull();
  });

  it('need a key of some length', () => {
    expect(() => make({ secret: undefined })).toThrow(expect.objectContaining({ code: 'JWT_KEY_MISSING' }));
    expect(() => make({ secret: 'short' })).toThrow(expect.objectContaining({ code: 'JWT_KEY_WEAK' }));
  });
});

describe('the authorization header', () => {
  it('is read with the scheme in any case (SC-11)', () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) expect(bearerToken(`${scheme} a.b.c`)).toBe('a.b.c');
    for (const bad of [
      null,
      undefined,
      '',
      'a.b.c',
      'Basic a.b.c',
      'Bearer',
      'Bearer a.b',
      'Bearer a.b.c, Bearer a.b.c',
    ]) {
      expect(bearerToken(bad)).toBeNull();
    }
  });
});

describe('a subject', () => {
  it('has one owner for G with memo and the M of the same pair (SC-15, SC-18)', () => {
    const id = '18446744073709551615';
    const muxed = joinMuxed(sub, id);
    expect(parseSubject(muxed)?.owner).toBe(`${sub}:${id}`);
    expect(parseSubject(`${sub}:${id}`)).toMatchObject({
      owner: `${sub}:${id}`,
      muxed,
      memo: id,
      account: sub,
    });
    expect(parseSubject(sub)).toMatchObject({ owner: sub, memo: null, muxed: null });
    expect(parseSubject(`${sub}:`)).toBeNull();
    expect(parseSubject(`${sub}:007`)).toBeNull();
    expect(parseSubject(`${muxed}:1`)).toBeNull();
    expect(parseSubject('nonsense')).toBeNull();
  });
});
