import { badInput } from '../../kernel/errors.ts';
import {
  type Address,
  challengeHash,
  type DecodedChallenge,
  type ManageData,
  type Signature,
  XDR,
} from './envelope.ts';

const MAX_DATA_BYTES = 64;
const MAX_OPERATIONS = 100;
const MAX_SIGNATURES = 20;

/** Every shape that is not a challenge: a fee bump, other operations, trailing bytes, base64 of something else. */
const notAChallenge = () =>
  badInput('CHALLENGE_MALFORMED', 'This is not a challenge transaction of this server in base64 XDR.');

/**
 * @param base64 the envelope with its signatures
 * @param networkId sha256 of the passphrase
 * @throws CHALLENGE_MALFORMED (400)
 */
export function decodeChallenge(base64: string, networkId: Uint8Array): DecodedChallenge {
  const bytes = Buffer.from(base64, 'base64');
  // Buffer skips what is not base64; encoding again shows it, and is five times cheaper than a regular expression
  if (bytes.length === 0 || bytes.toString('base64') !== base64) throw notAChallenge();
  try {
    return new ChallengeReader(bytes).envelope(networkId);
  } catch (error) {
    if (error instanceof RangeError) throw notAChallenge();
    throw error;
  }
}

/** Reads beyond the end are RangeErrors of Buffer. */
class ChallengeReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  envelope(networkId: Uint8Array): DecodedChallenge {
    this.#expect(XDR.envelopeTypeTx);
    const source = this.#address();
    const fee = this.#uint32();
    const sequence = this.#uint64();
    this.#expect(XDR.precondTime);
    const minTime = this.#uint64();
    const maxTime = this.#uint64();
    const memo = this.#memo();
    const operations: ManageData[] = [];
    for (let left = this.#count(MAX_OPERATIONS); left > 0; left--) operations.push(this.#operation());
    this.#expect(0);
    const hash = challengeHash(networkId, this.#bytes.subarray(0, this.#at));
    const signatures: Signature[] = [];
    for (let left = this.#count(MAX_SIGNATURES); left > 0; left--) signatures.push(this.#signature());
    if (this.#at !== this.#bytes.length) throw notAChallenge();
    return { source, fee, sequence, minTime, maxTime, memo, operations, hash, signatures };
  }

  #uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  #uint64(): bigint {
    const value = this.#bytes.readBigUInt64BE(this.#at);
    this.#at += 8;
    return value;
  }

  #expect(value: number): void {
    if (this.#uint32() !== value) throw notAChallenge();
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw notAChallenge();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #opaque(max: number): Buffer {
    const value = this.#take(this.#count(max));
    while (this.#at % 4 !== 0) {
      if (this.#bytes[this.#at] !== 0) throw notAChallenge();
      this.#at++;
    }
    return value;
  }

  #count(max: number): number {
    const count = this.#uint32();
    if (count > max) throw notAChallenge();
    return count;
  }

  #address(): Address {
    const type = this.#uint32();
    if (type === XDR.keyTypeEd25519) return { key: this.#take(32), muxedId: null };
    if (type !== XDR.keyTypeMuxedEd25519) throw notAChallenge();
    const muxedId = this.#take(8);
    return { key: this.#take(32), muxedId };
  }

  #memo(): string | null {
    const type = this.#uint32();
    if (type === XDR.memoNone) return null;
    if (type !== XDR.memoId) throw notAChallenge();
    return this.#uint64().toString();
  }

  #operation(): ManageData {
    this.#expect(1);
    const source = this.#address();
    this.#expect(XDR.manageData);
    const name = this.#opaque(MAX_DATA_BYTES).toString('utf8');
    this.#expect(1);
    return { source, name, value: this.#opaque(MAX_DATA_BYTES) };
  }

  #signature(): Signature {
    const hint = this.#take(4);
    return { hint, signature: this.#opaque(64) };
  }
}
