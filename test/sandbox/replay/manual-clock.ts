import type { Clock } from '../../../src/kernel/clock.ts';

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  private time = Date.UTC(2026, 10, 22);
  private sleepers: { until: number; ms: number; wake: () => void }[] = [];

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = {
        until: this.time + ms,
        ms,
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

  /** How many sleep for just so long. */
  sleeping(ms: number): number {
    return this.sleepers.filter((sleeper) => sleeper.ms === ms).length;
  }

  advance(ms: number): void {
    this.time += ms;
    for (const sleeper of this.sleepers.filter(({ until }) => until <= this.time)) sleeper.wake();
  }
}
