import { createHash } from 'node:crypto';
import type { xdr } from '@stellar/stellar-sdk';
import { badInput } from '../../kernel/errors.ts';
import type { KeyPair } from '../../stellar/keys.ts';
import type { SdkCore } from '../../stellar/sdk.ts';

export type Entry = xdr.SorobanAuthorizationEntry;
export type Value = xdr.ScVal;

/** Names of the arguments of `web_auth_verify` with their texts (S45-08). */
export type Args = Readonly<Record<string, string>>;

/** An upload of no bytes: the host function of an operation whose list of authorizations is read. */
const EMPTY_UPLOAD = Buffer.from('0000000200000000', 'hex');
/** the longest that a list may be: server, client, client domain, and some to be told that they are strangers */
const MAX_ENTRIES = 8;

export const FUNCTION = 'web_auth_verify';

const malformed = (what: string) =>
  badInput('CHALLENGE_MALFORMED', `authorization_entries is not as it must be: ${what}.`);

/** `SorobanAuthorizationEntries`: a count of 4 bytes, then the entries (S45-05). No version of the SDK needs to know the array's type. */
export function encodeEntries(entries: readonly Entry[]): string {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(entries.length);
  return Buffer.concat([count, ...entries.map((entry) => entry.toXDR())]).toString('base64');
}

/**
 * Strictly: base64 in its one normal form, nothing after the last entry, at least one entry (S45-15).
 *
 * @throws CHALLENGE_MALFORMED (400)
 */
export function decodeEntries(sdk: SdkCore, base64: string): Entry[] {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length < 4 || bytes.toString('base64') !== base64) throw malformed('it is no base64');
  const count = bytes.readUInt32BE(0);
  if (count === 0) throw malformed('it has no entry');
  if (count > MAX_ENTRIES) throw malformed('it has too many entries');
  try {
    // the list stands at the end of that operation just as it does here
    return sdk.xdr.InvokeHostFunctionOp.fromXDR(Buffer.concat([EMPTY_UPLOAD, bytes])).auth();
  } catch {
    // also kinds of credentials that came after SEP-45 0.1.1 (S45-26), and depths that nobody means
    throw malformed('it is no list of Soroban authorization entries');
  }
}

/** One ScMap from Symbol to String, its keys in order (S45-08). */
export function encodeArgs(sdk: SdkCore, args: Args): Value {
  const { ScMapEntry, ScVal } = sdk.xdr;
  const names = Object.keys(args).sort();
  return ScVal.scvMap(
    names.map((name) => {
      const val = ScVal.scvString(Buffer.from(args[name] as string));
      return new ScMapEntry({ key: ScVal.scvSymbol(name), val });
    }),
  );
}

/** Null for anything else than `encodeArgs` writes. */
export function decodeArgs(value: Value): Args | null {
  const entries = mapOf(value);
  if (entries === null) return null;
  const args: Record<string, string> = Object.create(null);
  let last = '';
  for (const entry of entries) {
    if (entry.key().switch().name !== 'scvSymbol' || entry.val().switch().name !== 'scvString') return null;
    const name = entry.key().sym().toString();
    if (name <= last) return null;
    last = name;
    args[name] = entry.val().str().toString();
  }
  return args;
}

const mapOf = (value: Value): xdr.ScMapEntry[] | null =>
  value.switch().name === 'scvMap' ? value.map() : null;

export interface Unsigned {
  /** the call that is authorized */
  invocation: xdr.SorobanAuthorizedInvocation;
  /** of the network, against replay */
  nonce: xdr.Int64;
  expirationLedger: number;
}

/** sha256 of the preimage that accounts sign: `HashIdPreimage`, envelopeTypeSorobanAuthorization (S45-10). */
export function payloadOf(sdk: SdkCore, networkId: Uint8Array, unsigned: Unsigned): Buffer {
  const { HashIdPreimage, HashIdPreimageSorobanAuthorization } = sdk.xdr;
  const preimage = HashIdPreimage.envelopeTypeSorobanAuthorization(
    new HashIdPreimageSorobanAuthorization({
      networkId: Buffer.from(networkId),
      nonce: unsigned.nonce,
      signatureExpirationLedger: unsigned.expirationLedger,
      invocation: unsigned.invocation,
    }),
  );
  return createHash('sha256').update(preimage.toXDR()).digest();
}

/** The signature of a classic account: a Vec of one Map `{public_key, signature}` (S45-10). */
export function encodeSignature(sdk: SdkCore, keyPair: KeyPair, payload: Uint8Array): Value {
  const { ScMapEntry, ScVal } = sdk.xdr;
  const bytes = (name: string, value: Uint8Array) =>
    new ScMapEntry({ key: ScVal.scvSymbol(name), val: ScVal.scvBytes(Buffer.from(value)) });
  return ScVal.scvVec([
    ScVal.scvMap([bytes('public_key', keyPair.rawPublicKey), bytes('signature', keyPair.sign(payload))]),
  ]);
}

export interface AccountSignature {
  publicKey: Buffer;
  signature: Buffer;
}

/** The signatures of a classic account; null for a value of another form. */
export function decodeSignatures(value: Value): AccountSignature[] | null {
  if (value.switch().name !== 'scvVec') return null;
  const found: AccountSignature[] = [];
  for (const one of value.vec() ?? []) {
    const parts = mapOf(one);
    const publicKey = bytesAt(parts, 0, 'public_key', 32);
    const signature = bytesAt(parts, 1, 'signature', 64);
    if (parts?.length !== 2 || publicKey === null || signature === null) return null;
    found.push({ publicKey, signature });
  }
  return found;
}

function bytesAt(
  parts: readonly xdr.ScMapEntry[] | null,
  at: number,
  name: string,
  length: number,
): Buffer | null {
  const part = parts?.[at];
  if (part === undefined || part.key().switch().name !== 'scvSymbol') return null;
  if (part.key().sym().toString() !== name || part.val().switch().name !== 'scvBytes') return null;
  const bytes = part.val().bytes();
  return bytes.length === length ? bytes : null;
}
