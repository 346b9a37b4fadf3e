import type { Memo } from '../../src/kernel/memos.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { buildFeeBump, buildTransaction, type Operation } from '../../src/stellar/build.ts';
import type { KeyPair } from '../../src/stellar/keys.ts';
import type { Scheduler } from './scheduler.ts';
import { rootPair } from './template.ts';
import type { Trace } from './trace.ts';

export interface Sent {
  hash: string;
  successful: boolean;
}

export interface SendOptions {
  memo?: Memo | null;
  signers?: readonly KeyPair[];
  /** pays the fee: a fee bump around it */
  bumpedBy?: KeyPair;
  feePerOperation?: bigint;
}

/** Whoever else has keys on the network: users, issuer, operator. They talk to the ledger itself, which never fails them. */
export class Wallets {
  readonly #sandbox: Sandbox;
  readonly #scheduler: Scheduler;
  readonly #trace: Trace;
  readonly #turn = new Map<string, Promise<unknown>>();

  constructor(sandbox: Sandbox, scheduler: Scheduler, trace: Trace) {
    this.#sandbox = sandbox;
    this.#scheduler = scheduler;
    this.#trace = trace;
  }

  get root(): KeyPair {
    return rootPair(this.#sandbox.passphrase);
  }

  /**
   * Resolves when the transaction is in a ledger, successful or not; null where the door refused it. One at a time per account.
   *
   * @param hashes gets the hash before it is sent
   */
  async send(
    source: KeyPair,
    operations: Operation[],
    options: SendOptions = {},
    hashes?: Set<string>,
  ): Promise<Sent | null> {
    const before = this.#turn.get(source.publicKey) ?? Promise.resolve();
    const mine = before.then(() => this.#send(source, operations, options, hashes));
    this.#turn.set(
      source.publicKey,
      mine.catch(() => undefined),
    );
    return mine;
  }

  async #send(
    source: KeyPair,
    operations: Operation[],
    options: SendOptions,
    hashes: Set<string> | undefined,
  ): Promise<Sent | null> {
    const { ledger } = this.#sandbox;
    const sequence = ledger.account(source.publicKey)?.sequence;
    if (sequence === undefined) return null;
    const inner = await buildTransaction({
      passphrase: this.#sandbox.passphrase,
      source: source.publicKey,
      sequence: sequence + 1n,
      feePerOperation: options.feePerOperation ?? 1_000n,
      operations,
      memo: options.memo ?? null,
      maxTime: 0,
      signers: [source, ...(options.signers ?? [])],
    });
    const signed =
      options.bumpedBy === undefined
        ? inner
        : await buildFeeBump({
            passphrase: this.#sandbox.passphrase,
            innerXdr: inner.xdr,
            feeSource: options.bumpedBy.publicKey,
            feePerOperation: 2_000n,
            signers: [options.bumpedBy],
          });
    hashes?.add(signed.hash);
    for (let attempt = 0; attempt < 60; attempt++) {
      const answer = ledger.submit(signed.xdr);
      if (answer.status === 'error' || answer.status === 'malformed') {
        const found = this.#sandbox.network.history.transaction(signed.hash);
        if (found === undefined) {
          this.#trace.add(this.#scheduler.now, `wallet refused ${signed.hash.slice(0, 8)}`);
          return null;
        }
      }
      await this.nextLedger();
      const found = this.#sandbox.network.history.transaction(signed.hash);
      if (found === undefined) continue;
      return { hash: signed.hash, successful: found.row.successful };
    }
    return null;
  }

  nextLedger(): Promise<void> {
    return new Promise((resolve) => {
      const leave = this.#sandbox.network.onLedger(() => {
        leave();
        resolve();
      });
    });
  }
}
