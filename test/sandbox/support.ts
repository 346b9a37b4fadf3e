import {
  Account,
  Asset,
  Keypair,
  Operation,
  type Transaction,
  TransactionBuilder,
  type xdr,
} from '@stellar/stellar-sdk';
import type { Clock } from '../../src/kernel/clock.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.ts';

/** A clock that stands still until told otherwise. */
export class TestClock implements Clock {
  time = Date.UTC(2026, 0, 1);
  private sleepers: { until: number; wake: () => void }[] = [];

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = {
        until: this.time + ms,
        wake: () => {
          this.sleepers = this.sleepers.filter((other) => other !== sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.sleepers.push(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  get asleep(): number {
    return this.sleepers.length;
  }

  advance(ms: number): void {
    this.time += ms;
    for (const sleeper of this.sleepers.filter(({ until }) => until <= this.time)) sleeper.wake();
  }
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  body: any;
}

/** Lets everything that can go on go on. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** A sandbox with manual closing, and what tests do with it. */
export class Net {
  readonly clock = new TestClock();
  readonly sandbox: Sandbox;
  readonly root: Keypair;

  constructor(options: SandboxOptions = {}) {
    this.sandbox = createSandbox({ close: 'manual', clock: this.clock, ...options });
    this.root = Keypair.master(this.sandbox.passphrase);
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.answer(await this.sandbox.fetch(`http://localhost${path}`, { headers }));
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const init = { method: 'POST', body: JSON.stringify(body), headers };
    return this.answer(await this.sandbox.fetch(`http://localhost${path}`, init));
  }

  async submit(envelope: string, path = '/transactions'): Promise<Answer> {
    const body = new URLSearchParams({ tx: envelope });
    return this.answer(await this.sandbox.fetch(`http://localhost${path}`, { method: 'POST', body }));
  }

  private async answer(response: Response): Promise<Answer> {
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  }

  /** A signed transaction; the sequence number is the next one plus `ahead`. */
  build(source: Keypair, operations: xdr.Operation[], ahead = 0, fee = '100'): Transaction {
    const id = source.publicKey();
    const sequence = (this.sandbox.ledger.account(id)?.sequence ?? 0n) + BigInt(ahead);
    const builder = new TransactionBuilder(new Account(id, sequence.toString()), {
      fee,
      networkPassphrase: this.sandbox.passphrase,
    }).setTimeout(0);
    for (const operation of operations) builder.addOperation(operation);
    const transaction = builder.build();
    transaction.sign(source);
    return transaction;
  }

  /** Applies operations in a ledger of their own. */
  apply(source: Keypair, ...operations: xdr.Operation[]): string {
    const transaction = this.build(source, operations);
    this.sandbox.closeLedger({ transactions: [transaction.toXDR()] });
    return transaction.hash().toString('hex');
  }

  account(balance = '1000'): Keypair {
    const keypair = Keypair.random();
    this.apply(
      this.root,
      Operation.createAccount({ destination: keypair.publicKey(), startingBalance: balance }),
    );
    return keypair;
  }
}

export const payment = (destination: Keypair, amount: string, asset = Asset.native()): xdr.Operation =>
  Operation.payment({ destination: destination.publicKey(), asset, amount });
