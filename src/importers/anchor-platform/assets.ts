import { MAX_STROOPS, parseAmount } from '../../kernel/amounts.ts';
import { parseAssetId, type StellarAsset } from '../../kernel/assets.ts';
import { AnchorError, badInput, messageOf } from '../../kernel/errors.ts';
import { isAccount } from '../../kernel/strkey.ts';
import { type AssetPlan, accountOfSeed, type FoundAsset, keyMissing, planAsset } from '../assets.ts';
import type { ImportContext } from '../context.ts';
import { declaredOffchain } from '../context.ts';
import { type Limits, narrower, sameLimits } from '../limits.ts';
import { type FoundOffchain, offchainToml, tomlList } from '../offchain.ts';
import { whyOf } from '../plan-words.ts';
import type { ReportRow } from '../report.ts';
import type { Value } from '../yaml.ts';
import { isTrue, itemsOf, type Table, tableOf, textOf, textsOf } from './values.ts';

export interface AssetsRead {
  plans: AssetPlan[];
  rows: ReportRow[];
  toml: string;
  notes: string[];
}

const OUTCOMES = { insert: 'imported', complete: 'completed', none: 'there' } as const;

/** `items` of an assets file: Stellar assets become ours, currencies lines for anchor.toml. */
export async function readAssets(
  ctx: ImportContext,
  document: Value,
  seed: string | null,
): Promise<AssetsRead> {
  const read: AssetsRead = { plans: [], rows: [], toml: '', notes: [] };
  const offchain: string[] = [];
  const sep31 = { methods: new Set<string>(), quotes: false };
  const sep6 = new Set<string>();
  const seen = new Set<string>();
  for (const item of itemsOf(document, 'assets file')) {
    const id = textOf(item, 'id') ?? '?';
    const line = { what: 'asset' as const, id, name: id.split(':')[1] ?? id };
    try {
      if (seen.has(id)) throw broken('it stands twice');
      seen.add(id);
      const parsed = parseAssetId(id);
      note(item, sep6, sep31);
      if (parsed.scheme === 'iso4217') {
        read.rows.push(currency(ctx, item, id, offchain));
        continue;
      }
      const { found, hints } = assetOf(ctx, item, parsed.asset, seed);
      const plan = await planAsset(ctx, found);
      read.plans.push(plan);
      read.rows.push({ ...line, outcome: OUTCOMES[plan.action], why: whyOf(plan, hints) });
    } catch (error) {
      read.rows.push({ ...line, outcome: 'left_out', why: messageOf(error) });
    }
  }
  const parts = [...offchain];
  if (sep31.methods.size > 0 || sep31.quotes) {
    const methods = sep31.methods.size > 0 ? `funding_methods = ${tomlList([...sep31.methods])}\n` : '';
    parts.unshift(`[sep31]\n${methods}${sep31.quotes ? 'quotes_required = true\n' : ''}`);
  }
  read.toml = parts.join('\n');
  if (sep6.size > 0) {
    read.notes.push(`methods of SEP-6 are told by sep6.methods in integrations.ts: ${[...sep6].join(', ')}`);
  }
  return read;
}

const broken = (why: string): AnchorError => badInput('IMPORT_ITEM_INVALID', why);

/** What holds for the whole anchor here. */
function note(item: Table, sep6: Set<string>, sep31: { methods: Set<string>; quotes: boolean }): void {
  const six = tableOf(item, 'sep6');
  if (isTrue(six, 'enabled')) {
    for (const way of ['deposit', 'withdraw']) {
      for (const method of textsOf(tableOf(six, way), 'methods')) sep6.add(method);
    }
  }
  const pay = tableOf(item, 'sep31');
  if (!isTrue(pay, 'enabled') || !(textOf(item, 'id') ?? '').startsWith('stellar:')) return;
  for (const method of textsOf(tableOf(pay, 'receive'), 'methods')) sep31.methods.add(method);
  if (isTrue(pay, 'quotes_required')) sep31.quotes = true;
}

function currency(ctx: ImportContext, item: Table, id: string, texts: string[]): ReportRow {
  const line = { what: 'offchain_asset' as const, id, name: id };
  const sep38 = tableOf(item, 'sep38');
  if (!isTrue(sep38, 'enabled')) {
    return { ...line, outcome: 'there', why: 'SEP-38 is off for it: it needs nothing here' };
  }
  if (declaredOffchain(ctx).includes(id)) return { ...line, outcome: 'there', why: 'anchor.toml has it' };
  const methods = (name: string): FoundOffchain['sell'] => {
    const list = sep38[name];
    if (list === null || list === undefined) return [];
    if (!Array.isArray(list)) throw broken(`sep38.${name} is no list`);
    return list.map((one) => {
      const method = typeof one === 'object' && one !== null && !Array.isArray(one) ? one : {};
      const given = textOf(method, 'name') ?? '';
      if (!/^[A-Za-z0-9_-]{1,50}$/.test(given))
        throw broken(`sep38.${name} has a method whose name is not letters, digits, _ and -`);
      return { name: given, description: textOf(method, 'description') ?? given };
    });
  };
  const countries = textsOf(sep38, 'country_codes');
  const short = (code: string): boolean => /^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$/.test(code);
  texts.push(
    offchainToml({
      asset: id,
      decimals: decimalsOf(item, 2),
      countryCodes: countries.filter(short),
      otherCountries: countries.filter((code) => !short(code)),
      sell: methods('sell_delivery_methods'),
      buy: methods('buy_delivery_methods'),
    }),
  );
  return { ...line, outcome: 'printed', why: 'put the lines into anchor.toml' };
}

