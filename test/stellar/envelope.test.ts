import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemIds } from '../../src/kernel/ids.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import { addSignatures, buildTransaction, type Operation } from '../../src/stellar/build.ts';
import { hashOf, hintOf, readPaymentEnvelope, withSignatures } from '../../src/stellar/envelope.ts';
import { randomKeyPair } from '../../src/stellar/keys.ts';
import { loadSdk } from '../../src/stellar/sdk.ts';

const PASSPHRASE = 'Standalone Network ; February 2017';
const [source, payer, user, issuer] = Array.from({ length: 4 }, () => randomKeyPair(systemIds)) as [
  ReturnType<typeof randomKeyPair>,
  ReturnType<typeof randomKeyPair>,
  ReturnType<typeof randomKeyPair>,
  ReturnType<typeof randomKeyPair>,
];
const asset = { code: 'SRT', issuer: issuer.publicKey };
const long = { code: 'ABCDEFGHIJKL', issuer: issuer.publicKey };

const build = (operations: Operation[], more: Partial<Parameters<typeof buildTransaction>[0]> = {}) =>
  buildTransaction({
    passphrase: PASSPHRASE,
    source: source.publicKey,
    sequence: 12_345n,
    feePerOperation: 250n,
    operations,
    maxTime: 1_900_000_000,
    maxLedger: 777,
    signers: [source],
    ...more,
  });

const units = fc.bigInt({ min: 1n, max: 9_223_372_036_854_775_807n });
const from = payer.publicKey;
const operation: fc.Arbitrary<Operation> = fc.oneof(
  units.map(
    (amount): Operation => ({
      type: 'payment',
      source: from,
      destination: user.publicKey,
      asset,
      amount,
    }),
  ),
  fc.tuple(units, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(
    ([amount, id]): Operation => ({
      type: 'payment',
      source: from,
      destination: joinMuxed(user.publicKey, id.toString()),
      asset: long,
      amount,
    }),
  ),
  units.map(
    (startingBalance): Operation => ({
      type: 'createAccount',
      source: from,
      destination: user.publicKey,
      startingBalance,
    }),
  ),
  fc.tuple(units, fc.integer({ min: 1, max: 3650 })).map(
    ([amount, days]): Operation => ({
      type: 'createClaimableBalance',
      source: from,
      asset: { code: 'native', issuer: null },
      amount,
      claimants: [user.publicKey, { account: from, afterSeconds: days * 86_400 }],
    }),
  ),
  fc.constant<Operation>({
    type: 'setTrustLineFlags',
    source: issuer.publicKey,
    trustor: user.publicKey,
    asset,
    authorized: true,
  }),
);
const memo = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((id) => ({ type: 'id' as const, value: id.toString() })),
  fc.constantFrom('a', 'ab', 'abc', 'abcd', 'ünï').map((value) => ({ type: 'text' as const, value })),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => ({
    type: 'hash' as const,
    value: Buffer.from(bytes).toString('hex'),
  })),
);

