import { createHash, type Hash } from 'node:crypto';

const KEPT = 400;

/** Everything that happened, as a digest of all and the text of the last events. */
export class Trace {
  readonly #hash: Hash = createHash('sha256');
  readonly #lines: string[] = [];
  readonly #all: boolean;
  #next = 0;
  count = 0;

  /** @param all keeps every line, for a replay that is to be read */
  constructor(all = false) {
    this.#all = all;
  }

  add(at: number, text: string): void {
    const line = `${at} ${text}`;
    this.count += 1;
    this.#hash.update(line);
    this.#hash.update('\n');
    if (this.#all) this.#lines.push(line);
    else {
      this.#lines[this.#next] = line;
      this.#next = (this.#next + 1) % KEPT;
    }
  }

  tail(): string[] {
    if (this.#all || this.#lines.length < KEPT) return [...this.#lines];
    return [...this.#lines.slice(this.#next), ...this.#lines.slice(0, this.#next)];
  }

  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 32);
  }
}
