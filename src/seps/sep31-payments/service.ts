import { SEP31_PRESET } from '../../config/project.ts';
import { isUuid } from '../../kernel/ids.ts';
import type { Principal } from '../../kernel/principal.ts';
import { exchangeAmounts } from '../../transfers/exchange.ts';
import {
  type AnchorContext,
  type AssetRow,
  amountColumns,
  amountsAfterFee,
  checkLimits,
  createTransaction,
  type ExchangePlan,
  exchangeFor,
  feeFor,
  moveTransaction,
  quotedExchange,
  type StartAmounts,
  startTransfer,
  type TransactionRow,
} from '../../transfers/index.ts';
import { requestedAsset } from '../shared/assets.ts';
import { parameterInvalid, parameterMissing, transactionNotFound } from '../shared/faults.ts';
import { pollOwned, recentAsset } from '../shared/poll.ts';
import type { Printed } from '../shared/transaction-view.ts';
import { quoteRequired } from './errors.ts';
import { neededFields, paymentFields } from './fields.ts';
import { checkCustomers } from './kyc.ts';
import { review } from './review.ts';
import type { PaymentRequest } from './schema.ts';
import { describePayment, destination } from './view.ts';

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

/** The exchange that is asked for (S31-P05, S31-P06): a firm quote's, one at the price of when the money comes, or none. */
function planOf(
  ctx: AnchorContext,
  principal: Principal,
  request: PaymentRequest,
  asset: AssetRow,
  method: string | null,
): Promise<ExchangePlan | null> | ExchangePlan | null {
  const { quoteId, destinationAsset, amountUnits } = request;
  const offered = ctx.project.seps.includes(38) && asset.sep38_enabled === 1;
  if (quoteId === undefined) {
    if (offered && (ctx.project.sep31 ?? SEP31_PRESET).quotesRequired) throw quoteRequired();
    return exchangeFor(ctx, principal, asset, 'withdrawal', destinationAsset);
  }
  return quotedExchange(ctx, principal, {
    sep: '31',
    quoteId,
    kind: 'withdrawal',
    asset,
    offchainId: destinationAsset,
    amountUnits,
    fundingMethod: request.fundingMethod === undefined ? null : method,
  });
}

async function amountsOf(
  ctx: AnchorContext,
  asset: AssetRow,
  amountUnits: bigint,
  plan: ExchangePlan | null,
  method: string | null,
): Promise<StartAmounts> {
  checkLimits(asset, 'withdrawal', amountUnits);
  if (plan !== null) {
    const found = await exchangeAmounts(ctx, plan, '31', amountUnits);
    // without a promise the price is that of the moment at which the money comes (S31-19)
    return found.binding ? found : { in: found.in, out: null, fee: null };
  }
  const fee = await feeFor(ctx, asset, 'withdrawal', amountUnits, { type: method ?? undefined });
  const amounts = amountsAfterFee(amountUnits, fee);
  return { in: amounts.in, out: amounts.out, fee };
}

/**
 * Takes on a payment that another anchor asks for (S31-P01 to P11, S31-08 to S31-16).
 *
 * @throws ASSET_UNSUPPORTED, AMOUNT_*, PARAMETER_*, QUOTE_*, EXCHANGE_UNSUPPORTED, CUSTOMER_*, PAYMENT_REFUSED (400)
 */
export async function takePayment(
  ctx: AnchorContext,
  principal: Principal,
  request: PaymentRequest,
): Promise<Taken> {
  const asset = await requestedAsset(ctx, 31, 'withdrawal', request.assetCode, request.assetIssuer);
  const method = fundingMethod(ctx, request.fundingMethod);
  const plan = await planOf(ctx, principal, request, asset, method);
  const amounts = await amountsOf(ctx, asset, request.amountUnits, plan, method);
  const kyc = await checkCustomers(ctx, principal, request);
  if (kyc.is === 'needed') return customerNeeded(kyc.type);
  const wanted = await paymentFields(ctx, asset, request.lang);
  const needed = neededFields(wanted, request.fields);
  if (needed !== null) return { status: 400, body: { error: 'transaction_info_needed', fields: needed } };
  const refused = await review(ctx, principal, asset, request, method, wanted);
  if (refused !== null) return refused;
  const row = await write(ctx, { principal, request, asset, method, plan, amounts, open: kyc.is === 'open' });
  return { status: 201, body: { id: row.id, ...destination(row) } };
}

const customerNeeded = (type: string): Taken => ({
  status: 400,
  body: { error: 'customer_info_needed', type },
});

interface Draft {
  principal: Principal;
  request: PaymentRequest;
  asset: AssetRow;
  method: string | null;
  plan: ExchangePlan | null;
  amounts: StartAmounts;
  /** its customers are not accepted yet: it is prepared, and asked for when they are */
  open: boolean;
}

function write(ctx: AnchorContext, draft: Draft): Promise<TransactionRow> {
  const { principal, request, asset, plan } = draft;
  const columns = {
    ...amountColumns(draft.amounts),
    sender_id: request.senderId ?? null,
    receiver_id: request.receiverId ?? null,
  };
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
      amountUnits: draft.amounts.in,
      offchainAsset: request.destinationAsset ?? null,
      plan,
      lang: request.lang,
      fundingMethod: draft.method,
      fields: request.fields,
      status: draft.open ? 'pending_anchor' : 'incomplete',
    });
    if (draft.open) {
      const reason = 'its customers are not accepted yet';
      return moveTransaction(ctx, trx, row, { to: 'pending_anchor', by: 'wallet', reason, set: columns });
    }
    const reason = 'the payment was taken on';
    return startTransfer(ctx, trx, row, asset, { by: 'wallet', reason, set: columns });
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
  return describePayment(ctx, row, await recentAsset(ctx, row.asset_id));
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
