import { xdr } from '@stellar/stellar-sdk';
import { decodeStrKey, encodeStrKey, type StrKeyKind } from '../../kernel/strkey.ts';
import type { AssetString, Hex, LedgerEntry } from './types.ts';

/** Both directions between text and XDR are asked for the same few keys again and again; the caches are bounded. */
const CACHE_SIZE = 20_000;

function remember<K, V>(cache: Map<K, V>, key: K, value: V): V {
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(key, value);
  return value;
}

const texts = new Map<string, string>();
const bytes = new Map<string, Buffer>();

/** Raw key -> strkey. */
export function encodeKey(kind: StrKeyKind, raw: Buffer): string {
  const key = kind + raw.toString('latin1');
  return texts.get(key) ?? remember(texts, key, encodeStrKey(kind, raw));
}

/** Strkey of a key that the ledger itself wrote -> raw key. */
export function decodeKey(kind: StrKeyKind, text: string): Buffer {
  const known = bytes.get(text);
  if (known) return known;
  return remember(bytes, text, Buffer.from(decodeStrKey(kind, text) ?? new Uint8Array(0)));
}

export function accountOf(id: xdr.AccountId): string {
  return encodeKey('account', id.ed25519());
}

export function accountXdr(id: string): xdr.AccountId {
  return xdr.PublicKey.publicKeyTypeEd25519(decodeKey('account', id));
}

/** The account under a muxed account; its id plays no part in the ledger. */
export function accountOfMuxed(muxed: xdr.MuxedAccount): string {
  const raw = muxed.switch().name === 'keyTypeMuxedEd25519' ? muxed.med25519().ed25519() : muxed.ed25519();
  return encodeKey('account', raw);
}

export const NATIVE = 'native';

type CreditAsset = xdr.Asset | xdr.TrustLineAsset | xdr.ChangeTrustAsset;

/** Any XDR asset but a pool share. */
export function assetOf(asset: CreditAsset): AssetString {
  switch (asset.switch().name) {
    case 'assetTypeCreditAlphanum4':
      return creditOf(asset.alphaNum4().assetCode(), accountOf(asset.alphaNum4().issuer()));
    case 'assetTypeCreditAlphanum12':
      return creditOf(asset.alphaNum12().assetCode(), accountOf(asset.alphaNum12().issuer()));
    default:
      return NATIVE;
  }
}

export function creditOf(code: Buffer, issuer: string): AssetString {
  let end = code.length;
  while (end > 0 && code[end - 1] === 0) end--;
  return `${code.toString('latin1', 0, end)}:${issuer}`;
}

export function issuerOf(asset: AssetString): string {
  return asset.slice(asset.indexOf(':') + 1);
}

interface CreditParts {
  type: 'alphaNum4' | 'alphaNum12';
  code: Buffer;
  issuer: xdr.AccountId;
}

function creditParts(asset: AssetString): CreditParts {
  const at = asset.indexOf(':');
  const type = at > 4 ? 'alphaNum12' : 'alphaNum4';
  const code = Buffer.alloc(type === 'alphaNum4' ? 4 : 12);
  code.write(asset.slice(0, at), 'latin1');
  return { type, code, issuer: accountXdr(asset.slice(at + 1)) };
}

export function assetXdr(asset: AssetString): xdr.Asset {
  if (asset === NATIVE) return xdr.Asset.assetTypeNative();
  const { type, code, issuer } = creditParts(asset);
  return type === 'alphaNum4'
    ? xdr.Asset.assetTypeCreditAlphanum4(new xdr.AlphaNum4({ assetCode: code, issuer }))
    : xdr.Asset.assetTypeCreditAlphanum12(new xdr.AlphaNum12({ assetCode: code, issuer }));
}

export function trustLineAssetXdr(asset: AssetString): xdr.TrustLineAsset {
  const { type, code, issuer } = creditParts(asset);
  return type === 'alphaNum4'
    ? xdr.TrustLineAsset.assetTypeCreditAlphanum4(new xdr.AlphaNum4({ assetCode: code, issuer }))
    : xdr.TrustLineAsset.assetTypeCreditAlphanum12(new xdr.AlphaNum12({ assetCode: code, issuer }));
}

