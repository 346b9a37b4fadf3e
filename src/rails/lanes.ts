import { setMaxListeners } from 'node:events';
import type { Clock } from '../kernel/clock.ts';

export interface LaneOptions {
  /** to begin with */
  width: number;
  /** at most, while calls hang */
  max: number;
  signal: AbortSignal;
  /** milliseconds on the clock after which nothing new is begun */
  deadlineMs: number;
}

const SLOW_MS = 1_000;
const IDLE_MS = 1_000;

/**
 * Works off what `next` gives in several lanes. A call that takes longer than a second gets a lane beside it, so that one that hangs
 * keeps no other waiting; while any is under way the idle lanes go on asking for more.
 *
 * @throws what `next` or `work` threw first, after all that was under way has ended
 */
export async function inLanes<T>(
  clock: Clock,
  options: LaneOptions,
  next: () => Promise<T | null>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  // every lane listens to it, and more than ten are no leak
  const stop = AbortSignal.any([options.signal]);
  setMaxListeners(0, stop);
  let lanes = 0;
  let busy = 0;
  const all: Promise<void>[] = [];
  const faults: unknown[] = [];
  const open = (): boolean => faults.length === 0 && !stop.aborted && clock.now() < options.deadlineMs;

  const handle = async (item: T): Promise<void> => {
    const done = new AbortController();
    busy += 1;
    const slow = clock.sleep(SLOW_MS, done.signal).then(() => {
      if (!done.signal.aborted && lanes < options.max && open()) start();
    });
    try {
      await work(item);
    } finally {
      busy -= 1;
      done.abort();
      await slow;
    }
  };

  const lane = async (): Promise<void> => {
    while (open()) {
      const item = await next();
      if (item !== null) await handle(item);
      else if (busy === 0) return;
      else await clock.sleep(IDLE_MS, stop);
    }
  };

  function start(): void {
    lanes += 1;
    const ended = lane().then(
      () => undefined,
      (error: unknown) => {
        faults.push(error);
      },
    );
    all.push(
      ended.then(() => {
        lanes -= 1;
      }),
    );
  }

  for (let i = 0; i < options.width; i++) start();
  for (let i = 0; i < all.length; i++) await all[i];
  if (faults.length > 0) throw faults[0];
}
