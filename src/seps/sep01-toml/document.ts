import type { Organization } from '../../config/project.ts';
import { type AssetRow, listAssets } from '../../database/repositories/assets.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import type { SepModule } from '../shared/module.ts';
import { additionsOf } from './additions.ts';
import { currencyOf, mergeCurrencies } from './currencies.ts';
import { type TomlTable, tomlInvalid, writeToml } from './write.ts';

/** Version of SEP-1 that this file follows (S1-07). */
const VERSION = '2.7.0';
/** S1-04. */
const MAX_BYTES = 100_000;

const ORGANIZATION_KEYS: Record<keyof Organization, string> = {
  name: 'ORG_NAME',
  dba: 'ORG_DBA',
  url: 'ORG_URL',
  logo: 'ORG_LOGO',
  description: 'ORG_DESCRIPTION',
  physicalAddress: 'ORG_PHYSICAL_ADDRESS',
  phoneNumber: 'ORG_PHONE_NUMBER',
  keybase: 'ORG_KEYBASE',
  twitter: 'ORG_TWITTER',
  github: 'ORG_GITHUB',
  officialEmail: 'ORG_OFFICIAL_EMAIL',
  supportEmail: 'ORG_SUPPORT_EMAIL',
  licensingAuthority: 'ORG_LICENSING_AUTHORITY',
  licenseType: 'ORG_LICENSE_TYPE',
  licenseNumber: 'ORG_LICENSE_NUMBER',
};

/**
 * The text of stellar.toml from configuration, database, the active SEPs and the toml integration. Nothing of the request goes
 * into it.
 *
 * @throws HOOK_FAILED, HOOK_ANSWER_INVALID, TOML_INVALID
 */
export async function stellarToml(ctx: AnchorContext, modules: readonly SepModule[]): Promise<string> {
  const { project } = ctx;
  const assets = await listAssets(ctx.db.read);
  const added = await additionsOf(ctx);
  const live = project.network.name === 'public';
  const currencies = assets
    .filter((asset) => asset.issuer !== '')
    .map((asset) => ({ ...currencyOf(asset, project.organization.name, live), ...regulatedOf(ctx, asset) }));
  const text = writeToml({
    ...added.other,
    ...topLevel(ctx, modules, assets),
    DOCUMENTATION: { ...added.documentation, ...documentationOf(ctx) },
    PRINCIPALS: added.principals,
    CURRENCIES: mergeCurrencies(currencies, added.currencies),
    VALIDATORS: added.validators,
  });
  if (Buffer.byteLength(text) > MAX_BYTES) throw tomlInvalid(`it is larger than ${MAX_BYTES} bytes`);
  return text;
}

function topLevel(ctx: AnchorContext, modules: readonly SepModule[], assets: readonly AssetRow[]): TomlTable {
  const { network } = ctx.project;
  const endpoints = modules.flatMap((module) => Object.entries(module.toml(ctx)));
  return {
    VERSION,
    NETWORK_PASSPHRASE: network.passphrase,
    ...Object.fromEntries(endpoints.map(([name, value]) => [name, withoutSlash(value)])),
    ACCOUNTS: [...new Set(assets.map((asset) => asset.distribution_account))],
    // elsewhere the address may hold a key of our own
    ...(network.name === 'sandbox' ? { HORIZON_URL: withoutSlash(network.horizonUrl) } : {}),
  };
}

/** SEP-8: who pays with it has to ask first (SO-05). */
function regulatedOf({ project }: AnchorContext, { code }: AssetRow): TomlTable {
  if (!project.regulated?.assets.includes(code)) return {};
  return { regulated: true, approval_server: `${project.hostUrl}/sep8/approve/${code}` };
}

function documentationOf(ctx: AnchorContext): TomlTable {
  const { organization, hostUrl } = ctx.project;
  const given = Object.entries(ORGANIZATION_KEYS).flatMap(([name, key]) => {
    const value = organization[name as keyof Organization];
    if (value === undefined || value === '') return [];
    return [[key, name === 'url' || name === 'logo' ? withoutSlash(value) : value] as const];
  });
  return { ORG_URL: withoutSlash(hostUrl), ...Object.fromEntries(given) };
}

/** Clients put paths after these (S1-10). */
const withoutSlash = (value: string): string => value.replace(/\/+$/, '');
