import {
  Account,
  Asset,
  type FeeBumpTransaction,
  Keypair,
  Memo,
  MuxedAccount,
  Networks,
  Operation as SdkOperation,
  type Transaction,
  TransactionBuilder,
} from '@stellar/stellar-sdk';
import { describe, expect, it } from 'vitest';
import { NATIVE } from '../../src/kernel/assets.ts';
import { joinMuxed } from '../../src/kernel/strkey.ts';
import {
  addSignatures,
  buildFeeBump,
  buildTransaction,
  claimableBalanceId,
} from '../../src/stellar/build.ts';
import { keyPairFromSeed } from '../../src/stellar/keys.ts';
import type { Operation } from '../../src/stellar/operations.ts';

const passphrase = Networks.TESTNET;
const theirs = Keypair.random();
const ours = keyPairFromSeed(theirs.secret());
const other = Keypair.random().publicKey();
const SRT = { code: 'SRT', issuer: Keypair.random().publicKey() };
const base = {
  passphrase,
  source: ours.publicKey,
  sequence: 8n,
  feePerOperation: 100n,
  maxTime: 2_000_000_000,
};
const parse = (xdr: string) => TransactionBuilder.fromXDR(xdr, passphrase) as Transaction;
const pay: Operation = { type: 'payment', destination: other, asset: SRT, amount: 989_900_000n };

