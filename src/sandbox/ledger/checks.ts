import type { xdr } from '@stellar/stellar-sdk';

const isLetterOrDigit = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);

/** Letters and digits, then zeros only; alphanum12 holds at least five (core: isAssetValid). */
export function isAssetCodeValid(code: Buffer): boolean {
  let length = code.length;
  while (length > 0 && code[length - 1] === 0) length--;
  if (length < (code.length === 4 ? 1 : 5)) return false;
  return code.subarray(0, length).every(isLetterOrDigit);
}

/** Lumens or a credit with a valid code. Pool shares are none. */
export function isAssetValid(asset: xdr.Asset | xdr.TrustLineAsset | xdr.ChangeTrustAsset): boolean {
  switch (asset.switch().name) {
    case 'assetTypeNative':
      return true;
    case 'assetTypeCreditAlphanum4':
      return isAssetCodeValid(asset.alphaNum4().assetCode());
    case 'assetTypeCreditAlphanum12':
      return isAssetCodeValid(asset.alphaNum12().assetCode());
    default:
      return false;
  }
}

export const isNativeAsset = (asset: { switch(): { name: string } }): boolean =>
  asset.switch().name === 'assetTypeNative';

/** ASCII without control characters (core: isStringValid). */
export function isStringValid(text: string | Buffer): boolean {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}
