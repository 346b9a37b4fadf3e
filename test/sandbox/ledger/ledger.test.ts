import { createHash } from 'node:crypto';
import { Asset, Claimant, LiquidityPoolAsset, Operation, xdr } from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import { AnchorError } from '../../../src/kernel/errors.ts';
import { createLedger } from '../../../src/sandbox/ledger/index.ts';
import { codes, key, root, settings, TestNetwork, totalLumens, XLM } from './network.ts';

const alice = key('alice');
const bob = key('bob');
const carol = key('carol');
const pay = (amount = '1') =>
  Operation.payment({ destination: root.publicKey(), asset: Asset.native(), amount });
const plain = (value: unknown): string =>
  JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? `${member}n` : member));

function errorCode(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return AnchorError.is(error) ? error.code : String(error);
  }
  return 'nothing thrown';
}

function network(): TestNetwork {
  const net = new TestNetwork();
  net.fund('100', alice, bob);
  return net;
}

describe('the first ledger', () => {
  it('gives the root all lumens', () => {
    const ledger = createLedger(settings());
    expect(ledger.header.sequence).toBe(1);
    expect(ledger.account(root.publicKey())?.balance).toBe(100_000_000_000n * XLM);
    expect(ledger.account(root.publicKey())?.sequence).toBe(0n);
  });

  it('starts where a reset says', () => {
    const ledger = createLedger(settings());
    ledger.reset({
      root: { sequence: 7n, balance: 5n * XLM },
      idPool: 3n,
      ledger: { sequence: 900, closeTime: 1234 },
    });
    expect(ledger.header).toMatchObject({ sequence: 900, closeTime: 1234, idPool: 3n });
    expect(ledger.account(root.publicKey())).toMatchObject({ sequence: 7n, balance: 5n * XLM });
    expect([...ledger.entries()]).toHaveLength(1);
  });

  it('numbers a new account from its ledger', () => {
    const net = network();
    expect(net.account(alice).sequence).toBe(BigInt(net.ledger.header.sequence) << 32n);
  });
});

describe('closing', () => {
  it('writes headers that name each other and hash to their own hash', () => {
    const net = network();
    const before = net.ledger.header;
    const { header } = net.close([net.envelope(alice, [pay()])]);
    expect(header.previousHash).toBe(before.hash);
    const bytes = Buffer.from(header.headerXdr, 'base64');
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(header.hash);
    const read = xdr.LedgerHeader.fromXDR(bytes);
    expect(read.ledgerSeq()).toBe(header.sequence);
    expect(read.feePool().toBigInt()).toBe(header.feePool);
    expect(header.feePool).toBe(before.feePool + 100n);
  });

  it('takes ledger numbers and close times only forwards', () => {
    const net = network();
    const { sequence, closeTime } = net.ledger.header;
    expect(errorCode(() => net.ledger.close({ sequence, closeTime }))).toBe('SANDBOX_LEDGER_ORDER');
    expect(errorCode(() => net.ledger.close({ closeTime: closeTime - 1 }))).toBe('SANDBOX_LEDGER_ORDER');
    expect(errorCode(() => net.ledger.close({ closeTime: Number.NaN }))).toBe('SANDBOX_LEDGER_ORDER');
    expect(net.ledger.close({ sequence: sequence + 10, closeTime }).header.sequence).toBe(sequence + 10);
  });

  it('changes nothing where it cannot close: bad envelope, nobody to pay the fee', () => {
    const net = network();
    const orphan = new TestNetwork();
    orphan.fund('100', carol);
    const stranger = orphan.envelope(carol, [pay()]);
    const before = plain(net.ledger.snapshot());
    const closeTime = net.ledger.header.closeTime + 1;
    const good = net.envelope(alice, [pay()]);
    const bad = (transactions: string[]) => errorCode(() => net.ledger.close({ closeTime, transactions }));
    expect(bad([good, 'AAAA'])).toBe('SANDBOX_ENVELOPE_INVALID');
    expect(bad([good, stranger])).toBe('SANDBOX_FEE_SOURCE_MISSING');
    expect(plain(net.ledger.snapshot())).toBe(before);
    expect(net.close([good]).successfulCount).toBe(1);
  });

  it('charges all fees before the first transaction applies', () => {
    const net = network();
    const all = net.envelope(alice, [pay('98.9999800')]);
    const merge = Operation.accountMerge({ destination: root.publicKey() });
    const second = net.envelope(alice, [merge], { ahead: 1n });
    const [first] = net.close([all, second]).transactions;
    expect(codes(first?.resultXdr ?? '')).toBe('txSuccess paymentSuccess');
    expect(net.ledger.account(alice.publicKey())).toBeUndefined();
  });

  it('encodes metas that read back', () => {
    const net = network();
    const [applied] = net.close([net.envelope(alice, [pay()])]).transactions;
    const meta = xdr.TransactionMeta.fromXDR(applied?.resultMetaXdr ?? '', 'base64');
    expect(meta.v2().operations()).toHaveLength(1);
    const fee = Buffer.from(applied?.feeMetaXdr ?? '', 'base64');
    expect(fee.readUInt32BE(0)).toBe(2);
    expect({ ...applied }.resultMetaXdr).toBe(applied?.resultMetaXdr);
  });
});

