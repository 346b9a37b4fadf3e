import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsDecimals, parseAmount } from '../../src/kernel/amounts.ts';
import { amountsAfterFee, compareAmount, computeFee } from '../../src/transfers/index.ts';

const ONE = 10_000_000n;
const terms = { fixed: 0n, percent: 0n, minimum: null, decimals: 2 };

describe('fees', () => {
  it.each([
    [{ ...terms }, 100n * ONE, 0n],
    [{ ...terms, fixed: ONE }, 100n * ONE, ONE],
    [{ ...terms, percent: ONE }, 100n * ONE, ONE],
    [{ ...terms, percent: ONE, fixed: ONE }, 100n * ONE, 2n * ONE],
    [{ ...terms, percent: ONE, minimum: 5n * ONE }, 100n * ONE, 5n * ONE],
    // 0.1 % of 0.01 rounds up to a cent
    [{ ...terms, percent: ONE / 10n }, ONE / 100n, ONE / 100n],
    // 1 % of 33.33 is 0.3333: 0.34 in favour of the anchor
    [{ ...terms, percent: ONE }, 333_300_000n, 3_400_000n],
  ])('percent of the amount plus fixed, at least the minimum (S24-06) %#', (given, amount, fee) => {
    expect(computeFee(given, amount).fee).toBe(fee);
  });

  it('adds up, rounds in favour of the anchor by less than a unit, and leaves whole decimals (R10, S24-60)', () => {
    const units = (max: bigint) => fc.bigInt({ min: 0n, max });
    fc.assert(
      fc.property(
        units(1_000n * ONE),
        units(10n * ONE),
        fc.option(units(20n * ONE)),
        fc.integer({ min: 0, max: 7 }),
        fc.bigInt({ min: 1n, max: 1_000_000n * ONE }),
        (fixed, percent, minimum, decimals, amount) => {
          const { fee, details } = computeFee({ fixed, percent, minimum, decimals }, amount);
          expect(details.reduce((sum, item) => sum + parseAmount(item.amount), 0n)).toBe(fee);
          for (const item of details) expect(parseAmount(item.amount)).toBeGreaterThan(0n);
          const exact = (amount * percent) / (100n * ONE) + fixed;
          const least = minimum !== null && exact < minimum ? minimum : exact;
          const step = 10n ** BigInt(7 - decimals);
          expect(fee).toBeGreaterThanOrEqual(least);
          expect(fee - least).toBeLessThanOrEqual(step);
          if (fee < amount) expect(fitsDecimals(amount - fee, decimals)).toBe(true);
        },
      ),
    );
  });

  it('refuses an amount that the fee eats up', () => {
    const fee = computeFee({ ...terms, fixed: 5n * ONE }, 5n * ONE);
    expect(() => amountsAfterFee(5n * ONE, fee)).toThrowError(
      expect.objectContaining({ code: 'AMOUNT_BELOW_FEE', httpStatus: 400 }),
    );
  });
});

describe('comparing amounts (S24-70)', () => {
  it.each([
    [100n, 100n, 'exact'],
    [100n, 90n, 'tolerated'],
    [100n, 110n, 'tolerated'],
    [100n, 89n, 'too_small'],
    [100n, 111n, 'too_large'],
    [9n, 8n, 'too_small'],
  ] as const)('announced %s, arrived %s: %s', (expected, arrived, answer) => {
    expect(compareAmount(expected, arrived)).toBe(answer);
  });
});