function assetOf(
  ctx: ImportContext,
  item: Table,
  asset: StellarAsset,
  seed: string | null,
): { found: FoundAsset; hints: string[] } {
  const distribution = textOf(item, 'distribution_account') ?? '';
  if (!isAccount(distribution)) throw broken('its distribution_account is no Stellar account');
  if (distribution === asset.issuer)
    throw broken('its distribution account is its issuer: it needs another one');
  const own = seed !== null && accountOfSeed(seed) === distribution ? seed : null;
  const hints = own === null ? [keyMissing(distribution)] : [];
  const settings = settingsOf(item, hints);
  const off = ([6, 24, 31, 38] as const).filter(
    (sep) => settings[`sep${sep}_enabled`] === 1 && !ctx.project.seps.includes(sep),
  );
  if (off.length > 0) hints.push(`SEP ${off.join(' and ')} is not among seps in anchor.toml`);
  return { found: { asset, distribution, seed: own, settings }, hints };
}

/** One direction of one SEP. */
interface Offer extends Limits {
  fixed: bigint;
  percent: bigint;
  minimum: bigint | null;
}

function offerOf(table: Table): Offer {
  const units = (name: string): bigint | null => {
    const text = textOf(table, name);
    try {
      return text === null ? null : parseAmount(text);
    } catch (error) {
      if (AnchorError.is(error) && error.code === 'AMOUNT_TOO_LARGE') return MAX_STROOPS;
      throw broken(`${name} is no amount`);
    }
  };
  const max = units('max_amount');
  const min = units('min_amount');
  return {
    min: min === 0n ? null : min,
    max: max === MAX_STROOPS ? null : max,
    fixed: units('fee_fixed') ?? 0n,
    percent: units('fee_percent') ?? 0n,
    minimum: units('fee_minimum'),
  };
}

/** What SEP-6 and SEP-24, and for withdrawals SEP-31, offer there has one set of limits and fees here. */
function settingsOf(item: Table, hints: string[]): FoundAsset['settings'] {
  const seps = { 6: tableOf(item, 'sep6'), 24: tableOf(item, 'sep24'), 31: tableOf(item, 'sep31') };
  const on = (sep: 6 | 24 | 31): 0 | 1 => (isTrue(seps[sep], 'enabled') ? 1 : 0);
  const offers = (way: 'deposit' | 'withdraw'): Offer[] =>
    ([6, 24] as const).flatMap((sep) => {
      const table = tableOf(seps[sep], way);
      return on(sep) === 1 && isTrue(table, 'enabled') ? [offerOf(table)] : [];
    });
  const deposits = offers('deposit');
  const withdrawals = offers('withdraw');
  if (on(31) === 1) withdrawals.push(offerOf(tableOf(seps[31], 'receive')));
  const deposit = terms('deposit', deposits, hints);
  const withdrawal = terms('withdrawal', withdrawals, hints);
  return {
    significant_decimals: decimalsOf(item, 7),
    anchored_asset: null,
    description: null,
    sep6_enabled: on(6),
    sep24_enabled: on(24),
    sep31_enabled: on(31),
    sep38_enabled: isTrue(tableOf(item, 'sep38'), 'enabled') ? 1 : 0,
    deposit_enabled: deposits.length > 0 ? 1 : 0,
    deposit_min_units: deposit.min,
    deposit_max_units: deposit.max,
    deposit_fee_fixed_units: deposit.fixed,
    deposit_fee_percent_units: deposit.percent,
    deposit_fee_minimum_units: deposit.minimum,
    withdrawal_enabled: withdrawals.length > 0 ? 1 : 0,
    withdrawal_min_units: withdrawal.min,
    withdrawal_max_units: withdrawal.max,
    withdrawal_fee_fixed_units: withdrawal.fixed,
    withdrawal_fee_percent_units: withdrawal.percent,
    withdrawal_fee_minimum_units: withdrawal.minimum,
  };
}

function terms(way: string, offers: readonly Offer[], hints: string[]): Offer {
  const first = offers[0] ?? { min: null, max: null, fixed: 0n, percent: 0n, minimum: null };
  if (offers.some((one) => !sameLimits(one, first))) {
    hints.push(`limits of ${way} differ by SEP there: the narrowest hold here for all`);
  }
  const same = (one: Offer): boolean =>
    one.fixed === first.fixed && one.percent === first.percent && one.minimum === first.minimum;
  if (!offers.every(same)) hints.push(`fees of ${way} differ by SEP there: the first ones hold here for all`);
  if (first.percent > 1_000_000_000n) throw broken(`the fee of ${way} is above 100 percent`);
  const bounds = narrower(offers);
  if (bounds.min !== null && bounds.max !== null && bounds.min > bounds.max) {
    throw broken(`no amount of ${way} fits all of its limits`);
  }
  return { ...first, ...bounds };
}

function decimalsOf(item: Table, preset: number): number {
  const text = textOf(item, 'significant_decimals');
  if (text === null) return preset;
  if (/^[0-7]$/.test(text)) return Number(text);
  throw broken('significant_decimals is not 0 to 7');
}
