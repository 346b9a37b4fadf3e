import { badInput } from './errors.ts';
import { isAccount } from './strkey.ts';

/** An asset on Stellar. Native XLM has no issuer. */
export interface StellarAsset {
  code: string;
  issuer: string | null;
}

export const NATIVE: StellarAsset = Object.freeze({ code: 'native', issuer: null });

const CODE = /^[A-Za-z0-9]{1,12}$/;

export const isAssetCode = (text: unknown): text is string => typeof text === 'string' && CODE.test(text);

export const isNative = (asset: StellarAsset): boolean => asset.issuer === null;

export const sameAsset = (a: StellarAsset, b: StellarAsset): boolean =>
  a.code === b.code && a.issuer === b.issuer;

/** `native` or `CODE:ISSUER`: the form used inside, as Horizon prints it. */
export function assetKey(asset: StellarAsset): string {
  return asset.issuer === null ? 'native' : `${asset.code}:${asset.issuer}`;
}

/** @throws ASSET_INVALID (400) */
export function parseAssetKey(text: string): StellarAsset {
  if (text === 'native') return NATIVE;
  const [code, issuer, rest] = text.split(':');
  if (rest !== undefined || !isAssetCode(code) || !isAccount(issuer)) {
    throw badInput('ASSET_INVALID', 'An asset is written native or CODE:ISSUER.');
  }
  return { code, issuer };
}

/** The SEP-38 asset identification format (SC-24): `stellar:CODE:ISSUER`, `stellar:native`, `iso4217:XXX`. */
export type AssetId = string;

export function assetId(asset: StellarAsset): AssetId {
  return `stellar:${assetKey(asset)}`;
}

/** @throws ASSET_INVALID (400) */
export function parseAssetId(
  text: unknown,
): { scheme: 'stellar'; asset: StellarAsset } | { scheme: 'iso4217'; currency: string } {
  if (typeof text === 'string' && text.startsWith('stellar:')) {
    return { scheme: 'stellar', asset: parseAssetKey(text.slice('stellar:'.length)) };
  }
  if (typeof text === 'string' && /^iso4217:[A-Z]{3}$/.test(text)) {
    return { scheme: 'iso4217', currency: text.slice('iso4217:'.length) };
  }
  throw badInput('ASSET_INVALID', 'An asset is written stellar:CODE:ISSUER, stellar:native or iso4217:XXX.');
}
