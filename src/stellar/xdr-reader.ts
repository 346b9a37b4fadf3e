import { NATIVE, type StellarAsset } from '../kernel/assets.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { Memo } from '../kernel/memos.ts';
import { encodeStrKey } from '../kernel/strkey.ts';

/** @param what is strange about it */
export const unreadable = (what: string): AnchorError =>
  new AnchorError({
    code: 'ENVELOPE_UNREADABLE',
    message: `This is not a transaction that can be signed here: ${what}.`,
    hint: 'Give the transaction as base64 XDR, as anchor tx sign prints it.',
    exitStatus: 2,
    httpStatus: 400,
  });

/** XDR from the front, strictly: nothing is skipped, and whatever is not expected is refused. */
export class XdrReader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.bytes.length) throw unreadable('it ends too early');
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }

  uint32 = (): number => this.take(4).readUInt32BE();
  int64 = (): bigint => this.take(8).readBigInt64BE();
  uint64 = (): bigint => this.take(8).readBigUInt64BE();

  flag(): boolean {
    const value = this.uint32();
    if (value > 1) throw unreadable('a flag that is neither 0 nor 1');
    return value === 1;
  }

  optional<T>(read: () => T): T | null {
    return this.flag() ? read() : null;
  }

  list<T>(most: number, read: () => T): T[] {
    const length = this.uint32();
    if (length > most) throw unreadable('a list that is too long');
    return Array.from({ length }, read);
  }

  account(): string {
    if (this.uint32() !== 0) throw unreadable('an unknown kind of account');
    return encodeStrKey('account', this.take(32));
  }

  /** `G…` or `M…` */
  muxedAccount(): string {
    const kind = this.uint32();
    if (kind === 0) return encodeStrKey('account', this.take(32));
    if (kind !== 0x100) throw unreadable('an unknown kind of account');
    const id = this.take(8);
    return encodeStrKey('muxed', Buffer.concat([this.take(32), id]));
  }

  asset(): StellarAsset {
    const kind = this.uint32();
    if (kind === 0) return NATIVE;
    if (kind > 2) throw unreadable('an unknown kind of asset');
    const code = this.take(kind === 1 ? 4 : 12)
      .toString('latin1')
      .replace(/\0+$/, '');
    return { code, issuer: this.account() };
  }

  memo(): Memo | null {
    switch (this.uint32()) {
      case 0:
        return null;
      case 1: {
        const length = this.uint32();
        if (length > 28) throw unreadable('a memo that is too long');
        const text = this.take(length).toString('utf8');
        if (this.take((4 - (length % 4)) % 4).some((byte) => byte !== 0)) throw unreadable('bad padding');
        return { type: 'text', value: text };
      }
      case 2:
        return { type: 'id', value: this.uint64().toString() };
      case 3:
        return { type: 'hash', value: this.take(32).toString('hex') };
      default:
        throw unreadable('an unknown kind of memo');
    }
  }
}
