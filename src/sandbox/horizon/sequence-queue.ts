import type { Clock } from '../../kernel/clock.ts';

export type Turn = 'go' | 'bad_sequence' | 'aborted';

interface Waiting {
  sequence: bigint;
  least: bigint | undefined;
  decide(turn: Turn): void;
}

/**
 * Horizon passes transactions of one account to the core in the order of their sequence numbers: a used number is
 * refused, a number with a gap before it waits for the gap to fill, for a limited time.
 */
export class SequenceQueue {
  private readonly clock: Clock;
  private readonly holdMs: number;
  private readonly waiting = new Map<string, Waiting[]>();

  constructor(clock: Clock, holdMs: number) {
    this.clock = clock;
    this.holdMs = holdMs;
  }

  async turn(
    source: string,
    sequence: bigint,
    least: bigint | undefined,
    current: bigint,
    signal: AbortSignal,
  ): Promise<Turn> {
    const at = verdict(sequence, least, current);
    if (at !== 'wait') return at;
    const stop = new AbortController();
    const queue = this.waiting.get(source) ?? [];
    this.waiting.set(source, queue);
    const item: Waiting = { sequence, least, decide: () => {} };
    const decided = new Promise<Turn>((resolve) => {
      item.decide = resolve;
      queue.push(item);
      queue.sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
      signal.addEventListener('abort', () => resolve('aborted'), { once: true });
      if (signal.aborted) resolve('aborted');
      void this.clock.sleep(this.holdMs, stop.signal).then(() => resolve('bad_sequence'));
    });
    const turn = await decided;
    stop.abort();
    const left = (this.waiting.get(source) ?? []).filter((other) => other !== item);
    if (left.length === 0) this.waiting.delete(source);
    else this.waiting.set(source, left);
    return turn;
  }

  /** Looks at all that wait, with the sequence numbers of the ledger just closed. */
  update(currentOf: (source: string) => bigint | undefined): void {
    for (const source of [...this.waiting.keys()]) {
      const current = currentOf(source);
      if (current !== undefined) this.advance(source, current);
    }
  }

  /** The account's sequence number is, or will be once what is pending applies, `current`. */
  advance(source: string, current: bigint): void {
    for (const item of this.waiting.get(source) ?? []) {
      const at = verdict(item.sequence, item.least, current);
      if (at !== 'wait') item.decide(at);
    }
  }
}

function verdict(
  sequence: bigint,
  least: bigint | undefined,
  current: bigint,
): 'go' | 'bad_sequence' | 'wait' {
  if (sequence <= current) return 'bad_sequence';
  if (sequence === current + 1n) return 'go';
  return least !== undefined && least <= current ? 'go' : 'wait';
}
