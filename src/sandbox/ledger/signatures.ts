import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { xdr } from '@stellar/stellar-sdk';
import { type SignerParts, signerParts } from './keys.ts';
import type { AccountEntry } from './types.ts';

/** DER around a raw ed25519 public key. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const CACHE_SIZE = 10_000;
const publicKeys = new Map<string, KeyObject>();

function publicKeyOf(raw: Buffer): KeyObject {
  const id = raw.toString('latin1');
  const known = publicKeys.get(id);
  if (known) return known;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  if (publicKeys.size >= CACHE_SIZE) publicKeys.clear();
  publicKeys.set(id, key);
  return key;
}

function verifyEd25519(key: Buffer, message: Buffer, signature: Buffer): boolean {
  return signature.length === 64 && verify(null, message, publicKeyOf(key), signature);
}

/** The last four bytes, filled up with zeros. */
function hintOf(bytes: Buffer): Buffer {
  if (bytes.length >= 4) return bytes.subarray(bytes.length - 4);
  return Buffer.concat([bytes], 4);
}

function expectedHint(signer: SignerParts): Buffer {
  const hint = hintOf(signer.key);
  if (signer.type !== 'signed_payload') return hint;
  const payload = hintOf(signer.payload);
  return Buffer.from(hint.map((byte, i) => byte ^ (payload[i] as number)));
}

export interface WeightedSigner {
  key: string;
  weight: number;
}

/** The signatures of one envelope; what was verified once (at the door) is not verified again (when applied). */
export class SignatureMemo {
  readonly hash: Buffer;
  readonly size: number;
  private readonly hints: Buffer[];
  private readonly signatures: Buffer[];
  private readonly known: Map<string, boolean>[];

  constructor(hash: Buffer, decorated: xdr.DecoratedSignature[]) {
    this.hash = hash;
    this.size = decorated.length;
    this.hints = decorated.map((one) => one.hint());
    this.signatures = decorated.map((one) => one.signature());
    this.known = decorated.map(() => new Map());
  }

  matches(index: number, key: string): boolean {
    const known = this.known[index] as Map<string, boolean>;
    let answer = known.get(key);
    if (answer === undefined) {
      answer = this.verify(index, signerParts(key));
      known.set(key, answer);
    }
    return answer;
  }

  private verify(index: number, signer: SignerParts): boolean {
    const signature = this.signatures[index] as Buffer;
    if (!expectedHint(signer).equals(this.hints[index] as Buffer)) return false;
    switch (signer.type) {
      case 'ed25519':
        return verifyEd25519(signer.key, this.hash, signature);
      case 'hash_x':
        return createHash('sha256').update(signature).digest().equals(signer.key);
      case 'signed_payload':
        return verifyEd25519(signer.key, signer.payload, signature);
      case 'pre_auth':
        return false;
    }
  }
}

const SIGNED_TYPES = ['hash_x', 'ed25519', 'signed_payload'] as const;

/** Adds up weights for one look at an envelope and remembers which signatures were of use (core: SignatureChecker). */
export class SignatureChecker {
  private readonly memo: SignatureMemo;
  private readonly used: boolean[];

  constructor(memo: SignatureMemo) {
    this.memo = memo;
    this.used = new Array(memo.size).fill(false);
  }

  /**
   * Whether the signers reach the weight. Even a needed weight of 0 takes one valid signature. Signatures beyond what
   * was needed stay unused.
   */
  reaches(signers: readonly WeightedSigner[], neededWeight: number): boolean {
    let total = 0;
    for (const signer of signers) {
      const parts = signerParts(signer.key);
      if (parts.type !== 'pre_auth' || !parts.key.equals(this.memo.hash)) continue;
      total += Math.min(signer.weight, 255);
      if (total >= neededWeight) return true;
    }
    for (const type of SIGNED_TYPES) {
      const left = signers.filter((signer) => signerParts(signer.key).type === type);
      for (let i = 0; i < this.memo.size && left.length > 0; i++) {
        const at = left.findIndex((signer) => this.memo.matches(i, signer.key));
        if (at < 0) continue;
        this.used[i] = true;
        total += Math.min((left[at] as WeightedSigner).weight, 255);
        if (total >= neededWeight) return true;
        left.splice(at, 1);
      }
    }
    return false;
  }

  accountReaches(account: AccountEntry, neededWeight: number): boolean {
    return this.reaches(signersOf(account), neededWeight);
  }

  allUsed(): boolean {
    return !this.used.includes(false);
  }
}

/** The master key, where it has weight, and the others. */
function signersOf(account: AccountEntry): WeightedSigner[] {
  const master = { key: account.id, weight: account.masterWeight };
  return account.masterWeight > 0 ? [master, ...account.signers] : account.signers;
}
