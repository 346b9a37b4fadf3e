import { Asset, Claimant, type Keypair, Operation, xdr } from '@stellar/stellar-sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liabilitiesOfSelling, price } from '../../../src/sandbox/ledger/exchange/arithmetic.ts';
import type { SandboxLedger } from '../../../src/sandbox/ledger/ports.ts';
import type { AccountEntry, LedgerEntry } from '../../../src/sandbox/ledger/types.ts';
import { codes, key, TestNetwork, totalLumens } from './network.ts';

/** Random transactions of four accounts that know each other's keys; whatever they do, these books must balance. */
const people = ['a', 'b', 'c', 'd'].map((name) => key(`random ${name}`));
const person = (n: number): Keypair => people[n % people.length] as Keypair;
const assets = [
  Asset.native(),
  new Asset('USD', person(0).publicKey()),
  new Asset('LONGNAME', person(1).publicKey()),
];
const unconditional = xdr.ClaimPredicate.claimPredicateUnconditional();

interface Draw {
  kind: number;
  from: number;
  to: number;
  asset: number;
  other: number;
  amount: number;
}

const draw: fc.Arbitrary<Draw> = fc.record({
  kind: fc.nat(15),
  from: fc.nat(3),
  to: fc.nat(3),
  asset: fc.nat(2),
  other: fc.nat(2),
  amount: fc.integer({ min: 1, max: 40 }),
});

const asset = (n: number): Asset => assets[n] as Asset;
const credit = (n: number): Asset => assets[1 + (n % 2)] as Asset;

function operationsOf(d: Draw, ledger: SandboxLedger): xdr.Operation[] {
  const source = person(d.from).publicKey();
  const destination = person(d.to).publicKey();
  const amount = `${d.amount}`;
  const [balance] = [...ledger.entries()].filter((entry) => entry.kind === 'claimable_balance');
  const sandwich = (inner: xdr.Operation[]) => [
    Operation.beginSponsoringFutureReserves({ source: destination, sponsoredId: source }),
    ...inner,
    Operation.endSponsoringFutureReserves({ source }),
  ];
  const data = Operation.manageData({ source, name: `n${d.amount % 3}`, value: 'v' });
  const trust = Operation.changeTrust({ source, asset: credit(d.asset), limit: `${d.amount * 20}` });
  const signer = { ed25519PublicKey: key('signer').publicKey(), weight: d.amount % 2 };
  const claimants = [new Claimant(destination, unconditional)];
  switch (d.kind) {
    case 0:
      return [Operation.payment({ source, destination, asset: asset(d.asset), amount })];
    case 1:
      return [Operation.createAccount({ source, destination, startingBalance: amount })];
    case 2:
      return [trust];
    case 3:
      return [Operation.changeTrust({ source, asset: credit(d.asset), limit: '0' })];
    case 4:
    case 5: {
      const order = {
        selling: asset(d.asset),
        buying: asset(d.other),
        price: { n: 1 + d.to, d: 1 + d.from },
      };
      return [Operation.manageSellOffer({ source, amount, ...order })];
    }
    case 6:
      return [
        Operation.pathPaymentStrictSend({
          source,
          destination,
          sendAsset: asset(d.asset),
          sendAmount: amount,
          destAsset: asset(d.other),
          destMin: '0.0000001',
          path: [],
        }),
      ];
    case 7:
      return [
        Operation.createClaimableBalance({
          source,
          asset: asset(d.asset),
          amount,
          claimants,
        }),
      ];
    case 8:
      return balance
        ? [Operation.claimClaimableBalance({ source, balanceId: (balance as { id: string }).id })]
        : [data];
    case 9:
      return [Operation.accountMerge({ source, destination })];
    case 10:
      return sandwich([data]);
    case 11:
      return sandwich([trust, Operation.setOptions({ source, signer })]);
    case 12:
      return [Operation.setOptions({ source, signer })];
    case 13:
      return [Operation.revokeTrustlineSponsorship({ source, account: destination, asset: credit(d.asset) })];
    case 14:
      return [Operation.setOptions({ source, setFlags: (d.amount % 2 === 0 ? 2 : 10) as 2 })];
    default:
      return [
        Operation.setTrustLineFlags({
          source,
          trustor: destination,
          asset: credit(d.asset),
          flags: { authorized: d.amount % 2 === 0 },
        }),
      ];
  }
}

const entriesOf = (ledger: SandboxLedger): LedgerEntry[] => [...ledger.entries()];

