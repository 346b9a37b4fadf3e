import { formatAmount } from '../../kernel/amounts.ts';
import { type AssetRow, isStatus, type TransactionRow } from '../../transfers/index.ts';
import type { Command } from '../command.ts';
import { printJson, table, usageError } from '../output.ts';
import { withRuntime } from '../runtime.ts';
import { accountOption, assetCode, choiceOption, numberOption, textOption } from '../values.ts';

const command: Command = async (given, io) => {
  const status = textOption(given, 'status');
  if (status !== undefined && !isStatus(status))
    throw usageError('OPTION_INVALID', `There is no status ${status}.`);
  const kind = choiceOption(given, 'kind', ['deposit', 'withdrawal']);
  const code = given.options.asset === undefined ? undefined : assetCode(textOption(given, 'asset'));
  const account = accountOption(given, 'account');
  const limit = numberOption(given, 'limit', { min: 1, max: 200, whole: true }) ?? 20;
  const after = readCursor(textOption(given, 'after'));
  return withRuntime(given, io, { integrations: false }, async ({ ctx }) => {
    let query = ctx.db.read
      .selectFrom('transactions')
      .innerJoin('assets', 'assets.id', 'transactions.asset_id')
      .selectAll('transactions')
      .select('assets.code as asset_code')
      .orderBy('transactions.started_at', 'desc')
      .orderBy('transactions.id', 'desc')
      .limit(limit + 1);
    if (status !== undefined) query = query.where('transactions.status', '=', status);
    if (kind !== undefined) query = query.where('transactions.kind', '=', kind);
    if (code !== undefined) query = query.where('assets.code', '=', code);
    if (account !== undefined) query = query.where('transactions.account', '=', account);
    if (after !== null) {
      query = query.where(({ eb, or, and }) =>
        or([
          eb('transactions.started_at', '<', after.at),
          and([eb('transactions.started_at', '=', after.at), eb('transactions.id', '<', after.id)]),
        ]),
      );
    }
    const rows = await query.execute();
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const next = rows.length > limit && last !== undefined ? cursorOf(last) : null;
    if (given.json) printJson(io, { transactions: shown.map((row) => listView(row, row.asset_code)), next });
    else if (shown.length === 0) io.stdout('No transactions.\n');
    else {
      io.stdout(table([HEAD, ...shown.map((row) => line(row, row.asset_code))]));
      if (next !== null) io.stdout(`more: --after ${next}\n`);
    }
    return 0;
  });
};

const HEAD = ['ID', 'KIND', 'STATUS', 'AMOUNT', 'STARTED'];

const amount = (units: bigint | null): string | null => (units === null ? null : formatAmount(units));

/** The part that list and show have in common. */
export function listView(row: TransactionRow, code: AssetRow['code']) {
  return {
    id: row.id,
    sep: row.sep,
    kind: row.kind,
    status: row.status,
    amount_in: amount(row.amount_in_units),
    amount_out: amount(row.amount_out_units),
    amount_fee: amount(row.amount_fee_units),
    asset: code,
    account: row.account,
    stellar_transaction_id: row.stellar_transaction_id,
    external_transaction_id: row.external_transaction_id,
    started_at: row.started_at,
    updated_at: row.updated_at,
  };
}

const line = (row: TransactionRow, code: string): string[] => [
  row.id,
  row.kind,
  row.status,
  `${amount(row.amount_in_units ?? row.amount_expected_units) ?? '-'} ${code}`,
  row.started_at,
];

const cursorOf = (row: TransactionRow): string =>
  Buffer.from(`${row.started_at} ${row.id}`).toString('base64url');

function readCursor(text: string | undefined): { at: string; id: string } | null {
  if (text === undefined) return null;
  const [at, id, rest] = Buffer.from(text, 'base64url').toString('utf8').split(' ');
  if (at !== undefined && id !== undefined && rest === undefined && !Number.isNaN(Date.parse(at)))
    return { at, id };
  throw usageError('OPTION_INVALID', '--after takes the `next` of an earlier list.');
}

export default command;
