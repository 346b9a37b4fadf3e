import { createHash } from 'node:crypto';
import { Asset, type Keypair, Operation, StrKey, type Transaction, xdr } from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import { codes, key, root, TestNetwork } from './network.ts';

const alice = key('alice');
const bob = key('bob');
const carol = key('carol');
const pay = () => Operation.payment({ destination: root.publicKey(), asset: Asset.native(), amount: '1' });

function network(): TestNetwork {
  const net = new TestNetwork();
  net.fund('100', alice, bob);
  return net;
}

function door(net: TestNetwork, transaction: { toXDR(): string }): string {
  const answer = net.ledger.check(transaction.toXDR());
  return answer.status === 'error' ? codes(answer.resultXdr) : answer.status;
}

function signedBy(transaction: Transaction, ...signers: Keypair[]): Transaction {
  for (const signer of signers) transaction.sign(signer);
  return transaction;
}

describe('signatures', () => {
  it('needs one even where the threshold is zero', () => {
    const net = network();
    expect(door(net, net.transaction(alice, [pay()], { signers: [] }))).toBe('txBadAuth');
    expect(door(net, net.transaction(alice, [pay()], { signers: [bob] }))).toBe('txBadAuth');
  });

  it('refuses one that is not needed', () => {
    const net = network();
    expect(door(net, net.transaction(alice, [pay()], { signers: [alice, bob] }))).toBe('txBadAuthExtra');
    expect(door(net, net.transaction(alice, [pay()], { signers: [alice, alice] }))).toBe('txBadAuthExtra');
  });

  it('adds up weights to the threshold of each operation', () => {
    const net = network();
    const add = Operation.setOptions({
      signer: { ed25519PublicKey: carol.publicKey(), weight: 2 },
      masterWeight: 1,
      lowThreshold: 1,
      medThreshold: 3,
      highThreshold: 4,
    });
    expect(net.apply(alice, [add])).toBe('txSuccess setOptionsSuccess');
    const low = Operation.bumpSequence({ bumpTo: '0' });
    const high = Operation.accountMerge({ destination: root.publicKey() });
    expect(door(net, net.transaction(alice, [low]))).toBe('pending');
    expect(door(net, net.transaction(alice, [pay()]))).toBe('txFailed opBadAuth');
    expect(door(net, net.transaction(alice, [pay()], { signers: [alice, carol] }))).toBe('pending');
    const both = { signers: [alice, carol] };
    expect(door(net, net.transaction(alice, [high], both))).toBe('txFailed opBadAuth');
    expect(door(net, net.transaction(alice, [low, pay()]))).toBe('txFailed bumpSequenceSuccess,opBadAuth');
  });

  it('uses a pre-authorized signer up, whether the transaction succeeds or fails', () => {
    const net = network();
    const missing = Operation.payment({ destination: carol.publicKey(), asset: Asset.native(), amount: '1' });
    for (const [operation, outcome] of [
      [pay(), 'txSuccess paymentSuccess'],
      [missing, 'txFailed paymentNoDestination'],
    ] as const) {
      const later = net.transaction(alice, [operation], { ahead: 1n, signers: [] });
      const add = Operation.setOptions({ signer: { preAuthTx: later.hash(), weight: 1 } });
      net.apply(alice, [add]);
      expect(net.account(alice).signers).toHaveLength(1);
      expect(net.account(alice).subEntries).toBe(1);
      const [applied] = net.close([later.toXDR()]).transactions;
      expect(codes(applied?.resultXdr ?? '')).toBe(outcome);
      expect(net.account(alice).signers).toEqual([]);
      expect(net.account(alice).subEntries).toBe(0);
    }
  });

  it('takes a preimage and a signed payload', () => {
    const net = network();
    const preimage = Buffer.from('the preimage');
    const hash = createHash('sha256').update(preimage).digest();
    const payload = Buffer.from('a payload');
    const signed = new xdr.SignerKeyEd25519SignedPayload({ ed25519: carol.rawPublicKey(), payload });
    const strkey = StrKey.encodeSignedPayload(signed.toXDR());
    net.apply(alice, [
      Operation.setOptions({ signer: { sha256Hash: hash, weight: 1 } }),
      Operation.setOptions({ signer: { ed25519SignedPayload: strkey, weight: 1 } }),
    ]);
    expect(net.account(alice).signers.map(({ key: text }) => text[0])).toEqual(['X', 'P']);
    const byPreimage = net.transaction(alice, [pay()], { signers: [] });
    byPreimage.signHashX(preimage);
    expect(door(net, byPreimage)).toBe('pending');
    const byPayload = net.transaction(alice, [pay()], { signers: [] });
    byPayload.addDecoratedSignature(carol.signPayloadDecorated(payload));
    expect(door(net, byPayload)).toBe('pending');
    const another = net.transaction(alice, [pay()], { signers: [] });
    another.addDecoratedSignature(carol.signPayloadDecorated(Buffer.from('another')));
    expect(door(net, another)).toBe('txBadAuth');
  });

  it('asks for extra signers, each of them', () => {
    const net = network();
    const build = (b: { setExtraSigners(signers: string[]): unknown }) => {
      b.setExtraSigners([bob.publicKey(), carol.publicKey()]);
    };
    const half = net.transaction(alice, [pay()], { signers: [alice, bob], build });
    expect(door(net, half)).toBe('txBadAuth');
    expect(door(net, signedBy(net.transaction(alice, [pay()], { build }), bob, carol))).toBe('pending');
  });

  it('checks at the door what the operations of the same transaction have not yet changed', () => {
    const net = network();
    const create = Operation.createAccount({ destination: carol.publicKey(), startingBalance: '10' });
    const byNewcomer = Operation.payment({
      source: carol.publicKey(),
      destination: root.publicKey(),
      asset: Asset.native(),
      amount: '1',
    });
    const unsigned = net.transaction(alice, [create, byNewcomer]);
    expect(door(net, unsigned)).toBe('txFailed createAccountSuccess,opBadAuth');
    const both = net.transaction(alice, [create, byNewcomer], { signers: [alice, carol] });
    expect(door(net, both)).toBe('pending');
    expect(codes(net.close([both.toXDR()]).transactions[0]?.resultXdr ?? '')).toBe(
      'txSuccess createAccountSuccess,paymentSuccess',
    );
  });

  it('charges a transaction whose signers vanished before it applied, and uses its number', () => {
    const net = network();
    const waiting = net.envelope(bob, [pay()]);
    const lockOut = Operation.setOptions({ source: bob.publicKey(), masterWeight: 0 });
    const first = net.envelope(alice, [lockOut], { signers: [alice, bob] });
    const before = net.account(bob);
    const [, second] = net.close([first, waiting]).transactions;
    expect(codes(second?.resultXdr ?? '')).toBe('txBadAuth');
    expect(net.account(bob).sequence).toBe(before.sequence + 1n);
    expect(net.account(bob).balance).toBe(before.balance - 100n);
  });
});
