import { xdr } from '@stellar/stellar-sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liabilitiesOfSelling } from '../../../../src/sandbox/ledger/exchange/arithmetic.ts';
import {
  createPassiveSellOffer,
  pathPaymentStrictReceive,
  pathPaymentStrictSend,
  removeOffersOf,
} from '../../../../src/sandbox/ledger/exchange/index.ts';
import { priceOf } from '../../../../src/sandbox/ledger/exchange/offers.ts';
import { assetXdr, decodeKey, NATIVE } from '../../../../src/sandbox/ledger/keys.ts';
import { exchangeState } from '../../../../src/sandbox/ledger/sponsorship.ts';
import type { LedgerState } from '../../../../src/sandbox/ledger/state.ts';
import type { AssetString } from '../../../../src/sandbox/ledger/types.ts';
import {
  account,
  assets,
  BASE_RESERVE,
  buy,
  codeOf,
  EUR,
  inTransaction,
  issuer,
  market,
  type OfferWish,
  sell,
  traders,
  USD,
} from './book.ts';

const [anna, bert, carl] = traders;
const int64 = (value: bigint): xdr.Int64 => xdr.Int64.fromString(value.toString());
const muxed = (id: string): xdr.MuxedAccount => xdr.MuxedAccount.keyTypeEd25519(decodeKey('account', id));

function send(
  state: LedgerState,
  from: string,
  to: string,
  amount: bigint,
  min: bigint,
  path: AssetString[],
) {
  const [sendAsset = '', ...rest] = path;
  const op = new xdr.PathPaymentStrictSendOp({
    sendAsset: assetXdr(sendAsset),
    sendAmount: int64(amount),
    destination: muxed(to),
    destAsset: assetXdr(rest.at(-1) ?? sendAsset),
    destMin: int64(min),
    path: rest.slice(0, -1).map(assetXdr),
  });
  return inTransaction(state, () => pathPaymentStrictSend(exchangeState(state), from, op));
}

function receive(
  state: LedgerState,
  from: string,
  to: string,
  amount: bigint,
  max: bigint,
  path: AssetString[],
) {
  const [sendAsset = '', ...rest] = path;
  const op = new xdr.PathPaymentStrictReceiveOp({
    sendAsset: assetXdr(sendAsset),
    sendMax: int64(max),
    destination: muxed(to),
    destAsset: assetXdr(rest.at(-1) ?? sendAsset),
    destAmount: int64(amount),
    path: rest.slice(0, -1).map(assetXdr),
  });
  return inTransaction(state, () => pathPaymentStrictReceive(exchangeState(state), from, op));
}

const dollars = (state: LedgerState, id: string) => state.trustline(id, USD)?.balance;
const euros = (state: LedgerState, id: string) => state.trustline(id, EUR)?.balance;
const offer = (selling: AssetString, buying: AssetString, amount: bigint, n = 1, d = 1): OfferWish => ({
  selling,
  buying,
  amount,
  n,
  d,
});

