import { Asset, type Keypair, Operation } from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import { codes, feeOf, key, root, TestNetwork } from './network.ts';

const pay = (count = 1) =>
  Array.from({ length: count }, () =>
    Operation.payment({ destination: root.publicKey(), asset: Asset.native(), amount: '0.1' }),
  );
const keys = (count: number): Keypair[] => Array.from({ length: count }, (_, i) => key(`bidder ${i}`));

describe('surge pricing', () => {
  it('picks the highest bids per operation; all pay the lowest that got in', () => {
    const net = new TestNetwork({ operationsPerLedger: 100, queue: { ledgersOfOperations: 5 } });
    const bidders = keys(12);
    net.fund('100', ...bidders);
    // Ten operations each: bids of 100 to 210 per operation.
    bidders.forEach((one, i) => {
      const answer = net.ledger.submit(net.envelope(one, pay(10), { fee: BigInt(1000 + 100 * i) }));
      expect(answer.status).toBe('pending');
    });
    const closed = net.close();
    expect(closed.txSetOperationCount).toBe(100);
    const paid = new Map(closed.transactions.map((one) => [one.feeAccount, one.feeCharged]));
    expect(paid.has(bidders[0]?.publicKey() ?? '')).toBe(false);
    expect(paid.has(bidders[1]?.publicKey() ?? '')).toBe(false);
    expect(new Set(paid.values())).toEqual(new Set([1200n]));
    expect(net.ledger.pending()).toHaveLength(2);
    expect(net.close().transactions).toHaveLength(2);
  });

  it('charges the base fee while there is room', () => {
    const net = new TestNetwork({ operationsPerLedger: 200 });
    const [one] = keys(1) as [Keypair];
    net.fund('100', one);
    net.ledger.submit(net.envelope(one, pay(3), { fee: 90_000n }));
    expect(net.close().transactions[0]?.feeCharged).toBe(300n);
  });

  it('lets a smaller transaction in where a larger does not fit', () => {
    const net = new TestNetwork({ operationsPerLedger: 5, queue: { ledgersOfOperations: 5 } });
    const [a, b, c] = keys(3) as [Keypair, Keypair, Keypair];
    net.fund('100', a, b, c);
    net.ledger.submit(net.envelope(a, pay(3), { fee: 3000n }));
    net.ledger.submit(net.envelope(b, pay(3), { fee: 2700n }));
    net.ledger.submit(net.envelope(c, pay(2), { fee: 400n }));
    const payers = net.close().transactions.map((one) => one.feeAccount);
    expect(payers.toSorted()).toEqual([a.publicKey(), c.publicKey()].toSorted());
  });

  it('counts a fee bump as one operation more', () => {
    const net = new TestNetwork({ operationsPerLedger: 3, queue: { ledgersOfOperations: 5 } });
    const [a, b] = keys(2) as [Keypair, Keypair];
    net.fund('100', a, b);
    net.ledger.submit(net.bump(b, net.transaction(a, pay(1)), 20_000n).toXDR());
    net.ledger.submit(net.envelope(b, pay(2)));
    expect(net.close().transactions).toHaveLength(1);
  });

  it('evicts the lowest bid from a full queue, and says what it takes to get in', () => {
    const net = new TestNetwork({ operationsPerLedger: 1, queue: { ledgersOfOperations: 2 } });
    const [a, b, c, d] = keys(4) as [Keypair, Keypair, Keypair, Keypair];
    net.fund('100', a, b, c, d);
    const cheapest = net.envelope(a, pay(), { fee: 200n });
    net.ledger.submit(cheapest);
    net.ledger.submit(net.envelope(b, pay(), { fee: 300n }));
    const low = net.ledger.submit(net.envelope(c, pay(), { fee: 200n }));
    expect(low.status === 'error' && [codes(low.resultXdr), feeOf(low.resultXdr)]).toEqual([
      'txInsufficientFee',
      201n,
    ]);
    expect(net.ledger.submit(net.envelope(d, pay(), { fee: 250n })).status).toBe('pending');
    expect(net.ledger.pending()).toHaveLength(2);
    expect(net.ledger.submit(cheapest).status).toBe('try_again_later');
  });
});
