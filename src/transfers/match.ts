import { AnchorError } from '../kernel/errors.ts';
import { allAssets, keyOf } from './assets.ts';
import type { AnchorContext } from './context.ts';
import { creditDeposit, creditFee, creditWithdrawal } from './credit.ts';
import type { Fee } from './fees.ts';
import { awaitsMoney } from './matching.ts';
import type { AssetRow, TransactionRow } from './rows.ts';
import { type Decision, decide, type SuspenseItem, suspenseId } from './suspense.ts';

const refused = (message: string, hint?: string): AnchorError =>
  new AnchorError({ code: 'MATCH_REFUSED', message, hint, httpStatus: 409 });

/**
 * An operator's decision that money in suspense is for this transaction after all: under, over, late, without or with another memo. The
 * amounts are computed anew from what arrived. Another asset than the transaction's is never taken, nor money for one that has some.
 *
 * @throws MATCH_REFUSED, AMOUNT_BELOW_FEE; SUSPENSE_MOVED, TRANSACTION_MOVED someone else was faster; HOOK_FAILED, HOOK_ANSWER_INVALID
 */
export async function matchSuspense(
  ctx: AnchorContext,
  item: SuspenseItem,
  row: TransactionRow,
  how: Decision,
): Promise<TransactionRow> {
  const asset = (await allAssets(ctx.db.read)).get(row.asset_id);
  checkFits(item, row, asset);
  const amountUnits = item.row.amount_units;
  const paidAt = item.kind === 'payment' ? item.row.paid_at : item.row.credited_at;
  const fee = await creditFee(ctx, row, asset as AssetRow, amountUnits, paidAt);
  return ctx.db.write(async (trx) => {
    const change = { bucket: 'matched', transaction_id: row.id } as const;
    await decide(ctx, trx, item, change, { ...how, action: 'match' });
    const credit: { amountUnits: bigint; fee: Fee; by: string } = { amountUnits, fee, by: how.by };
    return item.kind === 'payment'
      ? creditWithdrawal(ctx, trx, row, {
          ...credit,
          from: item.row.from_account,
          hash: item.row.transaction_hash,
        })
      : creditDeposit(ctx, trx, row, { ...credit, from: item.row.payer, externalId: item.row.id });
  });
}

function checkFits(item: SuspenseItem, row: TransactionRow, asset: AssetRow | undefined): void {
  const id = suspenseId(item);
  const { amount_units: units } = item.row;
  if (units <= 0n) throw refused(`Nothing readable came in with ${id}.`);
  const kind = item.kind === 'payment' ? 'withdrawal' : 'deposit';
  if (row.kind !== kind) {
    throw refused(
      `A ${item.kind === 'payment' ? 'Stellar payment' : 'bank credit'} can fund a ${kind} only.`,
    );
  }
  const key = asset === undefined ? null : keyOf(asset);
  if (item.kind === 'payment' && item.row.asset !== key) {
    const hint = `Send it back: anchor suspense refund ${id} --reason TEXT`;
    throw refused(`It brought ${item.row.asset}, and the withdrawal is one of ${key}.`, hint);
  }
  if (item.kind === 'payment' && item.row.account !== row.anchor_account) {
    throw refused(
      `It came to ${item.row.account}, and the withdrawal waits for ${row.anchor_account ?? 'none'}.`,
    );
  }
  const awaited = awaitsMoney(row);
  if (awaited === 'duplicate') throw refused(`${row.id} has its money already.`);
  if (awaited === 'not_awaited' || (awaited === 'expired' && row.amount_expected_units === null)) {
    throw refused(`${row.id} is ${row.status} and waits for no money.`, `See: anchor tx show ${row.id}`);
  }
}
