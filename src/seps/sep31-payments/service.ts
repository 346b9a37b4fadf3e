import { SEP31_PRESET } from '../../config/project.ts';
import { isUuid } from '../../kernel/ids.ts';
import type { Principal } from '../../kernel/principal.ts';
import {
  type AnchorContext,
  type AssetRow,
  amountsAfterFee,
  checkLimits,
  createTransaction,
  feeFor,
  type TransactionRow,
} from '../../transfers/index.ts';
import { askForPayment } from '../../transfers/receive.ts';
import { requestedAsset } from '../shared/assets.ts';
import { parameterInvalid, parameterMissing, transactionNotFound } from '../shared/faults.ts';
import { pollOwned, recentAsset } from '../shared/poll.ts';
import { type Printed, refundsOf } from '../shared/transaction-view.ts';
import { quotesUnsupported } from './errors.ts';
import { neededFields, paymentFields } from './fields.ts';
import type { PaymentRequest } from './schema.ts';
import { destination, printPayment } from './view.ts';

/** What POST /transactions answers: the payment, or what is still needed for it (S31-11, S31-12). */
export type Taken = { status: 201 | 400; body: Printed };

/** S31-P03. The only method goes without saying. @throws PARAMETER_MISSING, PARAMETER_INVALID (400) */
function fundingMethod(ctx: AnchorContext, asked: string | undefined): string | null {
  const { fundingMethods } = ctx.project.sep31 ?? SEP31_PRESET;
  if (asked === undefined) {
    if (fundingMethods.length > 1) throw parameterMissing('funding_method');
    return fundingMethods[0] ?? null;
  }
  if (!fundingMethods.includes(asked)) throw parameterInvalid('funding_method', 'is none of those in /info.');
  return asked;
}

/**
 * Takes on a payment that another anchor asks for (S31-P01 to P11, S31-08 to S31-16).
 *
 * @throws ASSET_UNSUPPORTED, AMOUNT_*, PARAMETER_* and the like (400)
 */
export async function takePayment(
  ctx: AnchorContext,
  principal: Principal,
  request: PaymentRequest,
): Promise<Taken> {
  const asset = await requestedAsset(ctx, 31, 'withdrawal', request.assetCode, request.assetIssuer);
  const method = fundingMethod(ctx, request.fundingMethod);
  checkLimits(asset, 'withdrawal', request.amountUnits);
  if (request.quoteId !== undefined) throw quotesUnsupported();
  const wanted = await paymentFields(ctx, asset, request.lang);
  const needed = neededFields(wanted, request.fields);
  if (needed !== null) return { status: 400, body: { error: 'transaction_info_needed', fields: needed } };
  const row = await writePayment(ctx, principal, asset, request, method);
  return { status: 201, body: { id: row.id, ...destination(row) } };
}

async function writePayment(
  ctx: AnchorContext,
  principal: Principal,
  asset: AssetRow,
  request: PaymentRequest,
  method: string | null,
): Promise<TransactionRow> {
  const fee = await feeFor(ctx, asset, 'withdrawal', request.amountUnits, { type: method ?? undefined });
  const amounts = amountsAfterFee(request.amountUnits, fee);
  return ctx.db.write(async (trx) => {
    const row = await createTransaction(ctx, trx, {
      sep: '31',
      kind: 'withdrawal',
      assetId: asset.id,
      owner: principal.owner,
      subject: principal.subject,
      account: principal.muxed ?? principal.account,
      clientDomain: principal.clientDomain,
      refundMemo: request.refundMemo,
      amountUnits: amounts.in,
      offchainAsset: request.destinationAsset ?? null,
      lang: request.lang,
      fields: request.fields,
    });
    const known = await trx
      .updateTable('transactions')
      .set({
        sender_id: request.senderId ?? null,
        receiver_id: request.receiverId ?? null,
        funding_method: method,
        amount_in_units: amounts.in,
        amount_out_units: amounts.out,
        amount_fee_units: amounts.fee,
        fee_details: JSON.stringify(fee.details),
      })
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return askForPayment(ctx, trx, known, asset, { by: 'wallet', reason: 'the payment was taken on' });
  });
}

/** The payment of this sending anchor, in one query (S31-17). @throws TRANSACTION_NOT_FOUND (404) */
export async function ownPayment(
  ctx: AnchorContext,
  principal: Principal,
  id: string,
): Promise<TransactionRow> {
  const row = isUuid(id) ? await pollOwned(ctx, '31', id, principal) : null;
  // what we send through other anchors ourselves belongs to nobody who can log in
  if (row === null || row.kind !== 'withdrawal') throw transactionNotFound();
  return row;
}

/** GET /transactions/:id (S31-17, S31-18). @throws TRANSACTION_NOT_FOUND (404) */
export async function findPayment(ctx: AnchorContext, principal: Principal, id: string): Promise<Printed> {
  const row = await ownPayment(ctx, principal, id);
  const asset = await recentAsset(ctx, row.asset_id);
  return printPayment(row, asset, await refundsOf(ctx, [row]));
}

/** PUT /transactions/:id/callback (S31-27): the latest address is the one that is told. @throws TRANSACTION_NOT_FOUND (404) */
export async function setCallback(
  ctx: AnchorContext,
  principal: Principal,
  id: string,
  url: string,
): Promise<void> {
  const row = await ownPayment(ctx, principal, id);
  await ctx.db.read
    .updateTable('transactions')
    .set({ on_change_callback: url })
    .where('id', '=', row.id)
    .where('owner', '=', principal.owner)
    .execute();
}