/** `G…`, `T…`, `X…` or `P…`. */
export function signerKeyOf(key: xdr.SignerKey): string {
  switch (key.switch().name) {
    case 'signerKeyTypeEd25519':
      return encodeKey('account', key.ed25519());
    case 'signerKeyTypePreAuthTx':
      return encodeKey('preAuth', key.preAuthTx());
    case 'signerKeyTypeHashX':
      return encodeKey('hashX', key.hashX());
    default: {
      const signed = key.ed25519SignedPayload();
      return encodeSignedPayload(signed.ed25519(), signed.payload());
    }
  }
}

/** SEP-23: the key, the payload's length, the payload padded to a multiple of four. */
function encodeSignedPayload(key: Buffer, payload: Buffer): string {
  const padded = Buffer.alloc(36 + Math.ceil(payload.length / 4) * 4);
  key.copy(padded);
  padded.writeUInt32BE(payload.length, 32);
  payload.copy(padded, 36);
  return encodeKey('signedPayload', padded);
}

/** The parts of a signer's strkey. */
export type SignerParts =
  | { type: 'ed25519' | 'pre_auth' | 'hash_x'; key: Buffer }
  | { type: 'signed_payload'; key: Buffer; payload: Buffer };

const signers = new Map<string, SignerParts>();

export function signerParts(text: string): SignerParts {
  return signers.get(text) ?? remember(signers, text, parseSigner(text));
}

function parseSigner(text: string): SignerParts {
  switch (text[0]) {
    case 'T':
      return { type: 'pre_auth', key: decodeKey('preAuth', text) };
    case 'X':
      return { type: 'hash_x', key: decodeKey('hashX', text) };
    case 'P': {
      const raw = decodeKey('signedPayload', text);
      const payload = raw.subarray(36, 36 + raw.readUInt32BE(32));
      return { type: 'signed_payload', key: raw.subarray(0, 32), payload };
    }
    default:
      return { type: 'ed25519', key: decodeKey('account', text) };
  }
}

export function signerKeyXdr(text: string): xdr.SignerKey {
  const parts = signerParts(text);
  switch (parts.type) {
    case 'ed25519':
      return xdr.SignerKey.signerKeyTypeEd25519(parts.key);
    case 'pre_auth':
      return xdr.SignerKey.signerKeyTypePreAuthTx(parts.key);
    case 'hash_x':
      return xdr.SignerKey.signerKeyTypeHashX(parts.key);
    case 'signed_payload': {
      const { key: ed25519, payload } = parts;
      return xdr.SignerKey.signerKeyTypeEd25519SignedPayload(
        new xdr.SignerKeyEd25519SignedPayload({ ed25519, payload }),
      );
    }
  }
}

const SIGNER_ORDER = { ed25519: 0, pre_auth: 1, hash_x: 2, signed_payload: 3 } as const;

/** The core keeps signers sorted by type, then key (then payload). */
export function compareSigners(a: string, b: string): number {
  const left = signerParts(a);
  const right = signerParts(b);
  const byType = SIGNER_ORDER[left.type] - SIGNER_ORDER[right.type];
  if (byType !== 0) return byType;
  const byKey = left.key.compare(right.key);
  if (byKey !== 0 || left.type !== 'signed_payload' || right.type !== 'signed_payload') return byKey;
  return left.payload.compare(right.payload);
}

/** The name of an entry in the ledger's map. */
export const keys = {
  account: (id: string): string => `account ${id}`,
  trustline: (account: string, asset: AssetString): string => `trustline ${account} ${asset}`,
  offer: (id: bigint): string => `offer ${id}`,
  data: (account: string, name: string): string => `data ${account} ${name}`,
  claimableBalance: (id: Hex): string => `claimable ${id}`,
};

export function keyOf(entry: LedgerEntry): string {
  switch (entry.kind) {
    case 'account':
      return keys.account(entry.id);
    case 'trustline':
      return keys.trustline(entry.account, entry.asset);
    case 'offer':
      return keys.offer(entry.id);
    case 'data':
      return keys.data(entry.account, entry.name);
    case 'claimable_balance':
      return keys.claimableBalance(entry.id);
  }
}