describe('offers', () => {
  it('binds what an offer promises and frees it when the offer goes', () => {
    const state = market();
    expect(codeOf(sell(state, anna, offer(USD, EUR, 1000n, 3, 2)))).toBe('manageSellOfferSuccess');
    expect(state.trustline(anna, USD)?.liabilities).toEqual({ buying: 0n, selling: 1000n });
    expect(state.trustline(anna, EUR)?.liabilities).toEqual({ buying: 1500n, selling: 0n });
    expect(state.account(anna)?.subEntries).toBe(3);
    expect(sell(state, anna, { ...offer(USD, EUR, 0n), id: 1n }).ok).toBe(true);
    expect(state.trustline(anna, EUR)?.liabilities.buying).toBe(0n);
    expect(state.account(anna)?.subEntries).toBe(2);
    expect(state.offersOf(anna)).toEqual([]);
  });

  it('takes the best price first, then the older offer, and the maker gets its own price', () => {
    const state = market();
    sell(state, anna, offer(USD, EUR, 100n, 2, 1));
    sell(state, bert, offer(USD, EUR, 100n, 1, 1));
    sell(state, anna, offer(USD, EUR, 100n, 1, 1));
    const outcome = sell(state, carl, offer(EUR, USD, 150n, 1, 2));
    const offersClaimed = outcome.result.tr().manageSellOfferResult().success().offersClaimed();
    expect(offersClaimed.map((claim) => claim.orderBook().offerId().toString())).toEqual(['2', '3']);
    expect([dollars(state, carl), euros(state, carl)]).toEqual([10_150n, 9850n]);
    expect([dollars(state, bert), euros(state, bert)]).toEqual([9900n, 10_100n]);
    expect(state.offersOf(anna).map(({ id, amount }) => [id, amount])).toEqual([
      [1n, 100n],
      [3n, 50n],
    ]);
  });

  it('leaves the rest of an offer in the book, with an id only then', () => {
    const state = market();
    sell(state, anna, offer(USD, EUR, 100n));
    expect(sell(state, bert, offer(EUR, USD, 100n)).ok).toBe(true);
    expect(state.header.idPool).toBe(1n);
    sell(state, bert, offer(EUR, USD, 100n));
    expect(state.offersOf(bert).map(({ id }) => id)).toEqual([2n]);
  });

  it('buys exactly what a buy offer asks for', () => {
    const state = market();
    sell(state, anna, offer(USD, EUR, 1000n, 5, 4));
    const outcome = buy(state, bert, offer(EUR, USD, 400n, 5, 4));
    expect(codeOf(outcome)).toBe('manageBuyOfferSuccess');
    expect([dollars(state, bert), euros(state, bert)]).toEqual([10_400n, 9500n]);
  });

  it('does not cross a passive offer at the same price, and answers as a sell offer', () => {
    const state = market();
    sell(state, anna, offer(USD, EUR, 100n));
    const op = new xdr.CreatePassiveSellOfferOp({
      selling: assetXdr(EUR),
      buying: assetXdr(USD),
      amount: int64(100n),
      price: new xdr.Price({ n: 1, d: 1 }),
    });
    const outcome = inTransaction(state, () => createPassiveSellOffer(exchangeState(state), bert, op));
    expect(codeOf(outcome)).toBe('manageSellOfferSuccess');
    expect(state.offersOf(bert)).toMatchObject([{ flags: 1, amount: 100n }]);
    // A change of a passive offer keeps it passive.
    expect(sell(state, bert, { ...offer(EUR, USD, 50n), id: 2n }).ok).toBe(true);
    expect(state.offersOf(bert)).toMatchObject([{ flags: 1, amount: 50n }]);
  });

  it('can turn an offer around', () => {
    const state = market();
    sell(state, anna, offer(USD, EUR, 100n));
    expect(sell(state, anna, { ...offer(EUR, USD, 70n), id: 1n }).ok).toBe(true);
    expect(state.offersOf(anna)).toMatchObject([{ id: 1n, selling: EUR, buying: USD, amount: 70n }]);
    expect(state.trustline(anna, USD)?.liabilities).toEqual({ buying: 70n, selling: 0n });
  });

  it('refuses for the same reasons as the core', () => {
    const state = market();
    const nothing = { ...offer(USD, EUR, 10n), id: 99n };
    expect(codeOf(sell(state, anna, nothing))).toBe('manageSellOfferNotFound');
    expect(codeOf(sell(state, carl, offer(`GBP:${issuer}`, EUR, 10n)))).toBe('manageSellOfferSellNoTrust');
    expect(codeOf(sell(state, carl, offer(EUR, `GBP:${issuer}`, 10n)))).toBe('manageSellOfferBuyNoTrust');
    expect(codeOf(sell(state, anna, offer(USD, EUR, 10_001n)))).toBe('manageSellOfferUnderfunded');
    expect(codeOf(sell(state, anna, offer(USD, EUR, 10_000n, 10, 1)))).toBe('manageSellOfferLineFull');
    sell(state, anna, offer(USD, EUR, 10n));
    expect(codeOf(sell(state, anna, offer(EUR, USD, 10n)))).toBe('manageSellOfferCrossSelf');
    const poor = state.account(bert);
    if (poor) state.put({ ...poor, balance: 4n * BASE_RESERVE });
    expect(codeOf(sell(state, bert, offer(USD, EUR, 10n)))).toBe('manageSellOfferLowReserve');
    expect(codeOf(buy(state, bert, offer(USD, EUR, 10n)))).toBe('manageBuyOfferLowReserve');
  });

  it('lets an issuer sell its own asset without end', () => {
    const state = market();
    expect(sell(state, issuer, offer(USD, EUR, 10n ** 15n)).ok).toBe(true);
    expect(sell(state, anna, offer(EUR, USD, 500n)).ok).toBe(true);
    expect([dollars(state, anna), euros(state, anna)]).toEqual([10_500n, 9500n]);
  });

  it('rounds at the price of the older offer, as the core does', () => {
    const bid = offer(NATIVE, EUR, 8_224_563_625n, 500, 2061);
    const ask = offer(EUR, NATIVE, 2_000_000_000n, 2551, 625);
    const bidFirst = market(10n ** 12n, 10n ** 13n);
    sell(bidFirst, anna, bid);
    sell(bidFirst, bert, ask);
    expect(bidFirst.offersOf(anna)).toEqual([]);
    expect(bidFirst.offersOf(bert)).toMatchObject([{ amount: 4_715_278n }]);
    const askFirst = market(10n ** 12n, 10n ** 13n);
    sell(askFirst, bert, ask);
    sell(askFirst, anna, bid);
    expect(askFirst.offersOf(bert)).toEqual([]);
    expect(askFirst.offersOf(anna)).toMatchObject([{ amount: 61_363_625n }]);
  });

  it('keeps no offer that could only be taken at a price too far off', () => {
    const state = market();
    const outcome = sell(state, anna, offer(USD, EUR, 27n, 3, 2));
    const effect = outcome.result.tr().manageSellOfferResult().success().offer();
    expect(effect.switch().name).toBe('manageOfferDeleted');
    expect(state.account(anna)?.subEntries).toBe(2);
    expect(state.header.idPool).toBe(0n);
  });

  it('counts the own offer as free when it changes, and no more than that', () => {
    const state = market();
    sell(state, anna, offer(USD, EUR, 10_000n));
    expect(sell(state, anna, { ...offer(USD, EUR, 9_999n), id: 1n }).ok).toBe(true);
    const more = { ...offer(USD, EUR, 10_001n), id: 1n };
    expect(codeOf(sell(state, anna, more))).toBe('manageSellOfferUnderfunded');
    expect(state.offersOf(anna)).toMatchObject([{ amount: 9_999n }]);
  });

  it('lets the sponsor of an offer go when the offer is taken', () => {
    const state = market();
    state.beginSponsoring(anna, carl);
    sell(state, anna, offer(USD, EUR, 100n));
    state.endSponsoring(anna);
    expect(state.offersOf(anna)).toMatchObject([{ sponsor: carl }]);
    expect([state.account(anna)?.sponsored, state.account(carl)?.sponsoring]).toEqual([1, 1]);
    sell(state, bert, offer(EUR, USD, 100n));
    expect([state.account(anna)?.sponsored, state.account(carl)?.sponsoring]).toEqual([0, 0]);
    expect(state.account(anna)?.subEntries).toBe(2);
  });

  it('crosses a thousand offers and no more', () => {
    const state = market();
    state.put({ ...account(issuer, 10n ** 11n), subEntries: 1001 });
    for (let id = 1n; id <= 1001n; id++) {
      const entry = { id, seller: issuer, selling: USD, buying: EUR, amount: 1n, priceN: 1, priceD: 1 };
      state.put({ kind: 'offer', flags: 0, lastModified: 1, ...entry });
    }
    expect(codeOf(sell(state, anna, offer(EUR, USD, 1001n)))).toBe('opExceededWorkLimit');
    expect(codeOf(send(state, anna, bert, 1001n, 1n, [EUR, USD]))).toBe('opExceededWorkLimit');
    expect(sell(state, anna, offer(EUR, USD, 1000n)).ok).toBe(true);
    expect(dollars(state, anna)).toBe(11_000n);
  });

  it('pulls the offers of an account that loses its authorization', () => {
    const state = market();
    sell(state, anna, offer(USD, EUR, 10n));
    sell(state, anna, offer(NATIVE, USD, 10n));
    sell(state, anna, offer(NATIVE, EUR, 10n));
    removeOffersOf(exchangeState(state), anna, USD);
    expect(state.offersOf(anna)).toMatchObject([{ selling: NATIVE, buying: EUR }]);
    expect(state.account(anna)?.subEntries).toBe(3);
    expect(state.trustline(anna, USD)?.liabilities).toEqual({ buying: 0n, selling: 0n });
  });
});