describe('reading an envelope without the SDK', () => {
  it('sees what the SDK has built, to the last byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { minLength: 1, maxLength: 10 }),
        memo,
        async (operations, sent) => {
          const signed = await build(operations, { memo: sent });
          const read = readPaymentEnvelope(signed.xdr);
          expect(hashOf(read, PASSPHRASE).toString('hex')).toBe(signed.hash);
          expect(read).toMatchObject({
            source: source.publicKey,
            sequence: 12_345n,
            fee: 250n * BigInt(operations.length),
            maxTime: 1_900_000_000n,
            maxLedger: 777,
            memo: sent,
          });
          expect(read.operations).toHaveLength(operations.length);
          operations.forEach((one, at) => {
            const found = read.operations[at];
            expect(found?.source).toBe(one.source);
            if (one.type === 'payment') expect(found).toMatchObject({ ...one });
            if (one.type === 'createAccount') expect(found).toMatchObject({ ...one });
            if (one.type === 'createClaimableBalance') {
              const claimants = [{ account: user.publicKey, afterSeconds: 0 }, one.claimants[1]];
              expect(found).toMatchObject({ amount: one.amount, claimants });
            }
            if (one.type === 'setTrustLineFlags') {
              expect(found).toMatchObject({ trustor: one.trustor, set: 1, clear: 0 });
            }
          });
          expect(withSignatures(read, [])).toBe(signed.xdr);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('adds signatures with the same bytes as the SDK does', async () => {
    const { xdr, hash } = await build([{ type: 'payment', destination: user.publicKey, asset, amount: 5n }]);
    const theirs = await addSignatures(xdr, PASSPHRASE, [payer]);
    const signature = payer.sign(Buffer.from(hash, 'hex'));
    const ours = withSignatures(readPaymentEnvelope(xdr), [{ hint: hintOf(payer.publicKey), signature }]);
    expect(ours).toBe(theirs.xdr);
    const sdk = await loadSdk();
    const keypair = sdk.Keypair.fromSecret(payer.seed);
    expect(keypair.sign(Buffer.from(hash, 'hex')).equals(signature)).toBe(true);
  });

  it.each<[string, Operation]>([
    ['merges', { type: 'accountMerge', destination: user.publicKey }],
    ['options', { type: 'setOptions', options: { signer: { key: user.publicKey, weight: 1 } } }],
    ['data', { type: 'manageData', name: 'a', value: 'b' }],
    ['trustlines', { type: 'changeTrust', asset }],
    ['claims', { type: 'claimClaimableBalance', balanceId: `00000000${'ab'.repeat(32)}` }],
  ])('refuses %s: nothing is signed for but payments', async (_, one) => {
    const { xdr } = await build([one]);
    expect(() => readPaymentEnvelope(xdr)).toThrow(expect.objectContaining({ code: 'ENVELOPE_UNREADABLE' }));
  });

  it('refuses preconditions that would break the rule of slots, and fee bumps', async () => {
    const sdk = await loadSdk();
    const account = new sdk.Account(source.publicKey, '1');
    const payment = sdk.Operation.payment({
      destination: user.publicKey,
      asset: sdk.Asset.native(),
      amount: '1',
    });
    const make = () =>
      new sdk.TransactionBuilder(account, { fee: '100', networkPassphrase: PASSPHRASE }).addOperation(
        payment,
      );
    const strange = [
      make().setTimeout(0).setMinAccountSequence('0'),
      make()
        .setTimeout(0)
        .setMinAccountSequenceAge(5 as never),
      make().setTimeout(0).setMinAccountSequenceLedgerGap(5),
      make().setTimeout(0).setExtraSigners([user.publicKey]),
    ].map((builder) => builder.build().toXDR());
    const plain = make().setTimeout(0).build();
    const bump = sdk.TransactionBuilder.buildFeeBumpTransaction(payer.publicKey, '500', plain, PASSPHRASE);
    for (const xdr of [...strange, bump.toXDR()]) {
      expect(() => readPaymentEnvelope(xdr)).toThrow(
        expect.objectContaining({ code: 'ENVELOPE_UNREADABLE' }),
      );
    }
    expect(readPaymentEnvelope(plain.toXDR()).maxLedger).toBe(0);
  });

  it('refuses whatever is cut, changed in length or no base64', async () => {
    const { xdr } = await build([{ type: 'payment', destination: user.publicKey, asset, amount: 5n }]);
    const bytes = Buffer.from(xdr, 'base64');
    const bad = [
      ...Array.from({ length: bytes.length - 1 }, (_, length) =>
        bytes.subarray(0, length).toString('base64'),
      ),
      Buffer.concat([bytes, Buffer.alloc(4)]).toString('base64'),
      `${xdr.slice(0, -1)}*`,
      'AAAA AAAA',
      'x'.repeat(200_000),
      '',
    ];
    for (const text of bad) {
      expect(() => readPaymentEnvelope(text)).toThrow(
        expect.objectContaining({ code: 'ENVELOPE_UNREADABLE' }),
      );
    }
  });
});
