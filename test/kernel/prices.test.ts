import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsDecimals, MAX_STROOPS, parseAmount } from '../../src/kernel/amounts.ts';
import {
  buyFor,
  type Exchange,
  type ExchangeFee,
  type ExchangeTerms,
  exchange,
  formatPrice,
  formatRatio,
  parsePrice,
  parseRate,
  sellFor,
} from '../../src/kernel/prices.ts';

const ONE = 10_000_000n;
const free: ExchangeFee = { fixed: 0n, percent: 0n, minimum: null };
const total = (text: string): ExchangeFee => ({ total: parseAmount(text), details: [] });
const price = (units: string, scale = 18) => ({ sell: parsePrice(units).sell, buy: 10n ** BigInt(scale) });

const units = (min: bigint, max: bigint) => fc.bigInt({ min, max });
const decimals = fc.integer({ min: 0, max: 7 });
/** from 1e-9 to 1e9, with any digits */
const anyPrice = fc.record({ sell: units(1n, 10n ** 9n), buy: units(1n, 10n ** 9n) });
const anyFee: fc.Arbitrary<ExchangeFee> = fc.oneof(
  fc.record({
    fixed: units(0n, 100n * ONE),
    percent: units(0n, 50n * ONE),
    minimum: fc.option(units(0n, 200n * ONE)),
  }),
  fc.record({ total: units(0n, 100n * ONE), details: fc.constant([]) }),
);
const anyTerms: fc.Arbitrary<ExchangeTerms> = fc.record({
  price: anyPrice,
  fee: anyFee,
  sellDecimals: decimals,
  buyDecimals: decimals,
});
const rounded = (amount: bigint, places: number): bigint => {
  const step = 10n ** BigInt(7 - places);
  return ((amount + step - 1n) / step) * step;
};

function tried(terms: ExchangeTerms, given: { sell: bigint } | { buy: bigint }): Exchange | null {
  try {
    return exchange(terms, given);
  } catch {
    return null;
  }
}

/** round(price × buy) as a wallet computes it, in stroops */
function times(text: string, amount: bigint): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  const scale = 10n ** BigInt(fraction.length);
  return (2n * BigInt(whole + fraction) * amount + scale) / (2n * scale);
}

describe('prices', () => {
  it('reads decimals, and the other way round as the exact inverse', () => {
    expect(buyFor(parsePrice('5.42'), 542n * ONE)).toBe(100n * ONE);
    expect(sellFor(parseRate('3'), 1n * ONE)).toBe(3_333_334n);
    expect(buyFor(parseRate('3'), 1n * ONE)).toBe(3n * ONE);
  });

  it.each([
    '',
    '0',
    '0.0',
    '-1',
    '+1',
    '1e2',
    'NaN',
    'Infinity',
    '0x10',
    ' 1',
    '1,0',
    '１２',
    '1.',
    '.5',
    '01',
  ])('refuses %j', (text) => {
    expect(() => parsePrice(text)).toThrowError(expect.objectContaining({ code: 'PRICE_INVALID' }));
  });

  it('prints the shortest decimals that give the amount again (S38-24)', () => {
    expect(formatRatio(542n * ONE, 100n * ONE)).toBe('5.42');
    expect(formatRatio(100n * ONE, 500n * ONE)).toBe('0.2');
    expect(formatRatio(ONE, 3n * ONE)).toBe('0.33333333');
    expect(formatPrice(parseRate('3'))).toBe('0.333333333333333334');
    fc.assert(
      fc.property(units(1n, MAX_STROOPS), units(1n, MAX_STROOPS), (sell, buy) => {
        expect(times(formatRatio(sell, buy), buy)).toBe(sell);
      }),
    );
  });
});