describe('a failed transaction', () => {
  it('evaluates every operation, keeps nothing of them, and costs fee and number', () => {
    const net = network();
    const before = net.account(alice);
    const other = plain(net.account(root));
    const create = Operation.createAccount({ destination: carol.publicKey(), startingBalance: '10' });
    const data = Operation.manageData({ name: 'a', value: 'b' });
    const missing = Operation.manageData({ name: 'x', value: null });
    const answer = net.apply(alice, [create, data, pay(), missing, pay('1000')]);
    expect(answer).toBe(
      'txFailed createAccountSuccess,manageDataSuccess,paymentSuccess,manageDataNameNotFound,paymentUnderfunded',
    );
    expect(net.ledger.account(carol.publicKey())).toBeUndefined();
    expect(net.ledger.dataOf(alice.publicKey())).toEqual([]);
    expect(plain(net.account(root))).toBe(other);
    expect(net.account(alice)).toMatchObject({
      balance: before.balance - 500n,
      sequence: before.sequence + 1n,
      subEntries: 0,
    });
  });

  it('gives back the ids it took', () => {
    const net = network();
    const asset = new Asset('USD', bob.publicKey());
    net.apply(alice, [Operation.changeTrust({ asset })]);
    const offer = { selling: Asset.native(), buying: asset, amount: '1', price: '1' };
    const { idPool } = net.ledger.header;
    const failing = [Operation.manageSellOffer(offer), pay('1000')];
    expect(net.apply(alice, failing)).toContain('txFailed');
    expect(net.ledger.header.idPool).toBe(idPool);
    expect(net.ledger.offersOf(alice.publicKey())).toEqual([]);
    expect(net.apply(alice, [Operation.manageSellOffer(offer)])).toContain('txSuccess');
    expect(net.ledger.offersOf(alice.publicKey())[0]?.id).toBe(idPool + 1n);
  });
});

describe('a snapshot', () => {
  it('goes through JSON and goes on as if nothing had been', () => {
    const net = network();
    const asset = new Asset('USD', bob.publicKey());
    const claimants = [new Claimant(carol.publicKey(), Claimant.predicateUnconditional())];
    net.apply(alice, [
      Operation.changeTrust({ asset }),
      Operation.manageData({ name: 'bytes', value: Buffer.from([0, 255, 1]) }),
      Operation.manageSellOffer({ selling: Asset.native(), buying: asset, amount: '1', price: '2' }),
      Operation.createClaimableBalance({ asset: Asset.native(), amount: '1', claimants }),
    ]);
    net.ledger.submit(net.envelope(bob, [pay()]));
    const saved: unknown = JSON.parse(JSON.stringify(net.ledger.snapshot()));
    const other = createLedger(settings());
    other.restore(saved);
    expect(plain([...other.entries()])).toBe(plain([...net.ledger.entries()]));
    expect(other.pending()).toEqual(net.ledger.pending());
    const closeTime = net.ledger.header.closeTime + 1;
    expect(plain(other.close({ closeTime }))).toBe(plain(net.ledger.close({ closeTime })));
    expect(other.header.hash).toBe(net.ledger.header.hash);
  });

  it('is refused where it is none, and nothing changes', () => {
    const net = network();
    const before = net.ledger.header.hash;
    for (const bad of [null, 7, 'x', {}, { format: 99 }]) {
      expect(errorCode(() => net.ledger.restore(bad))).toBe('SANDBOX_SNAPSHOT_INVALID');
    }
    expect(net.ledger.header.hash).toBe(before);
  });
});

