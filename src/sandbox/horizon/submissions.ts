import { EnvelopeReader, innermost, type ParsedTransaction } from '../ledger/envelope.ts';
import type { TransactionAt } from './history/history.ts';
import type { Network } from './network.ts';
import { SequenceQueue } from './sequence-queue.ts';

export type Submitted =
  | { state: 'applied'; at: TransactionAt; hash: string }
  | { state: 'failed'; resultXdr: string; hash: string }
  | { state: 'timeout'; hash: string }
  | { state: 'malformed' };

export interface SubmissionOptions {
  /** how long an answer may be awaited, in milliseconds */
  timeoutMs: number;
  /** how long a transaction with a gap in its sequence is held back, in milliseconds */
  sequenceHoldMs: number;
}

/** The results that Horizon makes up itself: no fee, no fee bump around them. */
const BAD_SEQUENCE = 'AAAAAAAAAAD////7AAAAAA==';
const NO_ACCOUNT = 'AAAAAAAAAAD////4AAAAAA==';

/** Horizon's way of submitting: an answer comes when the transaction is in a ledger, is refused, or time is up. */
export class Submissions {
  private readonly network: Network;
  private readonly options: SubmissionOptions;
  private readonly sequences: SequenceQueue;
  private readonly open = new Set<() => void>();

  constructor(network: Network, options: SubmissionOptions) {
    this.network = network;
    this.options = options;
    this.sequences = new SequenceQueue(network.clock, options.sequenceHoldMs);
    network.onLedger(() => this.sequences.update((source) => network.ledger.account(source)?.sequence));
  }

  /** The parsed envelope, or null for what is none. */
  read(raw: string) {
    const { passphrase } = this.network.ledger.settings;
    return new EnvelopeReader(passphrase).read(raw);
  }

  async submit(raw: string, signal?: AbortSignal): Promise<Submitted> {
    const envelope = this.read(raw);
    if (envelope === null) return { state: 'malformed' };
    const hash = envelope.id;
    const deadline = new AbortController();
    const giveUp = () => deadline.abort();
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) giveUp();
    this.open.add(giveUp);
    const stop = new AbortController();
    const timer = this.network.clock.sleep(this.options.timeoutMs, stop.signal).then(giveUp);
    try {
      return this.find(hash) ?? (await this.send(raw, hash, innermost(envelope), deadline.signal));
    } finally {
      this.open.delete(giveUp);
      stop.abort();
      signal?.removeEventListener('abort', giveUp);
      await timer;
    }
  }

  /** Ends all waiting, as time-outs. */
  giveUpAll(): void {
    for (const giveUp of [...this.open]) giveUp();
  }

  /** What is in history for this hash, of an outer or inner transaction. */
  find(hash: string): Submitted | null {
    const at = this.network.history.transaction(hash);
    if (at === undefined) return null;
    return at.row.successful
      ? { state: 'applied', at, hash }
      : { state: 'failed', resultXdr: at.row.resultXdr, hash };
  }

  private async send(
    raw: string,
    hash: string,
    inner: ParsedTransaction,
    signal: AbortSignal,
  ): Promise<Submitted> {
    const current = this.network.ledger.account(inner.source)?.sequence;
    if (current === undefined) return { state: 'failed', resultXdr: NO_ACCOUNT, hash };
    const least = inner.preconditions.minSequence;
    const senseless = inner.sequence < 0n || (least !== undefined && (least < 0n || least >= inner.sequence));
    const turn = senseless
      ? 'bad_sequence'
      : await this.sequences.turn(inner.source, inner.sequence, least, current, signal);
    if (turn === 'aborted') return { state: 'timeout', hash };
    if (turn === 'bad_sequence') {
      return this.find(hash) ?? { state: 'failed', resultXdr: BAD_SEQUENCE, hash };
    }
    const answer = this.network.ledger.submit(raw);
    if (answer.status === 'malformed') return { state: 'malformed' };
    if (answer.status === 'error') {
      return this.find(hash) ?? { state: 'failed', resultXdr: answer.resultXdr, hash };
    }
    if (answer.status !== 'try_again_later' && this.severalMayWait) {
      this.sequences.advance(inner.source, inner.sequence);
    }
    // What the core did not take may still come by another way, or become impossible.
    const turnedAway = answer.status === 'try_again_later';
    return this.arrival(hash, signal, () => (turnedAway ? this.impossible(raw, hash) : null));
  }

  /** Where the core takes one transaction per source, the next one is passed on after the ledger only. */
  private get severalMayWait(): boolean {
    return (this.network.ledger.settings.queue?.pendingPerAccount ?? 1) > 1;
  }

  private impossible(raw: string, hash: string): Submitted | null {
    const answer = this.network.ledger.check(raw);
    return answer.status === 'error' ? { state: 'failed', resultXdr: answer.resultXdr, hash } : null;
  }

  /** Resolves when history knows the hash, or as a timeout when the signal aborts. */
  private arrival(hash: string, signal: AbortSignal, otherwise: () => Submitted | null): Promise<Submitted> {
    return new Promise<Submitted>((resolve) => {
      const end = (outcome: Submitted) => {
        leave();
        signal.removeEventListener('abort', onAbort);
        resolve(outcome);
      };
      const onTimeout = (): Submitted => ({ state: 'timeout', hash });
      const onAbort = () => end(onTimeout());
      const { generation } = this.network;
      const leave = this.network.onLedger(() => {
        const isSameNetwork = this.network.generation === generation;
        const found = isSameNetwork ? (this.find(hash) ?? otherwise()) : onTimeout();
        if (found !== null) end(found);
      });
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
  }
}