describe('path payments', () => {
  it('sends exactly, through two books', () => {
    const state = market();
    sell(state, anna, offer(NATIVE, USD, 1000n, 1, 1));
    sell(state, anna, offer(EUR, NATIVE, 1000n, 2, 1));
    const outcome = send(state, bert, carl, 100n, 50n, [USD, NATIVE, EUR]);
    const success = outcome.result.tr().pathPaymentStrictSendResult().success();
    expect(success.offers().map((claim) => claim.orderBook().amountSold().toString())).toEqual(['100', '50']);
    expect(success.last().amount().toString()).toBe('50');
    expect([dollars(state, bert), euros(state, carl)]).toEqual([9900n, 10_050n]);
    expect(codeOf(send(state, bert, carl, 100n, 51n, [USD, NATIVE, EUR]))).toBe(
      'pathPaymentStrictSendUnderDestmin',
    );
  });

  it('receives exactly, and claims are listed from the sender on', () => {
    const state = market();
    sell(state, anna, offer(NATIVE, USD, 1000n, 1, 1));
    sell(state, anna, offer(EUR, NATIVE, 1000n, 2, 1));
    const outcome = receive(state, bert, carl, 50n, 100n, [USD, NATIVE, EUR]);
    const success = outcome.result.tr().pathPaymentStrictReceiveResult().success();
    expect(success.offers().map((claim) => claim.orderBook().offerId().toString())).toEqual(['1', '2']);
    expect([dollars(state, bert), euros(state, carl)]).toEqual([9900n, 10_050n]);
    const over = receive(state, bert, carl, 50n, 99n, [USD, NATIVE, EUR]);
    expect(codeOf(over)).toBe('pathPaymentStrictReceiveOverSendmax');
  });

  it('stops at an empty book and at the own offer, and changes nothing', () => {
    const state = market();
    sell(state, bert, offer(EUR, USD, 10n));
    expect(codeOf(send(state, anna, carl, 11n, 1n, [USD, EUR]))).toBe('pathPaymentStrictSendTooFewOffers');
    expect(codeOf(receive(state, anna, carl, 11n, 99n, [USD, EUR]))).toBe(
      'pathPaymentStrictReceiveTooFewOffers',
    );
    expect(codeOf(send(state, bert, carl, 5n, 1n, [USD, EUR]))).toBe('pathPaymentStrictSendOfferCrossSelf');
    expect([dollars(state, anna), euros(state, carl)]).toEqual([10_000n, 10_000n]);
    expect(state.offersOf(bert)).toMatchObject([{ amount: 10n }]);
  });

  it('gives an asset back to an issuer that is gone, and to nobody else', () => {
    const state = market();
    const gone = state.account(issuer);
    if (gone) state.remove(gone);
    expect(send(state, anna, issuer, 5n, 1n, [USD]).ok).toBe(true);
    expect(codeOf(send(state, anna, issuer, 5n, 1n, [EUR, USD]))).toBe('pathPaymentStrictSendNoDestination');
  });
});