/** Reserves that the entries of a ledger cost, by who is said to pay them. */
function expectedCounts(entries: LedgerEntry[]) {
  const counts = new Map<string, { subEntries: number; sponsored: number; sponsoring: number }>();
  const of = (id: string) => {
    const known = counts.get(id) ?? { subEntries: 0, sponsored: 0, sponsoring: 0 };
    counts.set(id, known);
    return known;
  };
  const sponsor = (id: string | undefined, owner: string | undefined, reserves: number) => {
    if (!id) return;
    of(id).sponsoring += reserves;
    if (owner) of(owner).sponsored += reserves;
  };
  for (const entry of entries) {
    if (entry.kind === 'claimable_balance') sponsor(entry.sponsor, undefined, entry.claimants.length);
    else if (entry.kind === 'account') {
      of(entry.id).subEntries += entry.signers.length;
      sponsor(entry.sponsor, entry.id, 2);
      for (const signer of entry.signers) sponsor(signer.sponsor, entry.id, 1);
    } else {
      const owner = entry.kind === 'offer' ? entry.seller : entry.account;
      of(owner).subEntries += 1;
      sponsor(entry.sponsor, owner, 1);
    }
  }
  return counts;
}

function boundByOffers(entries: LedgerEntry[]) {
  const bound = new Map<string, { buying: bigint; selling: bigint }>();
  const add = (id: string, side: 'buying' | 'selling', amount: bigint) => {
    const known = bound.get(id) ?? { buying: 0n, selling: 0n };
    known[side] += amount;
    bound.set(id, known);
  };
  for (const entry of entries) {
    if (entry.kind !== 'offer') continue;
    const { buying, selling } = liabilitiesOfSelling(price(entry.priceN, entry.priceD), entry.amount);
    add(`${entry.seller} ${entry.buying}`, 'buying', buying);
    add(`${entry.seller} ${entry.selling}`, 'selling', selling);
  }
  return bound;
}

function checkBooks(ledger: SandboxLedger): void {
  const entries = entriesOf(ledger);
  expect(totalLumens(ledger)).toBe(ledger.header.totalCoins);
  const counts = expectedCounts(entries);
  const bound = boundByOffers(entries);
  for (const entry of entries) {
    if (entry.kind === 'account') {
      const { subEntries, sponsored, sponsoring }: AccountEntry = entry;
      const wanted = counts.get(entry.id) ?? { subEntries: 0, sponsored: 0, sponsoring: 0 };
      expect({ subEntries, sponsored, sponsoring }).toEqual(wanted);
      expect(entry.liabilities).toEqual(bound.get(`${entry.id} native`) ?? { buying: 0n, selling: 0n });
      expect(entry.balance).toBeGreaterThanOrEqual(0n);
    }
    if (entry.kind === 'trustline') {
      const wanted = bound.get(`${entry.account} ${entry.asset}`) ?? { buying: 0n, selling: 0n };
      expect(entry.liabilities).toEqual(wanted);
      expect(entry.balance).toBeGreaterThanOrEqual(entry.liabilities.selling);
      expect(entry.balance + entry.liabilities.buying).toBeLessThanOrEqual(entry.limit);
    }
  }
}

describe('invariants under random transactions', () => {
  it('neither makes nor loses lumens, and counts reserves and liabilities right', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(fc.array(draw, { minLength: 1, maxLength: 4 }), { maxLength: 40 }), (ledgers) => {
        const net = new TestNetwork();
        const payer = key('payer');
        net.fund('10000', payer);
        net.fund('50', ...people);
        for (const draws of ledgers) {
          const envelopes = draws.map((d, i) => {
            const signers = [payer, ...people];
            const transaction = net.transaction(payer, operationsOf(d, net.ledger), {
              ahead: BigInt(i),
              signers: [payer],
            });
            const used = new Set(transaction.operations.map((operation) => operation.source));
            for (const one of signers) if (used.has(one.publicKey())) transaction.sign(one);
            return transaction.toXDR();
          });
          for (const { resultXdr } of net.close(envelopes).transactions) seen.add(codes(resultXdr));
          checkBooks(net.ledger);
        }
      }),
      { numRuns: 60, seed: 20221122 },
    );
    expect([...seen].filter((code) => code.startsWith('txInternalError'))).toEqual([]);
    // The draw is worth something only if much of it succeeds.
    expect([...seen].filter((code) => code.startsWith('txSuccess')).length).toBeGreaterThan(10);
  });
});
