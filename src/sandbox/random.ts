import { createHash } from 'node:crypto';

/** A stream of numbers in [0, 1) that depends on its seed alone. */
export class SeededRandom {
  private readonly seed: string;
  private count = 0;

  constructor(seed: string) {
    this.seed = seed;
  }

  next(): number {
    const digest = createHash('sha256')
      .update(`${this.seed}\0${this.count++}`)
      .digest();
    return digest.readUIntBE(0, 6) / 2 ** 48;
  }
}