describe('building a transaction', () => {
  it('gives the bytes and the hash of the SDK', async () => {
    const built = await buildTransaction({
      ...base,
      operations: [pay, { type: 'createAccount', destination: other, startingBalance: 10_000_000n }],
      memo: { type: 'text', value: 'hällo' },
      signers: [ours],
    });
    const expected = new TransactionBuilder(new Account(ours.publicKey, '7'), {
      fee: '100',
      networkPassphrase: passphrase,
    })
      .addOperation(
        SdkOperation.payment({ destination: other, asset: new Asset(SRT.code, SRT.issuer), amount: '98.99' }),
      )
      .addOperation(SdkOperation.createAccount({ destination: other, startingBalance: '1' }))
      .addMemo(Memo.text('hällo'))
      .setTimebounds(0, 2_000_000_000)
      .build();
    expected.sign(theirs);
    expect(built.xdr).toBe(expected.toXDR());
    expect(built.hash).toBe(expected.hash().toString('hex'));
    expect(built.innerHash).toBe(built.hash);
  });

  it('sets sequence, fee, time and ledger bounds, and no lowest sequence, which would let it jump the queue', async () => {
    const built = parse(
      (await buildTransaction({ ...base, operations: [pay], maxLedger: 9, signers: [ours] })).xdr,
    );
    expect(built.sequence).toBe('8');
    expect(built.fee).toBe('100');
    expect(built.timeBounds).toEqual({ minTime: '0', maxTime: '2000000000' });
    expect(built.ledgerBounds).toEqual({ minLedger: 0, maxLedger: 9 });
    expect(built.minAccountSequence).toBeUndefined();
    expect(built.extraSigners ?? []).toEqual([]);
  });

  it('keeps 64-bit memos, muxed sources and muxed destinations exact', async () => {
    const id = '18446744073709551615';
    const source = joinMuxed(ours.publicKey, id);
    const destination = joinMuxed(other, id);
    const operations: Operation[] = [{ ...pay, destination } as Operation];
    const built = await buildTransaction({
      ...base,
      source,
      operations,
      memo: { type: 'id', value: id },
      signers: [ours],
    });
    const read = parse(built.xdr);
    expect(read.source).toBe(MuxedAccount.fromAddress(source, '0').accountId());
    expect(read.memo.value).toBe(id);
    expect(read.operations[0]).toMatchObject({ type: 'payment', destination, amount: '98.9900000' });
    const hash = 'ab'.repeat(32);
    const hashed = parse(
      (await buildTransaction({ ...base, operations, memo: { type: 'hash', value: hash }, signers: [] })).xdr,
    );
    expect(Buffer.from(hashed.memo.value as Buffer).toString('hex')).toBe(hash);
  });

  it('knows every operation an anchor needs', async () => {
    const signer = { key: other, weight: 2 };
    const operations: Operation[] = [
      { type: 'changeTrust', asset: SRT },
      { type: 'changeTrust', asset: SRT, limit: 0n },
      { type: 'createClaimableBalance', asset: NATIVE, amount: 1n, claimants: [other, ours.publicKey] },
      { type: 'claimClaimableBalance', balanceId: `00000000${'ab'.repeat(32)}` },
      {
        type: 'setOptions',
        options: { homeDomain: 'localhost:8000', masterWeight: 0, mediumThreshold: 2, signer },
      },
      {
        type: 'pathPaymentStrictSend',
        sendAsset: NATIVE,
        sendAmount: 5n,
        destination: other,
        asset: SRT,
        minimum: 4n,
      },
      {
        type: 'pathPaymentStrictReceive',
        sendAsset: SRT,
        maximum: 5n,
        destination: other,
        asset: NATIVE,
        amount: 4n,
      },
      {
        type: 'setTrustLineFlags',
        trustor: other,
        asset: { ...SRT, issuer: ours.publicKey },
        authorized: true,
      },
      { type: 'manageData', name: 'a', value: 'b' },
      { type: 'beginSponsoring', sponsored: other },
      { type: 'endSponsoring', source: other },
      { type: 'accountMerge', destination: other },
    ];
    const read = parse((await buildTransaction({ ...base, operations, signers: [ours] })).xdr);
    expect(read.operations.map((o) => o.type)).toEqual([
      'changeTrust',
      'changeTrust',
      'createClaimableBalance',
      'claimClaimableBalance',
      'setOptions',
      'pathPaymentStrictSend',
      'pathPaymentStrictReceive',
      'setTrustLineFlags',
      'manageData',
      'beginSponsoringFutureReserves',
      'endSponsoringFutureReserves',
      'accountMerge',
    ]);
    expect(read.operations[0]).toMatchObject({ limit: '922337203685.4775807' });
    expect(read.operations[4]).toMatchObject({
      homeDomain: 'localhost:8000',
      masterWeight: 0,
      medThreshold: 2,
    });
    expect(read.fee).toBe('1200');
  });

  it('names the id of a claimable balance before it exists', async () => {
    const create: Operation = {
      type: 'createClaimableBalance',
      asset: NATIVE,
      amount: 1n,
      claimants: [other],
    };
    const built = parse((await buildTransaction({ ...base, operations: [pay, create], signers: [] })).xdr);
    expect(claimableBalanceId({ source: ours.publicKey, sequence: 8n, operationIndex: 1 })).toBe(
      built.getClaimableBalanceId(1),
    );
  });

  it('signs for several, adds signatures later and wraps into a fee bump', async () => {
    const second = Keypair.random();
    const built = await buildTransaction({ ...base, operations: [pay], signers: [ours] });
    const both = await addSignatures(built.xdr, passphrase, [keyPairFromSeed(second.secret())]);
    expect(both.hash).toBe(built.hash);
    expect(parse(both.xdr).signatures.length).toBe(2);
    const bump = await buildFeeBump({
      passphrase,
      innerXdr: both.xdr,
      feeSource: other,
      feePerOperation: 1000n,
      signers: [ours],
    });
    const read = TransactionBuilder.fromXDR(bump.xdr, passphrase) as FeeBumpTransaction;
    expect(read.fee).toBe('2000');
    expect(bump.innerHash).toBe(built.hash);
    expect(bump.hash).toBe(read.hash().toString('hex'));
  });

  it('refuses what no network would take', async () => {
    const bad: Operation[] = [
      { type: 'payment', destination: 'nonsense', asset: SRT, amount: 1n },
      { type: 'payment', destination: other, asset: SRT, amount: 0n },
      { type: 'payment', destination: other, asset: SRT, amount: 2n ** 63n },
    ];
    for (const operation of bad) {
      await expect(buildTransaction({ ...base, operations: [operation], signers: [] })).rejects.toMatchObject(
        {
          code: 'TRANSACTION_INVALID',
        },
      );
    }
    const negative: Operation = { type: 'payment', destination: other, asset: SRT, amount: -1n };
    await expect(buildTransaction({ ...base, operations: [negative], signers: [] })).rejects.toMatchObject({
      code: 'AMOUNT_NOT_POSITIVE',
    });
  });
});