const wish = fc.record({
  trader: fc.constantFrom(...traders),
  pair: fc.constantFrom(...assets.flatMap((a) => assets.filter((b) => b !== a).map((b) => [a, b] as const))),
  kind: fc.constantFrom('sell', 'buy', 'send', 'receive', 'change'),
  amount: fc.bigInt({ min: 1n, max: 3000n }),
  n: fc.integer({ min: 1, max: 12 }),
  d: fc.integer({ min: 1, max: 12 }),
});

type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never;

function act(state: LedgerState, { trader, pair: [selling, buying], kind, amount, n, d }: Wish): void {
  const other = trader === anna ? bert : anna;
  if (kind === 'send') send(state, trader, other, amount, 1n, [selling, buying]);
  else if (kind === 'receive') receive(state, trader, other, amount, 10_000n, [selling, buying]);
  else if (kind === 'buy') buy(state, trader, { selling, buying, amount, n, d });
  else {
    const id = kind === 'change' ? state.offersOf(trader)[0]?.id : undefined;
    sell(state, trader, { selling, buying, amount, n, d, ...(id ? { id } : {}) });
  }
}

function total(state: LedgerState, asset: AssetString): bigint {
  const balances = traders.map((id) =>
    asset === NATIVE ? state.account(id)?.balance : state.trustline(id, asset)?.balance,
  );
  return balances.reduce<bigint>((sum, balance) => sum + (balance ?? 0n), 0n);
}

