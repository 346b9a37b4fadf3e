import { customerNotFound, findCustomer } from '../../customers/index.ts';
import {
  type AnchorContext,
  type AssetRow,
  checkLimits,
  createTransaction,
  type ExchangePlan,
  exchangeAmounts,
  exchangeFor,
  issueInteractiveToken,
  type Kind,
  quotedExchange,
} from '../../transfers/index.ts';
import { interactiveUrl } from '../../transfers/links.ts';
import { requestedAsset } from '../shared/assets.ts';
import { checkCustodian, checkDestination } from '../shared/destination.ts';
import { parameterInvalid } from '../shared/faults.ts';
import type { FindRequest } from '../shared/params.ts';
import type { Principal } from '../shared/principal.ts';
import { findRecord, listRecords } from '../shared/records.ts';
import type { InteractiveRequest, ListRequest } from './schema.ts';
import { printTransaction, type Sep24Transaction } from './view.ts';

/** Where a request without `account` means (S24-P06): the account of the token, the muxed one if it named that. */
const ownAccount = (principal: Principal): string =>
  principal.subject.startsWith('M') ? principal.subject : principal.account;

/**
 * The exchange that is asked for, if any: by a firm quote (S24-24, S24-25), or at the price of when the money comes (S24-29). Its amount
 * is checked where there is one, as that of a plain transfer is.
 *
 * @throws EXCHANGE_UNSUPPORTED, QUOTE_UNUSABLE, QUOTE_CONFLICT, AMOUNT_* (400); PRICE_UNAVAILABLE (503)
 */
async function planOf(
  ctx: AnchorContext,
  principal: Principal,
  kind: Kind,
  asset: AssetRow,
  { quoteId, offchainAsset: offchainId, amountUnits }: InteractiveRequest,
): Promise<ExchangePlan | null> {
  if (quoteId !== undefined) {
    return quotedExchange(ctx, principal, { sep: '24', quoteId, kind, asset, offchainId, amountUnits });
  }
  const plan = exchangeFor(ctx, principal, asset, kind, offchainId);
  if (amountUnits === undefined) return plan;
  if (plan === null) checkLimits(asset, kind, amountUnits);
  else await exchangeAmounts(ctx, plan, '24', amountUnits);
  return plan;
}

/** The deprecated user discriminator of withdrawals (S24-23): the token's own memo wins, another one is a contradiction. */
function checkDiscriminator(principal: Principal, request: InteractiveRequest): void {
  if (request.memo === null || principal.memo === null) return;
  if (request.memo.type !== 'id' || request.memo.value !== principal.memo) {
    throw parameterInvalid('memo', 'contradicts the memo of the login.');
  }
}

/** A customer that SEP-12 knows must be the login's own (S24-P11, SC-21). @throws CUSTOMER_NOT_FOUND (404) */
async function checkCustomer(
  ctx: AnchorContext,
  principal: Principal,
  id: string | undefined,
): Promise<void> {
  if (id === undefined || !ctx.project.seps.includes(12)) return;
  if ((await findCustomer(ctx.db.read, principal, { id })) === null) throw customerNotFound();
}

/**
 * Begins a deposit or withdrawal (S24-15, S24-16): a record in `incomplete` and the address of its pages.
 *
 * @throws ASSET_UNSUPPORTED, EXCHANGE_UNSUPPORTED, QUOTE_*, AMOUNT_*, PARAMETER_INVALID (400); NETWORK_UNAVAILABLE, PRICE_UNAVAILABLE (503)
 */
export async function beginInteractive(
  ctx: AnchorContext,
  principal: Principal,
  kind: Kind,
  request: InteractiveRequest,
  fields: Record<string, string>,
): Promise<{ id: string; url: string }> {
  const asset = await requestedAsset(ctx, 24, kind, request.assetCode, request.assetIssuer);
  const plan = await planOf(ctx, principal, kind, asset, request);
  const account = request.account ?? ownAccount(principal);
  await checkCustomer(ctx, principal, request.customerId);
  if (kind === 'deposit') {
    if (request.memo !== null && account.startsWith('M')) {
      throw parameterInvalid('memo', 'cannot go with an M… address, which names its user already.');
    }
    checkCustodian(ctx, principal, account);
    await checkDestination(ctx, account);
  } else {
    checkDiscriminator(principal, request);
  }
  return ctx.db.write(async (trx) => {
    const row = await createTransaction(ctx, trx, {
      sep: '24',
      kind,
      assetId: asset.id,
      owner: principal.owner,
      subject: principal.subject,
      account,
      clientDomain: principal.clientDomain,
      memo: kind === 'deposit' ? request.memo : null,
      refundMemo: request.refundMemo,
      claimableBalanceSupported: kind === 'deposit' && request.claimableBalanceSupported,
      amountUnits: request.amountUnits ?? null,
      customerId: request.customerId ?? null,
      offchainAsset: request.offchainAsset ?? null,
      plan,
      lang: request.lang,
      ...(Object.keys(fields).length === 0 ? {} : { fields }),
    });
    return { id: row.id, url: interactiveUrl(ctx, row.id, await issueInteractiveToken(ctx, row, trx)) };
  });
}

/** GET /transactions (S24-43 to S24-50). @throws ASSET_UNSUPPORTED, PARAMETER_INVALID (400) */
export function listTransactions(
  ctx: AnchorContext,
  principal: Principal,
  request: ListRequest,
): Promise<Sep24Transaction[]> {
  const { assetCode, kind, noOlderThan, limit, pagingId } = request;
  const filters = {
    limit,
    ...(kind === undefined ? {} : { kind }),
    ...(noOlderThan === undefined ? {} : { noOlderThan }),
  };
  return listRecords(ctx, 24, principal, { ...filters, assetCode, pagingId }, printTransaction);
}

/** GET /transaction (S24-51 to S24-54). @throws TRANSACTION_NOT_FOUND (404) */
export const findTransaction = (
  ctx: AnchorContext,
  principal: Principal,
  key: FindRequest,
): Promise<Sep24Transaction> => findRecord(ctx, 24, principal, key, printTransaction);
