import { createHash } from 'node:crypto';
import {
  Account,
  type FeeBumpTransaction,
  Keypair,
  Operation,
  type Transaction,
  TransactionBuilder,
  xdr,
} from '@stellar/stellar-sdk';
import { createLedger } from '../../../src/sandbox/ledger/index.ts';
import type { SandboxLedger } from '../../../src/sandbox/ledger/ports.ts';
import type { AccountEntry, ClosedLedger, NetworkSettings } from '../../../src/sandbox/ledger/types.ts';

export const PASSPHRASE = 'Ledger Test ; 1';
export const XLM = 10_000_000n;

export const settings = (over: Partial<NetworkSettings> = {}): NetworkSettings => ({
  passphrase: PASSPHRASE,
  protocolVersion: 19,
  baseFee: 100,
  baseReserve: 5_000_000,
  operationsPerLedger: 1000,
  ...over,
});

export const root = Keypair.master(PASSPHRASE);
export const key = (name: string): Keypair =>
  Keypair.fromRawEd25519Seed(createHash('sha256').update(`ledger test ${name}`).digest());

interface SendOptions {
  /** stroops, of the whole transaction */
  fee?: bigint;
  /** added to the account's next sequence number */
  ahead?: bigint;
  signers?: Keypair[];
  /** Unix seconds; 0: without bound */
  maxTime?: number;
  build?: (builder: TransactionBuilder) => void;
}

/** A ledger with a clock of its own that moves one second per close. */
export class TestNetwork {
  readonly ledger: SandboxLedger;
  private time = 1_000_000;

  constructor(over: Partial<NetworkSettings> = {}) {
    this.ledger = createLedger(settings(over));
  }

  account(who: Keypair): AccountEntry {
    const account = this.ledger.account(who.publicKey());
    if (!account) throw new Error('no such account');
    return account;
  }

  transaction(who: Keypair, operations: xdr.Operation[], options: SendOptions = {}): Transaction {
    const { fee = BigInt(100 * Math.max(1, operations.length)), ahead = 0n, signers = [who] } = options;
    const next = this.account(who).sequence + ahead;
    const builder = new TransactionBuilder(new Account(who.publicKey(), next.toString()), {
      // The builder multiplies by the number of operations.
      fee: (fee / BigInt(Math.max(1, operations.length))).toString(),
      networkPassphrase: PASSPHRASE,
      timebounds: { minTime: 0, maxTime: options.maxTime ?? 0 },
    });
    for (const operation of operations) builder.addOperation(operation);
    options.build?.(builder);
    const transaction = builder.build();
    for (const signer of signers) transaction.sign(signer);
    return transaction;
  }

  envelope(who: Keypair, operations: xdr.Operation[], options: SendOptions = {}): string {
    return this.transaction(who, operations, options).toXDR();
  }

  bump(payer: Keypair, inner: Transaction, fee: bigint): FeeBumpTransaction {
    const bump = TransactionBuilder.buildFeeBumpTransaction(
      payer,
      (fee / BigInt(inner.operations.length + 1)).toString(),
      inner,
      PASSPHRASE,
    );
    bump.sign(payer);
    return bump;
  }

  close(transactions?: string[]): ClosedLedger {
    this.time += 1;
    return this.ledger.close({ closeTime: this.time, ...(transactions ? { transactions } : {}) });
  }

  /** Submits, closes, and answers the result's codes. */
  apply(who: Keypair, operations: xdr.Operation[], options: SendOptions = {}): string {
    const closed = this.close([this.envelope(who, operations, options)]);
    return codes(closed.transactions[0]?.resultXdr ?? '');
  }

  fund(lumens: string, ...who: Keypair[]): void {
    for (let at = 0; at < who.length; at += 100) {
      const some = who.slice(at, at + 100);
      const operations = some.map((one) =>
        Operation.createAccount({ destination: one.publicKey(), startingBalance: lumens }),
      );
      const answer = this.apply(root, operations);
      if (!answer.startsWith('txSuccess')) throw new Error(answer);
    }
  }
}

/** `txFailed paymentNoTrust,paymentSuccess`, for a fee bump with its inner result after a slash. */
export function codes(resultXdr: string): string {
  const { result } = { result: xdr.TransactionResult.fromXDR(resultXdr, 'base64').result() };
  const name = result.switch().name;
  if (name === 'txFeeBumpInnerSuccess' || name === 'txFeeBumpInnerFailed') {
    const inner = result.innerResultPair().result().result();
    return `${name}/${withOperations(inner.switch().name, inner)}`;
  }
  return withOperations(name, result);
}

type ResultUnion = { switch(): { name: string }; results(): xdr.OperationResult[] };

function withOperations(name: string, union: ResultUnion): string {
  if (name !== 'txSuccess' && name !== 'txFailed') return name;
  const operations = union.results().map((one) => {
    if (one.switch().name !== 'opInner') return one.switch().name;
    return (one.tr().value() as { switch(): { name: string } }).switch().name;
  });
  return `${name} ${operations.join()}`;
}

export const feeOf = (resultXdr: string): bigint =>
  xdr.TransactionResult.fromXDR(resultXdr, 'base64').feeCharged().toBigInt();

/** All lumens there are: on accounts, in claimable balances, in the fee pool. */
export function totalLumens(ledger: SandboxLedger): bigint {
  let total = ledger.header.feePool;
  for (const entry of ledger.entries()) {
    if (entry.kind === 'account') total += entry.balance;
    if (entry.kind === 'claimable_balance' && entry.asset === 'native') total += entry.amount;
  }
  return total;
}
