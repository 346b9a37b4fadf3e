import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { AnchorError, messageOf } from '../../kernel/errors.ts';
import { stateUnusable } from '../options.ts';

const SUM_LENGTH = 12;

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, SUM_LENGTH);

/**
 * A file of lines, each with a checksum, to which one appends. A last line that is torn or does not match its sum was
 * never acknowledged and is cut off on opening; a bad line before others means damage.
 */
export class LogFile {
  private readonly descriptor: number;
  private readonly path: string;
  size: number;

  private constructor(path: string, descriptor: number, size: number) {
    this.path = path;
    this.descriptor = descriptor;
    this.size = size;
  }

  /** Opens or makes the file, without looking at what it holds. */
  static openUnread(path: string): LogFile {
    return new LogFile(path, openSync(path, 'a+', 0o600), 0);
  }

  /** Opens or makes the file and hands each whole line, with the offset behind it, to `read`. */
  static open(path: string, read: (text: string, end: number) => void): LogFile {
    const descriptor = openSync(path, 'a+', 0o600);
    const bytes = readFileSync(path);
    let good = 0;
    while (good < bytes.length) {
      const newline = bytes.indexOf(10, good);
      const end = newline < 0 ? bytes.length : newline + 1;
      const line = newline < 0 ? '' : bytes.toString('utf8', good, newline);
      const text = line.slice(SUM_LENGTH + 1);
      if (newline < 0 || sumOf(text) !== line.slice(0, SUM_LENGTH)) {
        if (end === bytes.length) break;
        closeSync(descriptor);
        throw stateUnusable(path, `it is damaged at byte ${good}`);
      }
      read(text, end);
      good = end;
    }
    if (good < bytes.length) ftruncateSync(descriptor, good);
    return new LogFile(path, descriptor, good);
  }

  append(text: string): void {
    const line = Buffer.from(`${sumOf(text)} ${text}\n`);
    let written = 0;
    try {
      while (written < line.length) written += writeSync(this.descriptor, line, written);
    } catch (error) {
      ftruncateSync(this.descriptor, this.size);
      throw new AnchorError({
        code: 'SANDBOX_STATE_UNWRITABLE',
        message: `The sandbox cannot write its state to ${this.path}: ${messageOf(error)}.`,
        hint: 'Make room on the disk, or name another file with --state.',
        cause: error,
      });
    }
    this.size += line.length;
  }

  /** Begins anew. */
  clear(): void {
    ftruncateSync(this.descriptor, 0);
    this.size = 0;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
