import { isUuid } from '../../kernel/ids.ts';
import type { Principal } from '../../kernel/principal.ts';
import {
  type AnchorContext,
  type AssetRow,
  findOwned,
  findOwnedBy,
  type ListFilters,
  listOwned,
  type TransactionRow,
} from '../../transfers/index.ts';
import { offeredAssets } from './assets.ts';
import { assetUnsupported, parameterInvalid, transactionNotFound } from './faults.ts';
import { type FindRequest, plausibleKey } from './params.ts';
import { pollOwned, recentAsset } from './poll.ts';
import { type Printed, type RefundPayment, refundsOf } from './transaction-view.ts';

/** How a SEP prints a transaction. */
export type Print = (
  ctx: AnchorContext,
  row: TransactionRow,
  asset: AssetRow,
  refunded: readonly RefundPayment[],
) => Printed;

export interface ListQuery extends Omit<ListFilters, 'sep' | 'assetIds' | 'assetId' | 'after'> {
  assetCode: string;
  pagingId: string | undefined;
}

/**
 * GET /transactions of SEP-24 and SEP-6 (S24-43 to S24-50, S6-27).
 *
 * @throws ASSET_UNSUPPORTED, PARAMETER_INVALID (400)
 */
export async function listRecords(
  ctx: AnchorContext,
  sep: 6 | 24,
  principal: Principal,
  request: ListQuery,
  print: Print,
): Promise<Printed[]> {
  const { assetCode, pagingId, ...filters } = request;
  const assets = (await offeredAssets(ctx, sep)).filter((asset) => asset.code === assetCode);
  if (assets.length === 0) throw assetUnsupported();
  let after: TransactionRow | null = null;
  if (pagingId !== undefined) {
    after = isUuid(pagingId) ? await findOwned(ctx.db.read, pagingId, principal) : null;
    if (after?.sep !== `${sep}`)
      throw parameterInvalid('paging_id', 'is not the id of a transaction of yours.');
  }
  const rows = await listOwned(ctx.db.read, principal, {
    ...filters,
    sep: `${sep}`,
    assetIds: assets.map((asset) => asset.id),
    ...(after === null ? {} : { after }),
  });
  const refunds = await refundsOf(ctx, rows);
  const byId = new Map(assets.map((asset) => [asset.id, asset]));
  return rows.map((row) =>
    print(
      ctx,
      row,
      byId.get(row.asset_id) as AssetRow,
      refunds.filter((refund) => refund.transactionId === row.id),
    ),
  );
}

/** GET /transaction of SEP-24 and SEP-6 (S24-51 to S24-54, S6-29). @throws TRANSACTION_NOT_FOUND (404) */
export async function findRecord(
  ctx: AnchorContext,
  sep: 6 | 24,
  principal: Principal,
  key: FindRequest,
  print: (...what: Parameters<Print>) => Printed | Promise<Printed>,
): Promise<Printed> {
  if (!plausibleKey(key)) throw transactionNotFound();
  const { id, stellar_transaction_id: hash, external_transaction_id: external } = key;
  const row =
    id !== undefined && hash === undefined && external === undefined
      ? await pollOwned(ctx, `${sep}`, id, principal)
      : await findOwnedBy(
          ctx.db.read,
          { ...key, stellar_transaction_id: hash?.toLowerCase() },
          principal,
          `${sep}`,
        );
  if (row === null) throw transactionNotFound();
  const asset = await recentAsset(ctx, row.asset_id);
  return print(ctx, row, asset, await refundsOf(ctx, [row]));
}