describe('determinism', () => {
  it('gives the same bytes for the same calls', () => {
    const run = () => {
      const net = new TestNetwork({ operationsPerLedger: 3, queue: { ledgersOfOperations: 5 } });
      net.fund('100', alice, bob, carol);
      for (const one of [alice, bob, carol]) net.ledger.submit(net.envelope(one, [pay(), pay()]));
      const closed = [net.close(), net.close(), net.close()];
      return plain([closed, net.ledger.snapshot()]);
    };
    expect(run()).toBe(run());
  });
});

describe('limits', () => {
  it('stops at 1,000 sub entries', () => {
    const net = network();
    net.fund('1000', carol);
    const names = Array.from({ length: 1000 }, (_, i) => `entry ${i}`);
    for (let at = 0; at < names.length; at += 100) {
      const some = names.slice(at, at + 100).map((name) => Operation.manageData({ name, value: '1' }));
      expect(net.apply(carol, some).startsWith('txSuccess')).toBe(true);
    }
    const more = Operation.manageData({ name: 'one more', value: '1' });
    expect(net.apply(carol, [more])).toBe('txFailed opTooManySubentries');
  });

  it('never overfills a native balance', () => {
    const net = network();
    // Bob promises to buy as many lumens as can be; then nothing more fits.
    const asset = new Asset('USD', bob.publicKey());
    const room = 2n ** 63n - 1n - net.account(bob).balance;
    const amount = `${room / XLM}.${(room % XLM).toString().padStart(7, '0')}`;
    const offer = { selling: asset, buying: Asset.native(), buyAmount: amount, price: '0.0000001' };
    expect(net.apply(bob, [Operation.manageBuyOffer(offer)])).toBe('txSuccess manageBuyOfferSuccess');
    const toBob = Operation.payment({ destination: bob.publicKey(), asset: Asset.native(), amount: '1' });
    expect(net.apply(alice, [toBob])).toBe('txFailed paymentLineFull');
    const merge = Operation.accountMerge({ destination: bob.publicKey() });
    expect(net.apply(alice, [merge])).toBe('txFailed accountMergeDestFull');
  });

  it('refuses pools and contracts with an answer', () => {
    const net = network();
    const pool = Operation.liquidityPoolWithdraw({
      liquidityPoolId: '00'.repeat(32),
      amount: '1',
      minAmountA: '0',
      minAmountB: '0',
    });
    expect(net.apply(alice, [pool])).toBe('txFailed opNotSupported');
    const answer = net.ledger.check(net.envelope(alice, [pool]));
    expect(answer.status === 'error' && codes(answer.resultXdr)).toBe('txFailed opNotSupported');
    const contract = Operation.createStellarAssetContract({ asset: Asset.native() });
    expect(net.apply(alice, [contract])).toBe('txFailed opNotSupported');
    const share = new LiquidityPoolAsset(Asset.native(), new Asset('USD', bob.publicKey()), 30);
    expect(net.apply(alice, [Operation.changeTrust({ asset: share })])).toBe('txFailed opNotSupported');
  });

  it('keeps coins together through all of this', () => {
    const net = network();
    net.apply(alice, [pay('1000')]);
    net.apply(alice, [Operation.accountMerge({ destination: bob.publicKey() })]);
    expect(totalLumens(net.ledger)).toBe(net.ledger.header.totalCoins);
  });
});

describe('the door and time', () => {
  it('refuses what would expire before it applies', () => {
    const net = network();
    const { closeTime } = net.ledger.header;
    const late = net.ledger.check(net.envelope(alice, [pay()], { maxTime: closeTime + 1 }));
    expect(late.status === 'error' && codes(late.resultXdr)).toBe('txTooLate');
    expect(net.ledger.check(net.envelope(alice, [pay()], { maxTime: closeTime + 2 })).status).toBe('pending');
    const slow = createLedger(settings({ expectedCloseSeconds: 5 }));
    slow.restore(net.ledger.snapshot());
    expect(slow.check(net.envelope(alice, [pay()], { maxTime: closeTime + 9 })).status).toBe('error');
    expect(slow.check(net.envelope(alice, [pay()], { maxTime: closeTime + 10 })).status).toBe('pending');
  });
});
