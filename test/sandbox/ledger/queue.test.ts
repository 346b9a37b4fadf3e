import { Asset, type Keypair, Operation } from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import type { NetworkSettings } from '../../../src/sandbox/ledger/types.ts';
import { codes, feeOf, key, root, TestNetwork } from './network.ts';

const alice = key('alice');
const bob = key('bob');
const pay = (to: Keypair = root, amount = '1') =>
  Operation.payment({ destination: to.publicKey(), asset: Asset.native(), amount });

function network(over: Partial<NetworkSettings> = {}): TestNetwork {
  const made = new TestNetwork(over);
  made.fund('100', alice, bob);
  return made;
}

describe('the queue, one transaction per source', () => {
  it('takes one, calls the same a duplicate and puts off the next', () => {
    const net = network();
    const first = net.transaction(alice, [pay()]);
    const hash = first.hash().toString('hex');
    expect(net.ledger.submit(first.toXDR())).toEqual({ status: 'pending', hash });
    expect(net.ledger.submit(first.toXDR())).toEqual({ status: 'duplicate', hash });
    expect(net.ledger.submit(net.envelope(alice, [pay()], { ahead: 1n })).status).toBe('try_again_later');
    expect(net.ledger.submit(net.envelope(bob, [pay()])).status).toBe('pending');
    expect(net.ledger.pending()).toContain(hash);
    expect(net.close().successfulCount).toBe(2);
    expect(net.ledger.pending()).toEqual([]);
  });

  it('refuses a number below the one that waits as a bad sequence', () => {
    const net = network();
    const stale = net.envelope(alice, [pay()], { ahead: -1n });
    expect(net.ledger.submit(net.envelope(alice, [pay()])).status).toBe('pending');
    const answer = net.ledger.submit(stale);
    expect(answer.status === 'error' && codes(answer.resultXdr)).toBe('txBadSeq');
  });

  it('replaces by a fee bump of ten times the fee per operation, and names the fee that would do', () => {
    const net = network();
    const waiting = net.transaction(alice, [pay()]);
    net.ledger.submit(waiting.toXDR());
    const cheap = net.ledger.submit(net.bump(bob, waiting, 1998n).toXDR());
    expect(cheap.status === 'error' && [codes(cheap.resultXdr), feeOf(cheap.resultXdr)]).toEqual([
      'txInsufficientFee',
      2000n,
    ]);
    const bump = net.bump(bob, waiting, 2000n);
    expect(net.ledger.submit(bump.toXDR()).status).toBe('pending');
    expect(net.ledger.pending()).toEqual([bump.hash().toString('hex')]);
    expect(net.ledger.submit(waiting.toXDR()).status).toBe('duplicate');
    const [applied] = net.close().transactions;
    expect(applied?.innerHash).toBe(waiting.hash().toString('hex'));
    expect(applied?.feeAccount).toBe(bob.publicKey());
    expect(applied?.feeCharged).toBe(200n);
  });

  it('takes another multiplier', () => {
    const net = network({ queue: { replaceFeeMultiplier: 2 } });
    const waiting = net.transaction(alice, [pay()]);
    net.ledger.submit(waiting.toXDR());
    expect(net.ledger.submit(net.bump(bob, waiting, 400n).toXDR()).status).toBe('pending');
  });

  it('does not let the fees of all that waits exceed what the payer has', () => {
    const net = network();
    const poor = key('poor');
    net.fund('1.0001', poor);
    const first = net.transaction(alice, [pay()]);
    const second = net.transaction(bob, [pay()]);
    expect(net.ledger.submit(net.bump(poor, first, 800n).toXDR()).status).toBe('pending');
    const answer = net.ledger.submit(net.bump(poor, second, 800n).toXDR());
    expect(answer.status === 'error' && codes(answer.resultXdr)).toBe('txInsufficientBalance');
  });

  it('checks without queueing', () => {
    const net = network();
    const envelope = net.envelope(alice, [pay()]);
    expect(net.ledger.check(envelope).status).toBe('pending');
    expect(net.ledger.pending()).toEqual([]);
    expect(net.ledger.submit(envelope).status).toBe('pending');
  });

  it.each(['', 'AAAA', '!!!!', 'not base64', `${'A'.repeat(10)}`])('says malformed to %j', (text) => {
    expect(new TestNetwork().ledger.submit(text)).toEqual({ status: 'malformed' });
  });
});

