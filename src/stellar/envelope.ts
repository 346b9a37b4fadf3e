import { createHash } from 'node:crypto';
import type { StellarAsset } from '../kernel/assets.ts';
import type { Memo } from '../kernel/memos.ts';
import { rawPublicKey } from './keys.ts';
import { unreadable, XdrReader } from './xdr-reader.ts';

/** Who may claim, and from how many seconds after its creation; 0: at once. */
export interface ReadClaimant {
  account: string;
  afterSeconds: number;
}

/** The operations that payments are made of, and no others. Amounts are in stroops. */
export type ReadOperation = { source: string | null } & (
  | { type: 'createAccount'; destination: string; startingBalance: bigint }
  | { type: 'payment'; destination: string; asset: StellarAsset; amount: bigint }
  | { type: 'createClaimableBalance'; asset: StellarAsset; amount: bigint; claimants: ReadClaimant[] }
  | { type: 'setTrustLineFlags'; trustor: string; asset: StellarAsset; clear: number; set: number }
);

/** A signature as it stands in an envelope: the last 4 bytes of its key, and 64 bytes. */
export interface Decorated {
  hint: Uint8Array;
  signature: Uint8Array;
}

export interface ReadEnvelope {
  source: string;
  /** stroops, of the whole transaction */
  fee: bigint;
  sequence: bigint;
  /** Unix seconds; 0: none */
  minTime: bigint;
  maxTime: bigint;
  maxLedger: number;
  memo: Memo | null;
  operations: ReadOperation[];
  signatures: Decorated[];
  /** the envelope without its signatures: what is signed, and the front of what is sent */
  unsigned: Buffer;
}

/**
 * Reads an envelope without the SDK: an independent look at the very bytes that are signed. Everything that our payments never have is
 * refused: other operations, preconditions beyond time and ledger bounds (reliability R2), fee bumps.
 *
 * @param xdr base64
 * @throws ENVELOPE_UNREADABLE (400, exit 2)
 */
export function readPaymentEnvelope(xdr: string): ReadEnvelope {
  const bytes = fromBase64(xdr);
  const reader = new XdrReader(bytes);
  if (reader.uint32() !== 2) throw unreadable('an unknown kind of envelope');
  const source = reader.muxedAccount();
  const fee = BigInt(reader.uint32());
  const sequence = reader.int64();
  const bounds = preconditions(reader);
  const memo = reader.memo();
  const operations = reader.list(100, () => operation(reader));
  if (reader.uint32() !== 0) throw unreadable('an extension');
  const unsigned = bytes.subarray(0, reader.at);
  const signatures = reader.list(20, () => decorated(reader));
  if (reader.at !== bytes.length) throw unreadable('something follows it');
  return { source, fee, sequence, ...bounds, memo, operations, signatures, unsigned };
}

/** What a signature signs: SHA-256 over the network's id, the envelope type and the transaction. */
export function hashOf(envelope: Pick<ReadEnvelope, 'unsigned'>, passphrase: string): Buffer {
  const network = createHash('sha256').update(passphrase).digest();
  return createHash('sha256').update(network).update(envelope.unsigned).digest();
}

/** The envelope with these signatures after those that it has; base64. */
export function withSignatures(
  envelope: Pick<ReadEnvelope, 'unsigned' | 'signatures'>,
  more: readonly Decorated[],
): string {
  const all = [...envelope.signatures, ...more];
  const count = Buffer.alloc(4);
  count.writeUInt32BE(all.length);
  const length = Buffer.from([0, 0, 0, 64]);
  const parts = all.flatMap(({ hint, signature }) => [hint, length, signature]);
  return Buffer.concat([envelope.unsigned, count, ...parts]).toString('base64');
}

/** The last four bytes of a `G…`. */
export const hintOf = (account: string): Uint8Array => rawPublicKey(account).subarray(28);

function fromBase64(xdr: string): Buffer {
  const text = xdr.trim();
  const bytes = Buffer.from(text, 'base64');
  if (text.length > 100_000 || bytes.toString('base64') !== text) throw unreadable('it is not base64');
  return bytes;
}

function preconditions(reader: XdrReader): Pick<ReadEnvelope, 'minTime' | 'maxTime' | 'maxLedger'> {
  const times = () => ({ minTime: reader.uint64(), maxTime: reader.uint64() });
  const none = { minTime: 0n, maxTime: 0n };
  const kind = reader.uint32();
  if (kind === 0) return { ...none, maxLedger: 0 };
  if (kind === 1) return { ...times(), maxLedger: 0 };
  if (kind !== 2) throw unreadable('unknown preconditions');
  const time = reader.optional(times) ?? none;
  const ledgers = reader.optional(() => [reader.uint32(), reader.uint32()] as const);
  const plain =
    !reader.flag() && reader.uint64() === 0n && reader.uint32() === 0 && reader.list(2, () => 0).length === 0;
  if (!plain) throw unreadable('preconditions that we never set');
  return { ...time, maxLedger: ledgers?.[1] ?? 0 };
}

function operation(reader: XdrReader): ReadOperation {
  const source = reader.optional(() => reader.muxedAccount());
  switch (reader.uint32()) {
    case 0:
      return {
        source,
        type: 'createAccount',
        destination: reader.account(),
        startingBalance: reader.int64(),
      };
    case 1:
      return {
        source,
        type: 'payment',
        destination: reader.muxedAccount(),
        asset: reader.asset(),
        amount: reader.int64(),
      };
    case 14:
      return {
        source,
        type: 'createClaimableBalance',
        asset: reader.asset(),
        amount: reader.int64(),
        claimants: reader.list(10, () => claimant(reader)),
      };
    case 21:
      return {
        source,
        type: 'setTrustLineFlags',
        trustor: reader.account(),
        asset: reader.asset(),
        clear: reader.uint32(),
        set: reader.uint32(),
      };
    default:
      throw unreadable('an operation that is no payment');
  }
}

/** Unconditional, or NOT(BEFORE_RELATIVE_TIME). */
function claimant(reader: XdrReader): ReadClaimant {
  if (reader.uint32() !== 0) throw unreadable('an unknown kind of claimant');
  const account = reader.account();
  const predicate = reader.uint32();
  if (predicate === 0) return { account, afterSeconds: 0 };
  if (predicate !== 3 || !reader.flag() || reader.uint32() !== 5) throw unreadable('an unknown condition');
  return { account, afterSeconds: Number(reader.int64()) };
}

function decorated(reader: XdrReader): Decorated {
  const hint = reader.take(4);
  if (reader.uint32() !== 64) throw unreadable('a signature that has not 64 bytes');
  return { hint, signature: reader.take(64) };
}
