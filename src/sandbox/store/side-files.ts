import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { decode, encode } from './codec.ts';

const WIDTH = 120;

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

function readSummed(path: string): string | null {
  try {
    const [sum = '', ...rest] = readFileSync(path, 'utf8').split('\n');
    const text = rest.join('\n').trimEnd();
    return sum === sumOf(text) ? text : null;
  } catch {
    return null; // absent or unreadable: it is only a help
  }
}

export interface Tip {
  id: string;
  sequence: number;
  closeTime: number;
}

/**
 * The last ledger closed, written over the same bytes again and again: a network that idles for days does not grow its
 * file, and yet never goes back in time.
 */
export class TipFile {
  private readonly path: string;
  private descriptor: number | null = null;

  constructor(path: string) {
    this.path = path;
  }

  read(id: string): Tip | null {
    const text = readSummed(this.path);
    const tip = text === null ? null : (decode(text) as Tip);
    return tip?.id === id ? tip : null;
  }

  write(tip: Tip): void {
    this.descriptor ??= openSync(this.path, 'w', 0o600);
    const text = encode(tip);
    writeSync(this.descriptor, `${sumOf(text)}\n${text}`.padEnd(WIDTH), 0);
  }

  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }
}

export interface SavedSnapshot {
  id: string;
  /** how much of the log it contains, in bytes */
  offset: number;
  snapshot: unknown;
}

/** The whole state at some point of the log, so that a start need not apply everything again. Losing it costs time only. */
export class SnapshotFile {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  read(id: string): SavedSnapshot | null {
    const text = readSummed(this.path);
    const saved = text === null ? null : (decode(text) as SavedSnapshot);
    return saved?.id === id ? saved : null;
  }

  /** @returns its size in bytes */
  write(saved: SavedSnapshot): number {
    const text = encode(saved);
    const temporary = `${this.path}.tmp`;
    writeFileSync(temporary, `${sumOf(text)}\n${text}`, { mode: 0o600 });
    renameSync(temporary, this.path);
    return text.length;
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
