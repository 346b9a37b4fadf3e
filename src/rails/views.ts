import type { TransactionView } from '../config/integrations.ts';
import { messageOf } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { readFields } from '../transfers/fields.ts';
import type { AssetRow, TransactionRow } from '../transfers/rows.ts';
import { transactionView } from '../transfers/view.ts';

/** What the rails see of transactions; one whose fields cannot be read keeps no other out. */
export function viewsOf(
  ctx: AnchorContext,
  rows: readonly TransactionRow[],
  assets: ReadonlyMap<string, AssetRow>,
): TransactionView[] {
  return rows.flatMap((row) => {
    const asset = assets.get(row.asset_id);
    if (asset === undefined) return [];
    try {
      return [transactionView(row, asset, readFields(ctx, row))];
    } catch (error) {
      ctx.log.error('fields_unreadable', { transaction: row.id, error: messageOf(error) });
      return [transactionView(row, asset, {})];
    }
  });
}
