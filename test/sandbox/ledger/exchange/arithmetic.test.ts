import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adjustedAmount,
  comparePrices,
  type ExchangeLimits,
  exchange,
  exchangeWithoutErrorBounds,
  INT64_MAX,
  inverse,
  isPriceWithinBounds,
  liabilitiesOfBuying,
  liabilitiesOfSelling,
  NO_LIMITS,
  price,
  type Rounding,
} from '../../../../src/sandbox/ledger/exchange/arithmetic.ts';

const run = (n: number, d: number, limits: Partial<ExchangeLimits>, rounding: Rounding = 'normal') => {
  const { wheatReceived, sheepSent } = exchange(price(n, d), { ...NO_LIMITS, ...limits }, rounding);
  return [wheatReceived, sheepSent];
};

/** price n, d, the two limits, then wheat received and sheep sent */
type Vector = [number, number, bigint, bigint, bigint, bigint];

describe('exchange of two offers, by the rules of the core since protocol 10', () => {
  it.each<Vector>([
    [3, 2, 3000n, 4501n, 3000n, 4500n],
    [3, 2, 3000n, 4500n, 3000n, 4500n],
    [3, 2, 3000n, 4499n, 2999n, 4499n],
    [3, 2, 2999n, 4499n, 2999n, 4498n],
    [3, 2, 2999n, 4498n, 2998n, 4497n],
    [2, 3, 3000n, 2001n, 3000n, 2000n],
    [2, 3, 3000n, 1999n, 2998n, 1999n],
    [2, 3, 2999n, 2000n, 2999n, 1999n],
    [2, 3, 2999n, 1999n, 2998n, 1999n],
  ])('price %d/%d, wheat to send %d, sheep to send %d', (n, d, maxWheatSend, maxSheepSend, wheat, sheep) => {
    expect(run(n, d, { maxWheatSend, maxSheepSend })).toEqual([wheat, sheep]);
  });

  it.each<Vector>([
    [3, 2, 3000n, 4499n, 2999n, 4498n],
    [3, 2, 2999n, 4499n, 2999n, 4499n],
    [3, 2, 2999n, 4498n, 2998n, 4497n],
    [2, 3, 3000n, 1999n, 2999n, 1999n],
    [2, 3, 2999n, 2000n, 2998n, 1999n],
    [2, 3, 2999n, 1999n, 2999n, 1999n],
  ])(
    'price %d/%d, wheat to take %d, sheep to take %d',
    (n, d, maxWheatReceive, maxSheepReceive, wheat, sheep) => {
      expect(run(n, d, { maxWheatReceive, maxSheepReceive })).toEqual([wheat, sheep]);
    },
  );

  it.each<Vector>([
    [3, 2, 28n, 27n, 0n, 0n],
    [3, 2, 28n, 26n, 26n, 39n],
    [3, 2, 52n, 51n, 51n, 77n],
    [2, 3, 150n, 101n, 100n, 67n],
  ])(
    'price %d/%d, %d against %d: nothing where rounding would cost over 1%%',
    (n, d, maxWheatSend, maxWheatReceive, wheat, sheep) => {
      expect(run(n, d, { maxWheatSend, maxWheatReceive })).toEqual([wheat, sheep]);
    },
  );

  it.each<Vector>([
    [3, 2, 28n, 27n, 27n, 41n],
    [3, 2, 150n, 101n, 101n, 152n],
    [2, 3, 150n, 101n, 101n, 68n],
  ])(
    'strict receive at %d/%d, %d against %d receives it all',
    (n, d, maxWheatSend, maxWheatReceive, wheat, sheep) => {
      expect(run(n, d, { maxWheatSend, maxWheatReceive }, 'strict_receive')).toEqual([wheat, sheep]);
    },
  );

  it.each<Vector>([
    [3, 2, 28n, 41n, 27n, 41n],
    [3, 2, 97n, 145n, 96n, 145n],
    [2, 1, 1n, 1n, 0n, 1n],
  ])('strict send at %d/%d, %d against %d sends it all', (n, d, maxWheatSend, maxSheepSend, wheat, sheep) => {
    expect(run(n, d, { maxWheatSend, maxSheepSend }, 'strict_send')).toEqual([wheat, sheep]);
  });

  it.each<[number, number, bigint, bigint, bigint]>([
    [1, 1000, 1999n, INT64_MAX, 1000n],
    [1, 1000, 2000n, 1n, 1000n],
    [1000, 1, 400n, 399_999n, 399n],
    [7, 3, 428n, 998n, 427n],
    [3, 7, 1000n, INT64_MAX, 999n],
    [3, 7, 1000n, 427n, 997n],
    [3, 2, 29n, INT64_MAX, 0n],
    [3, 2, 28n, INT64_MAX, 28n],
  ])('adjusts an offer at %d/%d with %d to sell and %d to take', (n, d, send, receive, amount) => {
    expect(adjustedAmount(price(n, d), send, receive)).toBe(amount);
  });

  it('binds what an offer can sell and take, without overflow', () => {
    expect(liabilitiesOfSelling(price(2, 1), 10n)).toEqual({ buying: 20n, selling: 10n });
    expect(liabilitiesOfBuying(price(1, 2), 10n)).toEqual({ buying: 10n, selling: 20n });
    expect(liabilitiesOfSelling(price(2, 1), INT64_MAX).buying).toBeLessThanOrEqual(INT64_MAX);
  });
});

