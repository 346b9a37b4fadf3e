import { insertRows, type TypedColumn, updateRows } from '../database/bulk.ts';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { assert } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import type { Credit } from './credit.ts';
import { amountsAfterFee } from './fees.ts';
import { transactionMoved } from './move.ts';
import { tellChanges } from './notices.ts';
import { obligationId } from './obligations.ts';
import type { FundedRow } from './rows.ts';
import { canMove } from './states.ts';

/** A withdrawal with the Stellar payment that it is credited with. */
export interface WithdrawalCredit extends Credit {
  row: FundedRow;
  /** hash of the payment's transaction */
  hash: string;
}

const KEYS: readonly TypedColumn<'transactions'>[] = [
  ['id', 'text'],
  ['status', 'text'],
  ['version', 'bigint'],
];
const COLUMNS: readonly TypedColumn<'transactions'>[] = [
  ['amount_in_units', 'bigint'],
  ['amount_out_units', 'bigint'],
  ['amount_fee_units', 'bigint'],
  ['fee_details', 'text'],
  ['received_units', 'bigint'],
  ['fee_units', 'bigint'],
  ['paid_units', 'bigint'],
  ['from_address', 'text'],
  ['stellar_transaction_id', 'text'],
  ['updated_at', 'text'],
];
const FIXED = ["status = 'pending_anchor'", 'version = version + 1', 'user_action_required_by = null'];

/**
 * What `creditWithdrawal` does, for many withdrawals in a handful of statements: a page of payments is stored in one database
 * transaction, and there may be hundreds in a ledger.
 *
 * @param credits each for another withdrawal
 * @throws TRANSACTION_MOVED where one was changed since it was read: nothing is to be kept then
 * @throws AMOUNT_BELOW_FEE
 */
export async function creditWithdrawals(
  ctx: Pick<AnchorContext, 'clock' | 'db'>,
  trx: Queries,
  credits: readonly WithdrawalCredit[],
): Promise<void> {
  const [first] = credits;
  if (first === undefined) return;
  const now = isoTime(ctx.clock.now());
  const to = 'pending_anchor';
  const updates = credits.map(({ row, amountUnits, fee, from, hash }) => {
    assert(row.kind === 'withdrawal' && canMove(row.kind, row.status, to), `credited in ${row.status}`);
    assert(row.received_units === 0n, `${row.id} is credited twice`);
    const amounts = amountsAfterFee(amountUnits, fee);
    const details = JSON.stringify(fee.details);
    const totals = [amounts.in, amounts.fee, amounts.rest] as const;
    const shown = [amounts.in, amounts.out, amounts.fee] as const;
    return [row.id, row.status, row.version, ...shown, details, ...totals, from, hash, now] as const;
  });
  const change = { keys: KEYS, columns: COLUMNS, fixed: FIXED };
  const changed = await updateRows(ctx.db, trx, 'transactions', change, updates);
  if (changed !== BigInt(credits.length)) throw transactionMoved(first.row.id);
  await insertRows(
    ctx.db,
    trx,
    'transaction_history',
    ['transaction_id', 'at', 'from_status', 'to_status', 'by_whom', 'reason'],
    credits.map(({ row, by }) => [row.id, now, row.status, to, by, 'the Stellar payment arrived']),
  );
  await insertRows(
    ctx.db,
    trx,
    'obligations',
    [
      'id',
      'transaction_id',
      'leg',
      'purpose',
      'ordinal',
      'asset_id',
      'asset_key',
      'amount_units',
      'state',
      'created_at',
      'updated_at',
    ],
    credits.map(({ row, amountUnits, fee }) => [
      obligationId({ transaction_id: row.id }, 'rails', 'deliver', 0),
      row.id,
      'rails',
      'deliver',
      0,
      row.asset_id,
      row.amount_out_asset,
      amountsAfterFee(amountUnits, fee).out,
      'owed',
      now,
      now,
    ]),
  );
  const rows = credits.map(({ row }) => row);
  await tellChanges(ctx, trx, rows, now);
}