describe('the queue in sequence, as core 19', () => {
  const several = { queue: { pendingPerAccount: Infinity } };

  it('applies several consecutive numbers of one source in one ledger, in order', () => {
    const net = network(several);
    for (const ahead of [0n, 1n, 2n]) {
      expect(net.ledger.submit(net.envelope(alice, [pay()], { ahead })).status).toBe('pending');
    }
    const gap = net.ledger.submit(net.envelope(alice, [pay()], { ahead: 5n }));
    expect(gap.status === 'error' && codes(gap.resultXdr)).toBe('txBadSeq');
    const before = net.account(alice).sequence;
    expect(net.close().successfulCount).toBe(3);
    expect(net.account(alice).sequence).toBe(before + 3n);
  });

  it('replaces one in the middle and keeps the others', () => {
    const net = network(several);
    const all = [0n, 1n, 2n].map((ahead) => net.transaction(alice, [pay()], { ahead }));
    for (const one of all) net.ledger.submit(one.toXDR());
    const middle = all[1] as (typeof all)[number];
    expect(net.ledger.submit(net.bump(bob, middle, 2000n).toXDR()).status).toBe('pending');
    const closed = net.close();
    expect(closed.successfulCount).toBe(3);
    expect(closed.transactions.filter((one) => one.innerHash !== undefined)).toHaveLength(1);
  });

  it('keeps to a bound', () => {
    const net = network({ queue: { pendingPerAccount: 2 } });
    const answers = [0n, 1n, 2n].map(
      (ahead) => net.ledger.submit(net.envelope(alice, [pay()], { ahead })).status,
    );
    expect(answers).toEqual(['pending', 'pending', 'try_again_later']);
  });
});

describe('waiting too long', () => {
  /** Room for one: alice outbids bob in every ledger. */
  function outbid(over: NetworkSettings['queue'] = {}) {
    const net = network({ operationsPerLedger: 1, queue: { ledgersOfOperations: 10, ...over } });
    const envelope = net.envelope(bob, [pay()]);
    const hash = net.ledger.submit(envelope);
    const next = () => {
      net.ledger.submit(net.envelope(alice, [pay()], { fee: 500n }));
      return net.close();
    };
    return { net, envelope, hash, next };
  }

  it('drops after 4 ledgers and bans for 10', () => {
    const { net, envelope, next } = outbid();
    for (let ledger = 0; ledger < 3; ledger++) {
      next();
      expect(net.ledger.pending()).toHaveLength(1);
    }
    next();
    expect(net.ledger.pending()).toEqual([]);
    for (let ledger = 0; ledger < 10; ledger++) {
      expect(net.ledger.submit(envelope).status).toBe('try_again_later');
      net.close([]);
    }
    expect(net.ledger.submit(envelope).status).toBe('pending');
    expect(net.account(bob).balance).toBe(1_000_000_000n);
  });

  it('takes other numbers', () => {
    const { net, envelope, next } = outbid({ pendingLedgers: 1, banLedgers: 2 });
    next();
    expect(net.ledger.pending()).toEqual([]);
    expect(net.ledger.submit(envelope).status).toBe('try_again_later');
    net.close([]);
    net.close([]);
    expect(net.ledger.submit(envelope).status).toBe('pending');
  });

  it('drops and bans what another transaction made invalid', () => {
    const net = network();
    const envelope = net.envelope(alice, [pay()]);
    net.ledger.submit(envelope);
    net.close([net.envelope(alice, [pay(bob)])]);
    expect(net.ledger.pending()).toEqual([]);
    expect(net.ledger.check(envelope).status).toBe('error');
    const expiring = net.envelope(bob, [pay()], { maxTime: 1_000_010 });
    expect(net.ledger.submit(expiring).status).toBe('pending');
    net.ledger.close({ closeTime: 1_000_011 });
    expect(net.ledger.pending()).toEqual([]);
    expect(net.ledger.submit(expiring).status).toBe('try_again_later');
  });
});
