import { isAssetCode } from '../../kernel/assets.ts';
import { badInput, messageOf } from '../../kernel/errors.ts';
import { isAccount } from '../../kernel/strkey.ts';
import { type AssetPlan, accountOfSeed, type FoundAsset, keyMissing, planAsset } from '../assets.ts';
import type { ImportContext } from '../context.ts';
import { type Limits, narrower, sameLimits } from '../limits.ts';
import { whyOf } from '../plan-words.ts';
import type { ReportRow } from '../report.ts';
import { openPolarisSeed } from './fernet.ts';
import { flagOf, limitOf, type PolarisRow, textOf, unitsOf } from './values.ts';

export interface Keys {
  /** Django's SECRET_KEY, which opens distribution seeds */
  secretKey: string | null;
  /** a seed of our own `.env`, for the account that it belongs to */
  seed: string | null;
  /** the account of assets whose seed cannot be read */
  distribution: string | null;
}

/** What Polaris has, by its own key: what transactions refer to. */
export interface PlannedAsset extends AssetPlan {
  sep6: boolean;
  sep31: boolean;
}

interface Read {
  plans: Map<string, PlannedAsset>;
  rows: ReportRow[];
}

/** Assets of Polaris. One whose seed cannot be read is paid from the account that users' withdrawals go to, and signed for elsewhere. */
export async function readAssets(
  ctx: ImportContext,
  assets: readonly PolarisRow[],
  transactions: readonly PolarisRow[],
  keys: Keys,
): Promise<Read> {
  const read: Read = { plans: new Map(), rows: [] };
  const seen = new Set<string>();
  for (const row of assets) {
    const name = `${textOf(row, 'code') ?? '?'}:${textOf(row, 'issuer') ?? '?'}`;
    const line = { what: 'asset' as const, id: name, name: textOf(row, 'code') ?? '?' };
    try {
      if (seen.has(name)) throw badInput('POLARIS_ROW_UNREADABLE', 'another row is the same asset');
      seen.add(name);
      const { found, hints } = await assetOf(ctx, row, receiversOf(row, transactions), keys);
      const plan = await planAsset(ctx, found);
      read.plans.set(String(row['id']), {
        ...plan,
        sep6: flagOf(row, 'sep6_enabled'),
        sep31: flagOf(row, 'sep31_enabled'),
      });
      read.rows.push({ ...line, outcome: OUTCOMES[plan.action], why: whyOf(plan, hints) });
    } catch (error) {
      read.rows.push({ ...line, outcome: 'left_out', why: messageOf(error) });
    }
  }
  return read;
}

const OUTCOMES = { insert: 'imported', complete: 'completed', none: 'there' } as const;

/** Accounts that users paid for this asset, each once. */
function receiversOf(asset: PolarisRow, transactions: readonly PolarisRow[]): string[] {
  const id = String(asset['id']);
  const accounts = transactions.flatMap((row) => {
    const account = textOf(row, 'receiving_anchor_account');
    return String(row['asset_id']) === id && account !== null && isAccount(account) ? [account] : [];
  });
  return [...new Set(accounts)];
}

async function assetOf(
  ctx: ImportContext,
  row: PolarisRow,
  receivers: readonly string[],
  keys: Keys,
): Promise<{ found: FoundAsset; hints: string[] }> {
  const hints: string[] = [];
  const asset = { code: textOf(row, 'code') ?? '', issuer: textOf(row, 'issuer') ?? '' };
  if (!isAssetCode(asset.code) || !isAccount(asset.issuer)) {
    throw badInput('POLARIS_ROW_UNREADABLE', 'its code or issuer is not one of Stellar');
  }
  const { distribution, seed } = await distributionOf(row, receivers, keys);
  if (seed === null) hints.push(keyMissing(distribution));
  if (distribution === asset.issuer) {
    throw badInput('POLARIS_ROW_UNREADABLE', 'its distribution account is its issuer: it needs another one');
  }
  const settings = settingsOf(row, hints);
  const off = ([6, 24, 31, 38] as const).filter(
    (sep) => settings[`sep${sep}_enabled`] === 1 && !ctx.project.seps.includes(sep),
  );
  if (off.length > 0) hints.push(`SEP ${off.join(' and ')} is not among seps in anchor.toml`);
  return { found: { asset, distribution, seed, settings }, hints };
}

