/** First come, first served; one holder at a time. */
export class Mutex {
  #held = false;
  readonly #waiting: (() => void)[] = [];

  /** whether the next `lock` has to wait */
  get held(): boolean {
    return this.#held;
  }

  /** Resolves with true when the lock is held, with false when the signal aborted first. */
  lock(signal?: AbortSignal): Promise<boolean> {
    if (!this.#held) {
      this.#held = true;
      return Promise.resolve(true);
    }
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        resolve(false);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(enter);
    });
  }

  unlock(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#held = false;
    else next();
  }
}
