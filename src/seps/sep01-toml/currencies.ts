import type { AssetRow } from '../../database/repositories/assets.ts';
import { isAccount, isContract } from '../../kernel/strkey.ts';
import { type TomlTable, tomlInvalid } from './write.ts';

const STATUSES = ['live', 'dead', 'test', 'private'];
const ANCHOR_TYPES = ['fiat', 'crypto', 'nft', 'stock', 'bond', 'commodity', 'realestate', 'other'];
const SUPPLIES = ['fixed_number', 'max_number', 'is_unlimited'] as const;
const MAX_NAME_CHARS = 20;

/** An issued asset's entry in CURRENCIES (S1-20 to S1-23); XLM has no issuer and no entry. */
export function currencyOf(asset: AssetRow, organization: string, live: boolean): TomlTable {
  const [scheme, anchored] = (asset.anchored_asset ?? '').split(':');
  return {
    code: asset.code,
    issuer: asset.issuer,
    status: live ? 'live' : 'test',
    display_decimals: asset.significant_decimals,
    name: asset.code,
    desc: asset.description ?? `${asset.code}, issued on Stellar and redeemed by ${organization}`,
    is_unlimited: true,
    is_asset_anchored: asset.anchored_asset !== null,
    anchor_asset_type: scheme === 'iso4217' ? 'fiat' : 'other',
    ...(anchored === undefined || scheme !== 'iso4217' ? {} : { anchor_asset: anchored }),
  };
}

/**
 * The generated entries with what the integration adds, by code and issuer. Code and issuer stay the database's: they must agree
 * with what `/info` says (S1-31). Entries for other assets are appended.
 *
 * @throws TOML_INVALID where an entry breaks a rule of SEP-1
 */
export function mergeCurrencies(generated: TomlTable[], added: TomlTable[]): TomlTable[] {
  const merged = generated.map((entry) => ({ ...entry }));
  for (const addition of added) {
    const at = merged.findIndex(
      (entry) =>
        entry['code'] === addition['code'] &&
        (addition['issuer'] === undefined || entry['issuer'] === addition['issuer']),
    );
    const entry = merged[at];
    if (entry === undefined) merged.push({ ...addition });
    else
      merged[at] = {
        ...withoutSupply(entry, addition),
        ...addition,
        code: entry['code'],
        issuer: entry['issuer'],
      };
  }
  for (const entry of merged) checkCurrency(entry);
  return merged;
}

/** An addition that tells the supply replaces ours (S1-21: exactly one). */
function withoutSupply(entry: TomlTable, addition: TomlTable): TomlTable {
  if (!SUPPLIES.some((name) => present(addition[name]))) return entry;
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !SUPPLIES.includes(name as never)));
}

const present = (value: unknown): boolean => value !== undefined && value !== null;

function checkCurrency(entry: TomlTable): void {
  const code = entry['code'];
  if (typeof code !== 'string' || !/^[A-Za-z0-9]{1,12}$/.test(code)) {
    throw tomlInvalid('a currency needs a code of 1 to 12 letters and digits');
  }
  const fault = faultOf(entry);
  if (fault !== null) throw tomlInvalid(`the currency ${code} ${fault}`);
}

function faultOf(entry: TomlTable): string | null {
  const { issuer, contract, name, status, display_decimals: decimals, anchor_asset_type: type } = entry;
  if (present(issuer) === present(contract)) return 'needs either an issuer or a contract';
  if (present(issuer) && !isAccount(issuer)) return 'has an issuer that is no account';
  if (present(contract) && !isContract(contract)) return 'has a contract that is no contract address';
  if (present(name) && (typeof name !== 'string' || [...name].length > MAX_NAME_CHARS)) {
    return `has a name longer than ${MAX_NAME_CHARS} characters`;
  }
  if (present(status) && !STATUSES.includes(status as string))
    return `has none of the statuses ${STATUSES.join(', ')}`;
  if (present(type) && !ANCHOR_TYPES.includes(type as string))
    return `has none of the types ${ANCHOR_TYPES.join(', ')}`;
  if (present(decimals) && !(Number.isInteger(decimals) && Number(decimals) >= 0 && Number(decimals) <= 7)) {
    return 'has display_decimals that are not 0 to 7';
  }
  const supplies = SUPPLIES.filter((one) => present(entry[one]));
  return supplies.length === 1 ? null : `needs exactly one of ${SUPPLIES.join(', ')}`;
}
