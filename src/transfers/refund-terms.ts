import type { Queries } from '../database/port.ts';
import { parseAssetKey } from '../kernel/assets.ts';
import { AnchorError, assert } from '../kernel/errors.ts';
import type { Memo } from '../kernel/memos.ts';
import { keyOf } from './assets.ts';
import type { NewObligation } from './obligations.ts';
import type { AssetRow, IncomingRow, TransactionRow } from './rows.ts';

/** A decision that the state of things does not allow: 409. */
export const refused = (code: string, message: string, hint?: string): AnchorError =>
  new AnchorError({ code, message, hint, httpStatus: 409 });

/** What a refund is, but for its parent. */
export type OwedBack = Omit<NewObligation, 'purpose'>;

export const toPayer = (units: bigint): OwedBack => ({
  leg: 'rails',
  amountUnits: units,
  destination: null,
  memo: null,
  memoType: null,
});

/** The refund of a funded transaction: to whoever sent the payment that it was credited with, or to the payer at the bank. */
export async function owedBack(trx: Queries, row: TransactionRow): Promise<OwedBack> {
  if (row.kind === 'deposit') return toPayer(row.received_units);
  const [payment, another] = await trx
    .selectFrom('incoming_payments')
    .selectAll()
    .where('transaction_id', '=', row.id)
    .where('bucket', '=', 'matched')
    .execute();
  assert(payment !== undefined && another === undefined, `${row.id} is not funded by one payment`);
  assert(payment.amount_units === row.received_units, `${row.id} received another amount than its payment`);
  return toSender(trx, payment, row);
}

/**
 * To the account that paid, muxed as it named itself; with refund_memo where the user gave one, else with the memo of the payment (S24-22).
 *
 * @throws REFUND_SENDER_UNKNOWN a claimed balance, say, does not tell who gave it
 */
export async function toSender(
  trx: Queries,
  row: IncomingRow,
  transaction: TransactionRow | null,
): Promise<OwedBack> {
  const ours = await ownAccounts(trx);
  if (ours.has(row.from_account)) {
    throw refused(
      'REFUND_SENDER_UNKNOWN',
      `The network does not tell who sent ${row.operation_id}.`,
      'Match it to the transaction it belongs to, or hold it: anchor suspense --help',
    );
  }
  const memo = refundMemo(row, transaction);
  return {
    leg: 'stellar',
    amountUnits: row.amount_units,
    destination: row.refund_to ?? row.from_account,
    memo: memo?.value ?? null,
    memoType: memo?.type ?? null,
  };
}

function refundMemo(
  row: Pick<IncomingRow, 'memo' | 'memo_type'>,
  transaction: Pick<TransactionRow, 'refund_memo' | 'refund_memo_type'> | null,
): Memo | null {
  if (transaction?.refund_memo != null && transaction.refund_memo_type !== null) {
    return { type: transaction.refund_memo_type, value: transaction.refund_memo };
  }
  if (row.memo === null || row.memo === '') return null;
  const { memo_type: type, memo: value } = row;
  if (type === 'text' || type === 'id' || type === 'hash') return { type, value };
  // the same 32 bytes; a memo of type return would say that it answers a transaction of theirs
  return type === 'return' ? { type: 'hash', value } : null;
}

/** Accounts whose keys are ours: distribution accounts and channels. */
export async function ownAccounts(db: Queries): Promise<Set<string>> {
  const assets = await db.selectFrom('assets').select('distribution_account as account').distinct().execute();
  const keys = await db.selectFrom('keys').select('account').execute();
  return new Set([...assets, ...keys].map(({ account }) => account));
}

/**
 * Which asset's policy goes for a payment, and whose account pays it back: the asset that came, where the account that it came to holds
 * it for us, else the oldest asset of that account.
 */
export async function payingAsset(
  trx: Queries,
  row: IncomingRow,
): Promise<{ id: string; key: string | null }> {
  const assets: AssetRow[] = await trx
    .selectFrom('assets')
    .selectAll()
    .where('distribution_account', '=', row.account)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const own = assets.find((asset) => keyOf(asset) === row.asset);
  const [first] = assets;
  if (own !== undefined) return { id: own.id, key: null };
  if (first !== undefined && isAssetKey(row.asset)) return { id: first.id, key: row.asset };
  throw refused('REFUND_NO_ASSET', `${row.account} is the account of no asset any more.`);
}

const isAssetKey = (text: string): boolean => {
  try {
    parseAssetKey(text);
    return true;
  } catch {
    return false;
  }
};
