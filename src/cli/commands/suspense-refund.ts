import { findAssets } from '../../database/repositories/assets.ts';
import { notFound } from '../../kernel/errors.ts';
import { type AnchorContext, refundCredit, refundPayment } from '../../transfers/index.ts';
import type { Given } from '../command.ts';
import { decisionCommand } from '../suspense.ts';
import { assetCode, textOption } from '../values.ts';

export default decisionCommand(async (ctx, item, how, given) => {
  const assetId = await assetOption(ctx, given);
  await ctx.db.write((trx) =>
    item.kind === 'payment'
      ? refundPayment(ctx, trx, item.row, how)
      : refundCredit(ctx, trx, item.row, { ...how, assetId }),
  );
});

/** For which asset a bank credit came that names no deposit; needless where there is only one. */
async function assetOption(ctx: AnchorContext, given: Given): Promise<string | undefined> {
  const text = textOption(given, 'asset');
  const found =
    text === undefined
      ? await ctx.db.read.selectFrom('assets').selectAll().execute()
      : await findAssets(ctx.db.read, assetCode(text));
  const [asset, another] = found;
  if (text !== undefined && asset === undefined) {
    throw notFound('ASSET_NOT_FOUND', `There is no asset ${text}.`, 'See: anchor assets');
  }
  return another === undefined ? asset?.id : undefined;
}