const int32 = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const prices = fc.tuple(
  fc.oneof(int32, fc.integer({ min: 1, max: 50 })),
  fc.oneof(int32, fc.integer({ min: 1, max: 50 })),
);
const amount = fc.oneof(
  fc.bigInt({ min: 1n, max: 1000n }),
  fc.bigInt({ min: 1n, max: 10n ** 13n }),
  fc.bigInt({ min: 1n, max: INT64_MAX }),
  fc.constant(INT64_MAX),
);
const limits = fc.record({
  maxWheatSend: amount,
  maxWheatReceive: amount,
  maxSheepSend: amount,
  maxSheepReceive: amount,
});

describe('what always holds of an exchange', () => {
  it('stays within every limit', () => {
    const roundings = fc.constantFrom<Rounding>('normal', 'strict_receive');
    fc.assert(
      fc.property(prices, limits, roundings, ([n, d], bounds, rounding) => {
        const { wheatReceived, sheepSent } = exchangeWithoutErrorBounds(price(n, d), bounds, rounding);
        for (const max of [bounds.maxWheatSend, bounds.maxWheatReceive])
          expect(wheatReceived <= max).toBe(true);
        for (const max of [bounds.maxSheepSend, bounds.maxSheepReceive]) expect(sheepSent <= max).toBe(true);
        expect(wheatReceived >= 0n && sheepSent >= 0n).toBe(true);
      }),
    );
  });

  it('favours the offer that stays, and nobody by more than 1%', () => {
    fc.assert(
      fc.property(prices, limits, ([n, d], bounds) => {
        const p = price(n, d);
        const { wheatReceived, sheepSent, wheatStays } = exchange(p, bounds, 'normal');
        const paid = sheepSent * p.d;
        const asked = wheatReceived * p.n;
        expect(wheatStays ? paid >= asked : paid <= asked).toBe(true);
        expect(isPriceWithinBounds(p, wheatReceived, sheepSent, false)).toBe(true);
        expect(wheatReceived === 0n).toBe(sheepSent === 0n);
      }),
    );
  });

  it('sends exactly what a strict send has, as far as the book goes', () => {
    fc.assert(
      fc.property(prices, amount, amount, ([n, d], maxWheatSend, maxSheepSend) => {
        const p = price(n, d);
        const offer = adjustedAmount(p, maxWheatSend, INT64_MAX);
        fc.pre(offer > 0n);
        const bounds = { ...NO_LIMITS, maxWheatSend: offer, maxSheepSend };
        const { sheepSent, wheatStays } = exchange(p, bounds, 'strict_send');
        if (wheatStays) expect(sheepSent).toBe(maxSheepSend);
      }),
    );
  });

  it('adjusts an offer once and for all', () => {
    fc.assert(
      fc.property(prices, amount, amount, ([n, d], send, receive) => {
        const once = adjustedAmount(price(n, d), send, receive);
        expect(once <= send).toBe(true);
        expect(adjustedAmount(price(n, d), once, receive)).toBe(once);
      }),
    );
  });

  it('keeps the liabilities of an adjusted offer within what it was adjusted to', () => {
    fc.assert(
      fc.property(prices, amount, amount, ([n, d], send, receive) => {
        const p = price(n, d);
        const bound = liabilitiesOfSelling(p, adjustedAmount(p, send, receive));
        expect(bound.selling <= send && bound.buying <= receive).toBe(true);
      }),
    );
  });

  it('compares prices exactly', () => {
    fc.assert(
      fc.property(prices, prices, ([n, d], [m, e]) => {
        const a = price(n, d);
        const b = price(m, e);
        expect(comparePrices(a, b) + comparePrices(b, a)).toBe(0);
        expect(comparePrices(inverse(a), inverse(b)) + comparePrices(a, b)).toBe(0);
        expect(comparePrices(a, a)).toBe(0);
      }),
    );
  });
});