/** What the offers of an account bind of an asset, counted anew. */
function bound(state: LedgerState, id: string, asset: AssetString) {
  const sum = { buying: 0n, selling: 0n };
  for (const entry of state.offersOf(id)) {
    const { buying, selling } = liabilitiesOfSelling(priceOf(entry), entry.amount);
    if (entry.buying === asset) sum.buying += buying;
    if (entry.selling === asset) sum.selling += selling;
  }
  return sum;
}

describe('what always holds of the book', () => {
  it('creates and destroys no value, binds just what its offers promise, and never stays crossed', () => {
    fc.assert(
      fc.property(fc.array(wish, { minLength: 1, maxLength: 30 }), (wishes) => {
        const state = market();
        const before = assets.map((asset) => total(state, asset));
        for (const one of wishes) act(state, one);
        expect(assets.map((asset) => total(state, asset))).toEqual(before);
        for (const id of traders) {
          expect(state.account(id)?.subEntries).toBe(2 + state.offersOf(id).length);
          expect(state.account(id)?.liabilities).toEqual(bound(state, id, NATIVE));
          for (const asset of [USD, EUR]) {
            const held = state.trustline(id, asset);
            expect(held?.liabilities).toEqual(bound(state, id, asset));
            expect(held && held.balance >= held.liabilities.selling).toBe(true);
            expect(held && held.balance + held.liabilities.buying <= held.limit).toBe(true);
          }
        }
        expectNotCrossed(state);
      }),
      { numRuns: 200 },
    );
  });
});

/** Two offers of different accounts that face each other: the product of their prices is at least one. */
function expectNotCrossed(state: LedgerState): void {
  for (const a of assets) {
    for (const b of assets) {
      const best = state.book(a, b)[0];
      const facing = state.book(b, a).find((other) => other.seller !== best?.seller);
      if (!best || !facing) continue;
      const product = BigInt(best.priceN) * BigInt(facing.priceN);
      expect(product >= BigInt(best.priceD) * BigInt(facing.priceD)).toBe(true);
    }
  }
}
