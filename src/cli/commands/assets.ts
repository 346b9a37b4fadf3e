import { formatAmount } from '../../kernel/amounts.ts';
import type { AssetRow } from '../../transfers/index.ts';
import type { Command } from '../command.ts';
import { printJson, table } from '../output.ts';
import { withRuntime } from '../runtime.ts';

const command: Command = (given, io) =>
  withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    const rows = await ctx.db.read.selectFrom('assets').selectAll().orderBy('created_at').execute();
    if (given.json) printJson(io, { assets: rows.map(assetView) });
    else if (rows.length === 0) io.stdout('No asset yet: anchor add-asset CODE --issuer G...\n');
    else for (const row of rows) io.stdout(`${readable(row)}\n`);
    return 0;
  });

const amount = (units: bigint | null): string | null => (units === null ? null : formatAmount(units));

/** An asset as `--json` prints it. */
export function assetView(row: AssetRow) {
  const way = (name: 'deposit' | 'withdrawal') => ({
    enabled: row[`${name}_enabled`] === 1,
    min: amount(row[`${name}_min_units`]),
    max: amount(row[`${name}_max_units`]),
    fee_fixed: formatAmount(row[`${name}_fee_fixed_units`]),
    fee_percent: formatAmount(row[`${name}_fee_percent_units`]),
    fee_minimum: amount(row[`${name}_fee_minimum_units`]),
  });
  const seps = ([6, 24, 31, 38] as const).filter((sep) => row[`sep${sep}_enabled`] === 1);
  return {
    code: row.code,
    issuer: row.issuer === '' ? null : row.issuer,
    distribution: row.distribution_account,
    seps,
    decimals: row.significant_decimals,
    anchored_asset: row.anchored_asset,
    description: row.description,
    deposit: way('deposit'),
    withdrawal: way('withdrawal'),
    money: {
      tolerance_percent: formatAmount(row.tolerance_percent_units),
      wrong_amount: row.wrong_amount,
      accept_late: row.accept_late === 1,
      refund_after_hours: row.refund_after_hours,
      refund_min: formatAmount(row.refund_min_units),
    },
    payments: {
      missing_account: row.no_account,
      starting_balance: amount(row.starting_balance_units),
      missing_trustline: row.no_trustline,
      reclaim_days: row.reclaim_days,
      max: amount(row.payment_max_units),
      day: amount(row.payment_day_units),
    },
  };
}

/** How deposits are paid, where that is not as anchor.toml says, and the signer's maximums. */
function paymentLine({ payments }: ReturnType<typeof assetView>): string {
  const { missing_account, starting_balance, missing_trustline, reclaim_days, max, day } = payments;
  const parts = [
    missing_account && `missing account: ${missing_account}`,
    starting_balance && `created with ${starting_balance} XLM`,
    missing_trustline && `missing trustline: ${missing_trustline}`,
    `unclaimed: ${reclaim_days === 0 ? 'never taken back' : `ours too after ${reclaim_days} days`}`,
    max && `signed up to ${max} per payment`,
    day && `up to ${day} per day`,
  ];
  return parts.filter(Boolean).join('; ');
}

/** What becomes of money that does not fit. */
function policyLine({ money }: ReturnType<typeof assetView>): string {
  const { tolerance_percent, wrong_amount, accept_late, refund_after_hours, refund_min } = money;
  const least = refund_min === '0' ? '' : `, from ${refund_min} on`;
  const back = refund_after_hours === null ? 'held' : `sent back after ${refund_after_hours} h${least}`;
  const late = accept_late ? 'revives' : 'is not taken';
  return `tolerance ${tolerance_percent} %, beyond: ${wrong_amount}; late money ${late}; what fits nothing is ${back}`;
}

/** An asset for people. */
export function readable(row: AssetRow): string {
  const view = assetView(row);
  const way = (name: 'deposit' | 'withdrawal') => {
    const { enabled, min, max, fee_fixed, fee_percent, fee_minimum } = view[name];
    const fee = `fee ${fee_fixed} + ${fee_percent} %${fee_minimum === null ? '' : `, at least ${fee_minimum}`}`;
    return [name, enabled ? 'on' : 'off', `${min ?? 'any'} to ${max ?? 'any'}`, fee];
  };
  return `${view.code}${view.issuer === null ? '' : `  ${view.issuer}`}
  distribution ${view.distribution}, SEPs ${view.seps.join(', ') || 'none'}, ${view.decimals} decimals
${table([way('deposit'), way('withdrawal')])
  .replace(/^/gm, '  ')
  .trimEnd()}
  ${policyLine(view)}
  ${paymentLine(view)}`;
}

export default command;