async function distributionOf(
  row: PolarisRow,
  receivers: readonly string[],
  keys: Keys,
): Promise<{ distribution: string; seed: string | null }> {
  const stored = textOf(row, 'distribution_seed');
  const opened = stored === null ? null : await openPolarisSeed(stored, keys.secretKey);
  const own = opened === null ? null : accountOfSeed(opened);
  if (own !== null) return { distribution: own, seed: opened };
  const named = keys.distribution ?? (receivers.length === 1 ? receivers[0] : undefined);
  if (named === undefined) {
    const why =
      stored === null
        ? 'Polaris has no seed of it'
        : 'POLARIS_SECRET_KEY (the SECRET_KEY of Django) does not open its seed, or is not set';
    throw badInput(
      'POLARIS_ROW_UNREADABLE',
      `${why}, and ${receivers.length === 0 ? 'no withdrawal tells' : 'withdrawals went to several accounts: they do not tell'} its account: give --distribution G...`,
    );
  }
  const given = keys.seed !== null && accountOfSeed(keys.seed) === named ? keys.seed : null;
  return { distribution: named, seed: given };
}

const flag = (row: PolarisRow, name: string): 0 | 1 => (flagOf(row, name) ? 1 : 0);

const limits = (row: PolarisRow, way: string): Limits => ({
  min: limitOf(row, `${way}_min_amount`),
  max: limitOf(row, `${way}_max_amount`),
});

/** Our withdrawal terms hold for payments by SEP-31 too, which have their own in Polaris. */
function settingsOf(row: PolarisRow, hints: string[]): FoundAsset['settings'] {
  const sep31 = flagOf(row, 'sep31_enabled');
  const others = flagOf(row, 'sep6_enabled') || flagOf(row, 'sep24_enabled');
  const withdrawal = limits(row, 'withdrawal');
  const send = limits(row, 'send');
  const bounds = sep31 ? (others ? narrower([withdrawal, send]) : send) : withdrawal;
  const way = sep31 && !others ? 'send' : 'withdrawal';
  if (sep31 && others && !sameLimits(withdrawal, send)) {
    hints.push('limits of withdrawals and of SEP-31 differ there: the narrower ones hold here for both');
  }
  const fees = ['fixed', 'percent'].map((part) => [
    unitsOf(row, `withdrawal_fee_${part}`) ?? 0n,
    unitsOf(row, `send_fee_${part}`) ?? 0n,
  ]);
  if (sep31 && others && fees.some(([a, b]) => a !== b)) {
    hints.push(
      'fees of withdrawals and of SEP-31 differ there: those of withdrawals hold here for both, or write the integration `fee`',
    );
  }
  const deposit = limits(row, 'deposit');
  return {
    significant_decimals: decimalsOf(row),
    anchored_asset: null,
    description: null,
    sep6_enabled: flag(row, 'sep6_enabled'),
    sep24_enabled: flag(row, 'sep24_enabled'),
    sep31_enabled: flag(row, 'sep31_enabled'),
    sep38_enabled: flag(row, 'sep38_enabled'),
    deposit_enabled: flag(row, 'deposit_enabled'),
    deposit_min_units: deposit.min,
    deposit_max_units: deposit.max,
    deposit_fee_fixed_units: unitsOf(row, 'deposit_fee_fixed') ?? 0n,
    deposit_fee_percent_units: unitsOf(row, 'deposit_fee_percent') ?? 0n,
    withdrawal_enabled: sep31 && !others ? 1 : flag(row, 'withdrawal_enabled'),
    withdrawal_min_units: bounds.min,
    withdrawal_max_units: bounds.max,
    withdrawal_fee_fixed_units: unitsOf(row, `${way}_fee_fixed`) ?? 0n,
    withdrawal_fee_percent_units: unitsOf(row, `${way}_fee_percent`) ?? 0n,
  };
}

function decimalsOf(row: PolarisRow): number {
  const text = textOf(row, 'significant_decimals') ?? '2';
  if (/^[0-7]$/.test(text)) return Number(text);
  throw badInput('POLARIS_ROW_UNREADABLE', 'significant_decimals is not 0 to 7');
}
