import { Asset, StrKey, xdr } from '@stellar/stellar-sdk';
import type { AssetString } from '../types.ts';
import { NATIVE } from './holdings.ts';

/** The address of an account id. */
export function addressOf(id: xdr.AccountId): string {
  return StrKey.encodeEd25519PublicKey(id.ed25519());
}

export function accountId(address: string): xdr.AccountId {
  return xdr.PublicKey.publicKeyTypeEd25519(StrKey.decodeEd25519PublicKey(address));
}

/** The account behind a plain or muxed destination. */
export function baseAddress(account: xdr.MuxedAccount): string {
  const key =
    account.switch() === xdr.CryptoKeyType.keyTypeEd25519()
      ? account.ed25519()
      : account.med25519().ed25519();
  return StrKey.encodeEd25519PublicKey(key);
}

function codeAndIssuer(asset: xdr.Asset): { code: Buffer; issuer: xdr.AccountId } | undefined {
  switch (asset.switch()) {
    case xdr.AssetType.assetTypeCreditAlphanum4():
      return { code: asset.alphaNum4().assetCode(), issuer: asset.alphaNum4().issuer() };
    case xdr.AssetType.assetTypeCreditAlphanum12():
      return { code: asset.alphaNum12().assetCode(), issuer: asset.alphaNum12().issuer() };
    default:
      return undefined;
  }
}

/** Letters and digits, then zeros only; 1 to 4 of them in the short form, 5 to 12 in the long one. */
export function isValidAsset(asset: xdr.Asset): boolean {
  const credit = codeAndIssuer(asset);
  if (!credit) return asset.switch() === xdr.AssetType.assetTypeNative();
  const code = /^([A-Za-z0-9]+)\0*$/.exec(credit.code.toString('latin1'))?.[1] ?? '';
  return credit.code.length === 4 ? code.length >= 1 : code.length >= 5;
}

/** `native` or `CODE:ISSUER`; for valid assets. */
export function assetString(asset: xdr.Asset): AssetString {
  const credit = codeAndIssuer(asset);
  if (!credit) return NATIVE;
  return `${credit.code.toString('latin1').replace(/\0+$/, '')}:${addressOf(credit.issuer)}`;
}

export function assetXdr(asset: AssetString): xdr.Asset {
  if (asset === NATIVE) return xdr.Asset.assetTypeNative();
  const [code = '', issuer = ''] = asset.split(':');
  return new Asset(code, issuer).toXDRObject();
}
