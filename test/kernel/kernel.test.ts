import { Account, Keypair, MuxedAccount, StrKey } from '@stellar/stellar-sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fitsDecimals,
  formatAmount,
  formatFixed,
  MAX_STROOPS,
  parseAmount,
  parsePositiveAmount,
  percentOf,
  roundUp,
} from '../../src/kernel/amounts.ts';
import { assetId, parseAssetId, parseAssetKey } from '../../src/kernel/assets.ts';
import { AnchorError } from '../../src/kernel/errors.ts';
import { scrub } from '../../src/kernel/log.ts';
import { isMemoId, parseMemo, printMemo } from '../../src/kernel/memos.ts';
import {
  decodeStrKey,
  encodeStrKey,
  isAccount,
  isMuxed,
  joinMuxed,
  splitMuxed,
} from '../../src/kernel/strkey.ts';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return AnchorError.is(error) ? error.code : String(error);
  }
  return 'no error';
};

describe('amounts', () => {
  const bad = [
    '',
    '-0',
    '-1',
    '+1',
    '1e2',
    '1.0E+500000000',
    'NaN',
    'Infinity',
    '0x10',
    ' 1 ',
    '1,0',
    '１２',
    '1.',
    '.5',
    '007',
    '9'.repeat(10_000),
    null,
    undefined,
    [],
    {},
    true,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e21,
    -1,
  ];
  it.each(bad.map((value) => [value]))('refuses %j (SC-23)', (value) => {
    expect(codeOf(() => parseAmount(value))).toBe('AMOUNT_INVALID');
  });
  it('refuses more decimals than the scale, zero where positive is asked, more than 2^63-1 (SC-22, SC-23)', () => {
    expect(codeOf(() => parseAmount('0.00000001'))).toBe('AMOUNT_TOO_PRECISE');
    expect(codeOf(() => parsePositiveAmount('0'))).toBe('AMOUNT_NOT_POSITIVE');
    expect(codeOf(() => parseAmount('922337203685.4775808'))).toBe('AMOUNT_TOO_LARGE');
    expect(parseAmount('922337203685.4775807')).toBe(MAX_STROOPS);
    expect(parseAmount('1.50000000')).toBe(15_000_000n);
    expect(parseAmount(0.1)).toBe(1_000_000n);
  });
  it('prints what it reads, for every amount and scale', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, MAX_STROOPS), fc.integer({ min: 0, max: 18 }), (units, scale) => {
        expect(parseAmount(formatAmount(units, scale), scale)).toBe(units);
        expect(parseAmount(formatFixed(units, scale), scale)).toBe(units);
      }),
    );
    expect(formatAmount(-15n, 1)).toBe('-1.5');
  });
  it('rounds fees up by less than one unit', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 18n), fc.bigInt(0n, 10n ** 9n), (units, percent) => {
        const fee = percentOf(units, percent);
        expect(fee * 10n ** 9n >= units * percent && (fee - 1n) * 10n ** 9n < units * percent).toBe(true);
        const rounded = roundUp(fee, 2);
        expect(fitsDecimals(rounded, 2) && rounded >= fee && rounded - fee < 100_000n).toBe(true);
      }),
    );
  });
});

describe('strkeys', () => {
  it('agree with the SDK, and refuse what is not canonical (SC-29)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(encodeStrKey('account', bytes)).toBe(StrKey.encodeEd25519PublicKey(Buffer.from(bytes)));
        expect(encodeStrKey('seed', bytes)).toBe(StrKey.encodeEd25519SecretSeed(Buffer.from(bytes)));
        expect(
          Buffer.from(decodeStrKey('contract', StrKey.encodeContract(Buffer.from(bytes))) ?? []).equals(
            bytes,
          ),
        ).toBe(true);
      }),
    );
    const key = Keypair.random().publicKey();
    for (const wrong of [
      key.toLowerCase(),
      key.slice(1),
      `${key}A`,
      `${key.slice(0, -1)}1`,
      `${key}=`,
      '',
      null,
      7,
    ]) {
      expect(isAccount(wrong)).toBe(false);
    }
  });
  it('split and join muxed addresses with ids 0, 2^63 and 2^64-1', () => {
    const key = Keypair.random().publicKey();
    for (const id of ['0', '9223372036854775808', '18446744073709551615']) {
      const muxed = new MuxedAccount(new Account(key, '0'), id).accountId();
      expect(joinMuxed(key, id)).toBe(muxed);
      expect(isMuxed(muxed)).toBe(true);
      expect(splitMuxed(muxed)).toEqual({ account: key, id });
    }
  });
});

describe('memos', () => {
  it('holds ids as text up to 2^64-1 (SC-27, SC-28)', () => {
    expect(isMemoId('18446744073709551615')).toBe(true);
    for (const bad of ['18446744073709551616', '-1', '1.0', '007', '', ' 1', 1])
      expect(isMemoId(bad)).toBe(false);
    expect(parseMemo('id', '17509749319012223907')).toEqual({ type: 'id', value: '17509749319012223907' });
  });
  it('counts bytes of texts and of hashes (SC-27)', () => {
    expect(parseMemo('text', 'é'.repeat(14)).value).toHaveLength(14);
    expect(codeOf(() => parseMemo('text', `${'é'.repeat(14)}x`))).toBe('MEMO_INVALID');
    const hash = Buffer.alloc(32, 7);
    expect(parseMemo('hash', hash.toString('base64')).value).toBe(hash.toString('hex'));
    expect(printMemo({ type: 'hash', value: hash.toString('hex') })).toBe(hash.toString('base64'));
    for (const size of [31, 33]) {
      expect(codeOf(() => parseMemo('hash', Buffer.alloc(size).toString('base64')))).toBe('MEMO_INVALID');
    }
    expect(codeOf(() => parseMemo('return', 'x'))).toBe('MEMO_TYPE_INVALID');
    expect(codeOf(() => parseMemo('text', ''))).toBe('MEMO_INVALID');
  });
});

describe('assets', () => {
  it('reads and prints the identification format (SC-24, SO-06)', () => {
    const issuer = Keypair.random().publicKey();
    expect(assetId({ code: 'SRT', issuer })).toBe(`stellar:SRT:${issuer}`);
    expect(parseAssetId('stellar:native')).toEqual({
      scheme: 'stellar',
      asset: { code: 'native', issuer: null },
    });
    expect(parseAssetId('iso4217:USD')).toEqual({ scheme: 'iso4217', currency: 'USD' });
    for (const bad of ['iso4217:usd', 'stellar:SRT', `stellar:SRT:${issuer}x`, 'SRT', '', null]) {
      expect(codeOf(() => parseAssetId(bad))).toBe('ASSET_INVALID');
    }
    expect(codeOf(() => parseAssetKey(`THIRTEENCHARS:${issuer}`))).toBe('ASSET_INVALID');
  });
});

describe('log', () => {
  it('scrubs seeds and tokens from any text', () => {
    const seed = Keypair.random().secret();
    expect(scrub(`x ${seed} y eyJhbGciOiJIUzI1NiJ9.e30.abc z`)).not.toMatch(/S[A-Z2-7]{55}|eyJ/);
  });
});
