import { limits } from '../kernel/limits.ts';
import { NETWORK_NAMES } from './networks.ts';
import { offchainAssets } from './offchain.ts';
import { QUOTES_PRESET, type SepId } from './project.ts';
import {
  account,
  address,
  addresses,
  assetCode,
  colour,
  contract,
  domain,
  email,
  flag,
  fundingMethod,
  listOf,
  lumens,
  number,
  oneOf,
  publicFile,
  type Reader,
  table,
  text,
  wholeNumber,
} from './readers.ts';

/** A key of anchor.toml. */
export interface Setting<T> {
  reader: Reader<T>;
  /** undefined: nothing, or decided elsewhere */
  preset: T | undefined;
}

const setting = <T, P extends T | undefined>(reader: Reader<T>, preset: P): Setting<T> & { preset: P } => ({
  reader,
  preset,
});

const SEPS: readonly SepId[] = [1, 6, 10, 12, 24, 31, 38, 45];

const sepId: Reader<SepId> = {
  expected: `one of ${SEPS.join(', ')}`,
  read: (value) => SEPS.find((id) => id === value),
};

/** Every key of anchor.toml by its dotted path. docs/reference/configuration.md explains them, and a test compares the two. */
export const SETTINGS = {
  seps: setting(listOf(sepId), [1, 10, 24] as readonly SepId[]),
  'organization.name': setting(text, 'Anchor'),
  'organization.dba': setting(text, undefined),
  'organization.url': setting(address, undefined),
  'organization.logo': setting(address, undefined),
  'organization.description': setting(text, undefined),
  'organization.physical_address': setting(text, undefined),
  'organization.phone_number': setting(text, undefined),
  'organization.keybase': setting(text, undefined),
  'organization.twitter': setting(text, undefined),
  'organization.github': setting(text, undefined),
  'organization.official_email': setting(email, undefined),
  'organization.support_email': setting(email, undefined),
  'organization.licensing_authority': setting(text, undefined),
  'organization.license_type': setting(text, undefined),
  'organization.license_number': setting(text, undefined),
  'network.name': setting(oneOf(NETWORK_NAMES), undefined),
  'network.passphrase': setting(text, undefined),
  'network.horizon_url': setting(addresses, undefined),
  'network.friendbot_url': setting(address, undefined),
  'setup.asset': setting(assetCode, undefined),
  'setup.issuer': setting(account, undefined),
  'branding.accent': setting(colour, '#3e1bdb'),
  'branding.logo': setting(publicFile, undefined),
  'sep10.client_domain_required': setting(flag, false),
  'sep10.client_domains': setting(listOf(domain), [] as readonly string[]),
  'sep10.home_domains': setting(listOf(domain), [] as readonly string[]),
  'sep10.token_lifetime_seconds': setting(wholeNumber(60, 7 * 86_400), limits.tokenLifetimeSeconds as number),
  'sep24.claimable_balances': setting(flag, true),
  'sep24.account_creation': setting(flag, true),
  'sep31.senders': setting(listOf(account), [] as readonly string[]),
  'sep31.funding_methods': setting(listOf(fundingMethod), ['SEPA'] as readonly string[]),
  'sep31.quotes_required': setting(flag, false),
  'sep31.accept_unverified': setting(flag, false),
  'sep45.contract': setting(contract, undefined),
  'sep45.rpc_url': setting(address, undefined),
  'federation.enabled': setting(flag, false),
  'regulated.assets': setting(listOf(assetCode), [] as readonly string[]),
  'quotes.assets': setting(offchainAssets, QUOTES_PRESET.assets),
  'quotes.lifetime_seconds': setting(wholeNumber(10, 7 * 86_400), QUOTES_PRESET.lifetimeSeconds),
  'quotes.lifetime_max_seconds': setting(wholeNumber(10, 30 * 86_400), QUOTES_PRESET.lifetimeMaxSeconds),
  'quotes.auth_required': setting(flag, QUOTES_PRESET.authRequired),
  'quotes.open_max': setting(wholeNumber(1, 100_000), QUOTES_PRESET.openMax),
  'customers.types': setting(table, undefined),
  'customers.fields': setting(table, undefined),
  'customers.max_file_bytes': setting(wholeNumber(1_000, 10_000_000), 10_000_000),
  'customers.max_files': setting(wholeNumber(1, 1_000), 50),
  'transfers.expire_hours': setting(number(0.001, 8_760), 72),
  'stellar.starting_balance': setting(lumens('1', '1000'), 20_100_000n),
  'stellar.max_fee': setting(lumens('0.00001', '10'), 100_000n),
  'stellar.cosign_hours': setting(number(0.01, 168), 24),
  'sandbox.close_ms': setting(wholeNumber(10, 600_000), 1_000),
  'sandbox.state': setting(text, 'data/sandbox.db'),
  'sandbox.seed': setting(text, 'create-anchor'),
  'jobs.interval_seconds': setting(number(0.05, 3_600), undefined),
} as const;

export type SettingPath = keyof typeof SETTINGS;

/** What a key holds after reading: its type, and undefined only where it has no preset. */
export type SettingValue<P extends SettingPath> = (typeof SETTINGS)[P] extends {
  reader: Reader<infer T>;
  preset: infer D;
}
  ? undefined extends D
    ? T | undefined
    : T
  : never;