describe('exchanges', () => {
  it.each([
    // 542 BRL for 100 USDC with a fee of 42 BRL, and the other way round (the SEP's own figures)
    [price('5'), total('42'), { sell: 542n * ONE }, { sell: 542n * ONE, buy: 100n * ONE, fee: 42n * ONE }],
    [price('5'), total('42'), { buy: 100n * ONE }, { sell: 542n * ONE, buy: 100n * ONE, fee: 42n * ONE }],
    [price('0.18'), total('10'), { sell: 100n * ONE }, { sell: 100n * ONE, buy: 500n * ONE, fee: 10n * ONE }],
    [price('1'), free, { sell: 7n * ONE }, { sell: 7n * ONE, buy: 7n * ONE, fee: 0n }],
  ])('counts as SEP-38 does (S38-23) %#', (given, fee, amount, expected) => {
    const counted = exchange({ price: given, fee, sellDecimals: 2, buyDecimals: 2 }, amount);
    expect(counted).toMatchObject(expected);
  });

  it('keeps what is given, rounds the rest to its decimals in favour of the anchor, within a unit (S38-23, S38-24)', () => {
    fc.assert(
      fc.property(anyTerms, units(1n, 10n ** 15n), (terms, raw) => {
        const sell = rounded(raw, terms.sellDecimals);
        const found = tried(terms, { sell });
        if (found === null) return;
        const rest = sell - found.fee;
        expect(found.sell).toBe(sell);
        expect(fitsDecimals(found.buy, terms.buyDecimals)).toBe(true);
        // never more than the price allows, and less than one unit below it
        expect(found.buy * terms.price.sell).toBeLessThanOrEqual(rest * terms.price.buy);
        const next = found.buy + 10n ** BigInt(7 - terms.buyDecimals);
        expect(next * terms.price.sell).toBeGreaterThan(rest * terms.price.buy);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees in both directions: what a sale buys is sold for no more, and buys the same (S38-23, S38-25)', () => {
    let both = 0;
    fc.assert(
      fc.property(anyTerms, units(1n, 10n ** 15n), (terms, raw) => {
        const one = tried(terms, { sell: rounded(raw, terms.sellDecimals) });
        if (one === null) return;
        const back = exchange(terms, { buy: one.buy });
        expect(back.sell).toBeLessThanOrEqual(one.sell);
        expect(exchange(terms, { sell: back.sell }).buy).toBe(one.buy);
        both += 1;
      }),
      { numRuns: 500 },
    );
    expect(both).toBeGreaterThan(100);
  });

  it('sells the least amount that buys what is wanted, and keeps what is wanted (S38-23, S38-24)', () => {
    fc.assert(
      fc.property(anyTerms, units(1n, 10n ** 14n), (terms, raw) => {
        const buy = rounded(raw, terms.buyDecimals);
        const found = tried(terms, { buy });
        if (found === null) return;
        const step = 10n ** BigInt(7 - terms.sellDecimals);
        expect(found.buy).toBe(buy);
        expect(fitsDecimals(found.sell, terms.sellDecimals)).toBe(true);
        expect(fitsDecimals(found.sell - found.fee, terms.sellDecimals)).toBe(true);
        expect((found.sell - found.fee) * terms.price.buy).toBeGreaterThanOrEqual(buy * terms.price.sell);
        const less = tried(terms, { sell: found.sell - step });
        if (found.sell > step) expect(less?.buy ?? 0n).toBeLessThan(buy);
      }),
      { numRuns: 500 },
    );
  });

  it('holds the identities with the printed prices, to the stroop (S38-23, S38-24, S38-F02, S38-F03)', () => {
    fc.assert(
      fc.property(anyTerms, units(1n, 10n ** 15n), fc.boolean(), (terms, raw, selling) => {
        const amount = rounded(raw, selling ? terms.sellDecimals : terms.buyDecimals);
        const found = tried(terms, selling ? { sell: amount } : { buy: amount });
        if (found === null) return;
        expect(times(formatRatio(found.sell, found.buy), found.buy)).toBe(found.sell);
        expect(times(formatRatio(found.sell - found.fee, found.buy), found.buy)).toBe(found.sell - found.fee);
        const sum = found.details.reduce((all, item) => all + parseAmount(item.amount), 0n);
        if (found.details.length > 0) expect(sum).toBe(found.fee);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what buys nothing, and what no asset can hold', () => {
    const terms = { price: price('5'), fee: total('42'), sellDecimals: 2, buyDecimals: 2 };
    for (const sell of [42n * ONE, 1n, 42n * ONE + 10n]) {
      expect(() => exchange(terms, { sell })).toThrowError(
        expect.objectContaining({ code: 'AMOUNT_BELOW_FEE', httpStatus: 400 }),
      );
    }
    expect(() => exchange(terms, { buy: MAX_STROOPS - (MAX_STROOPS % 100_000n) })).toThrowError(
      expect.objectContaining({ code: 'AMOUNT_TOO_LARGE', httpStatus: 400 }),
    );
    const all = { ...free, percent: 100n * ONE };
    expect(() => exchange({ ...terms, fee: all }, { buy: ONE })).toThrowError(
      expect.objectContaining({ code: 'AMOUNT_TOO_LARGE', httpStatus: 400 }),
    );
  });
});
