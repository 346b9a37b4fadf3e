import { Asset, type xdr } from '@stellar/stellar-sdk';
import type { AssetString } from '../ledger/types.ts';
import type { Fields } from './json.ts';

/** `native`, `credit_alphanum4` or `credit_alphanum12`. */
export function assetType(asset: AssetString): string {
  if (asset === 'native') return 'native';
  return asset.indexOf(':') <= 4 ? 'credit_alphanum4' : 'credit_alphanum12';
}

/** asset_type, asset_code, asset_issuer, each with a prefix such as `source_`. */
export function assetFields(asset: AssetString, prefix = ''): Fields {
  const fields: Fields = { [`${prefix}asset_type`]: assetType(asset) };
  if (asset === 'native') return fields;
  const [code, issuer] = asset.split(':');
  fields[`${prefix}asset_code`] = code;
  fields[`${prefix}asset_issuer`] = issuer;
  return fields;
}

export function assetOf(asset: xdr.Asset): AssetString {
  return Asset.fromOperation(asset).toString();
}
