/** The only source of time. The simulation brings its own. */
export interface Clock {
  /** milliseconds since 1970 */
  now(): number;
  /** resolves after `ms`, or at once when the signal aborts; never rejects */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** ISO 8601 in UTC with milliseconds and a trailing Z, the one format we store and print (SC-25). */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
