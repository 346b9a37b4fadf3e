import type { Updateable } from 'kysely';
import type { AssetsTable } from '../../database/schema.ts';
import { parseAssetId } from '../../kernel/assets.ts';
import { AnchorError, notFound } from '../../kernel/errors.ts';
import type { AssetRow } from '../../transfers/index.ts';
import type { Command, Given } from '../command.ts';
import { printJson, usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { accountOption, amountOption, assetCode, choiceOption, numberOption, textOption } from '../values.ts';
import { assetView, readable } from './assets.ts';

type Changes = Updateable<AssetsTable>;

const command: Command = async (given, io) => {
  const code = assetCode(given.args[0]);
  const issuer = accountOption(given, 'issuer');
  const changes = wanted(given);
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    const row = await ctx.db.write(async (trx) => {
      const found = await trx.selectFrom('assets').selectAll().where('code', '=', code).execute();
      const asset = chosen(found, code, issuer);
      checkLimits({ ...asset, ...changes } as AssetRow);
      return trx
        .updateTable('assets')
        .set(changes)
        .where('id', '=', asset.id)
        .returningAll()
        .executeTakeFirstOrThrow();
    });
    if (given.json) printJson(io, assetView(row));
    else io.stdout(`${readable(row)}\n`);
    return 0;
  });
};

function chosen(found: AssetRow[], code: string, issuer: string | undefined): AssetRow {
  const matching = issuer === undefined ? found : found.filter((row) => row.issuer === issuer);
  const [asset, another] = matching;
  if (asset === undefined)
    throw notFound('ASSET_NOT_FOUND', `There is no asset ${code}.`, 'See: anchor assets');
  if (another !== undefined) {
    throw new AnchorError({
      code: 'ASSET_AMBIGUOUS',
      message: `There are ${matching.length} assets ${code}.`,
      hint: 'Say which with --issuer G...',
    });
  }
  return asset;
}

function wanted(given: Given): Changes {
  const changes: Changes = {};
  for (const way of ['deposit', 'withdrawal'] as const) wayChanges(given, way, changes);
  moneyChanges(given, changes);
  const seps = textOption(given, 'seps');
  if (seps !== undefined) sepChanges(seps, changes);
  const decimals = numberOption(given, 'decimals', { min: 0, max: 7, whole: true });
  if (decimals !== undefined) changes.significant_decimals = decimals;
  const anchored = textOption(given, 'anchored');
  if (anchored !== undefined) changes.anchored_asset = anchored === 'none' ? null : checkedId(anchored);
  const description = textOption(given, 'description');
  if (description !== undefined) changes.description = description === '' ? null : description;
  paymentChanges(given, changes);
  if (Object.keys(changes).length === 0) {
    throw usageError('NOTHING_TO_SET', 'Nothing to change was given.', 'See: anchor assets set --help');
  }
  return changes;
}

function wayChanges(given: Given, way: 'deposit' | 'withdrawal', changes: Changes): void {
  const enabled = choiceOption(given, way, ['on', 'off']);
  if (enabled !== undefined) changes[`${way}_enabled`] = enabled === 'on' ? 1 : 0;
  for (const name of ['min', 'max'] as const) {
    const limit = amountOption(given, `${way}${name === 'min' ? 'Min' : 'Max'}`);
    if (limit !== undefined) changes[`${way}_${name}_units`] = limit;
  }
  const fixed = amountOption(given, `${way}FeeFixed`);
  if (fixed !== undefined) changes[`${way}_fee_fixed_units`] = fixed ?? 0n;
  const percent = amountOption(given, `${way}FeePercent`);
  if (percent !== undefined) {
    if ((percent ?? 0n) > 1_000_000_000n) throw usageError('OPTION_INVALID', 'A fee is at most 100 percent.');
    changes[`${way}_fee_percent_units`] = percent ?? 0n;
  }
  const minimum = amountOption(given, `${way}FeeMinimum`);
  if (minimum !== undefined) changes[`${way}_fee_minimum_units`] = minimum;
}

/** What to do with money that does not fit. */
function moneyChanges(given: Given, changes: Changes): void {
  const tolerance = amountOption(given, 'tolerance');
  if (tolerance !== undefined) {
    if (tolerance === null || tolerance > 1_000_000_000n) {
      throw usageError('OPTION_INVALID', '--tolerance is a percentage from 0 to 100.');
    }
    changes.tolerance_percent_units = tolerance;
  }
  const wrong = choiceOption(given, 'wrongAmount', ['wait', 'end']);
  if (wrong !== undefined) changes.wrong_amount = wrong;
  const late = choiceOption(given, 'acceptLate', ['on', 'off']);
  if (late !== undefined) changes.accept_late = late === 'on' ? 1 : 0;
  if (textOption(given, 'refundAfter') === 'hold') changes.refund_after_hours = null;
  else {
    const hours = numberOption(given, 'refundAfter', { min: 0, max: 8_760, whole: true });
    if (hours !== undefined) changes.refund_after_hours = hours;
  }
  const least = amountOption(given, 'refundMin');
  if (least !== undefined) changes.refund_min_units = least ?? 0n;
}

/** What to do where a destination cannot be paid, and how much may be signed for. */
function paymentChanges(given: Given, changes: Changes): void {
  const missing = choiceOption(given, 'missingAccount', ['create', 'claimable', 'wait', 'default']);
  if (missing !== undefined) changes.no_account = missing === 'default' ? null : missing;
  const line = choiceOption(given, 'missingTrustline', ['claimable', 'wait', 'default']);
  if (line !== undefined) changes.no_trustline = line === 'default' ? null : line;
  const days = numberOption(given, 'reclaimDays', { min: 0, max: 3650, whole: true });
  if (days !== undefined) changes.reclaim_days = days;
  const positive = (name: string): bigint | null | undefined => {
    const units = amountOption(given, name);
    if (units === 0n) throw usageError('OPTION_INVALID', 'Such a maximum or balance is above 0, or none.');
    return units;
  };
  const opening = positive('startingBalance');
  if (opening !== undefined) changes.starting_balance_units = opening;
  const payment = positive('paymentMax');
  if (payment !== undefined) changes.payment_max_units = payment;
  const day = positive('paymentDay');
  if (day !== undefined) changes.payment_day_units = day;
}

function sepChanges(text: string, changes: Changes): void {
  const seps = text === 'none' ? [] : text.split(',').map((part) => part.trim());
  for (const sep of seps) {
    if (!['6', '24', '31', '38'].includes(sep)) {
      throw usageError('OPTION_INVALID', '--seps is a list of 6, 24, 31 and 38, or none.');
    }
  }
  for (const sep of [6, 24, 31, 38] as const)
    changes[`sep${sep}_enabled`] = seps.includes(String(sep)) ? 1 : 0;
}

function checkedId(text: string): string {
  parseAssetId(text);
  return text;
}

function checkLimits(row: AssetRow): void {
  for (const way of ['deposit', 'withdrawal'] as const) {
    const [min, max] = [row[`${way}_min_units`], row[`${way}_max_units`]];
    if (min !== null && max !== null && min > max) {
      throw usageError('LIMITS_CROSSED', `The smallest ${way} would be larger than the largest.`);
    }
  }
}

export default command;
