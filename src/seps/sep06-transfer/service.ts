import * as v from 'valibot';
import type { Sep6Answer, TransactionView } from '../../config/integrations.ts';
import { formatAmount } from '../../kernel/amounts.ts';
import { isoTime } from '../../kernel/clock.ts';
import { printMemo } from '../../kernel/memos.ts';
import type { Principal } from '../../kernel/principal.ts';
import {
  type AnchorContext,
  type AssetRow,
  amountColumns,
  assetIdsOf,
  callHook,
  createTransaction,
  type ExchangePlan,
  exchangeFor,
  findOwned,
  isMoved,
  moveOn,
  moveTransaction,
  publishHowToPay,
  quotedExchange,
  readHowToPay,
  type StartAmounts,
  startAmounts,
  startTransfer,
  type TransactionRow,
} from '../../transfers/index.ts';
import { type Kyc, kycFor } from '../../transfers/kyc.ts';
import { requestedAsset } from '../shared/assets.ts';
import type { Fields } from '../shared/body.ts';
import { checkCustodian, checkDestination } from '../shared/destination.ts';
import { parameterInvalid } from '../shared/faults.ts';
import { textsFor } from '../shared/messages/index.ts';
import { termsOf } from '../shared/terms.ts';
import type { Printed } from '../shared/transaction-view.ts';
import { requestRefused } from './errors.ts';
import { chosenMethod, methodsOf, namedMethod, readRequested, withSep9Names } from './methods.ts';
import type { TransferRequest } from './schema.ts';
import { howText, instructionsOf } from './view.ts';

/** The type of customer that SEP-6 asks SEP-12 for. */
export const CUSTOMER_TYPE = 'sep6';

/** What is going to be written, all of it checked. */
interface Draft {
  principal: Principal;
  request: TransferRequest;
  asset: AssetRow;
  account: string;
  method: string;
  plan: ExchangePlan | null;
  amounts: StartAmounts | null;
  fields: Record<string, string>;
  kyc: Kyc;
}

/** Where a withdrawal comes from, or a token's own account (S6-P17). */
const ownAccount = (principal: Principal): string =>
  principal.subject.startsWith('M') ? principal.subject : principal.account;

/** Memos of deposits: none beside an address that names its user, ids only for logins of contracts [X29] (S6-P04). */
function checkMemo(principal: Principal, request: TransferRequest, account: string): void {
  if (request.memo === null) return;
  if (request.kind === 'withdrawal') {
    // the old user discriminator: the token's own memo wins, another one is a contradiction (S6-P18)
    const other = request.memo.type !== 'id' || request.memo.value !== principal.memo;
    if (principal.memo !== null && other)
      throw parameterInvalid('memo', 'contradicts the memo of the login.');
    return;
  }
  if (account.startsWith('M')) {
    throw parameterInvalid('memo', 'cannot go with an M… address, which names its user already.');
  }
  if (principal.account.startsWith('C') && request.memo.type !== 'id') {
    throw parameterInvalid('memo_type', 'must be id for a contract account.');
  }
}

const answerSchema = v.nullish(
  v.object({
    eta: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(31_536_000))),
    message: v.optional(v.pipe(v.string(), v.maxLength(1000))),
    refused: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(500))),
  }),
) as v.GenericSchema<unknown, Sep6Answer | null | undefined>;

const text = (units: bigint | null | undefined): string | null =>
  units === null || units === undefined ? null : formatAmount(units);

function assetsOf({ request, asset, plan }: Draft) {
  const row = {
    kind: request.kind,
    offchain_asset: request.offchainAsset ?? null,
    amount_in_asset: plan?.inAsset ?? null,
    amount_out_asset: plan?.outAsset ?? null,
  };
  const ids = assetIdsOf(row, asset);
  return { amountInAsset: ids.in, amountOutAsset: ids.out };
}

/** The anchor's own word on the request. @throws REQUEST_REFUSED (400), HOOK_FAILED, HOOK_ANSWER_INVALID */
async function askAnchor(ctx: AnchorContext, draft: Draft): Promise<Sep6Answer> {
  const { sep6 } = ctx.project.integrations;
  if (sep6?.request === undefined) return {};
  const { request, asset, amounts, plan } = draft;
  const view: TransactionView = Object.freeze({
    id: '',
    sep: '6',
    kind: request.kind,
    status: 'incomplete',
    assetCode: asset.code,
    assetIssuer: asset.issuer === '' ? null : asset.issuer,
    account: draft.account,
    amountIn: text(amounts?.in),
    amountOut: text(amounts?.out),
    amountFee: text(amounts?.fee?.fee),
    ...assetsOf(draft),
    quoteId: plan?.quote?.id ?? null,
    reference: '',
    fundingMethod: draft.method,
    fields: Object.freeze({ ...draft.fields }),
    lang: request.lang,
    startedAt: isoTime(ctx.clock.now()),
  });
  const answer = await callHook(ctx, 'sep6.request', (hook) => sep6.request?.(view, hook), answerSchema);
  if (answer?.refused !== undefined) throw requestRefused(answer.refused);
  return answer ?? {};
}

/**
 * The exchange that is asked for: a firm quote's, or one at the price of when the money comes (S6-21 to S6-24).
 *
 * @throws EXCHANGE_UNSUPPORTED, QUOTE_UNUSABLE, QUOTE_CONFLICT (400)
 */
async function planOf(
  ctx: AnchorContext,
  principal: Principal,
  request: TransferRequest,
  asset: AssetRow,
  fundingMethod: string | undefined,
): Promise<ExchangePlan | null> {
  const { kind, offchainAsset: offchainId, quoteId, amountUnits } = request;
  if (!request.exchange) return null;
  if (quoteId === undefined) return exchangeFor(ctx, principal, asset, kind, offchainId);
  return quotedExchange(ctx, principal, {
    sep: '6',
    quoteId,
    kind,
    asset,
    offchainId,
    amountUnits,
    fundingMethod,
  });
}

/** Everything that can be wrong with a request is found before anything is written. */
async function draftOf(
  ctx: AnchorContext,
  principal: Principal,
  request: TransferRequest,
  params: Fields,
): Promise<Draft> {
  const { kind, exchange, lang } = request;
  const asset = await requestedAsset(ctx, 6, kind, request.assetCode, request.assetIssuer);
  const plan = await planOf(ctx, principal, request, asset, namedMethod(params));
  const delivery = plan?.quote?.sell_delivery_method ?? plan?.quote?.buy_delivery_method ?? null;
  const chosen = chosenMethod(await methodsOf(ctx, asset, kind, exchange, lang), params, delivery);
  const fields = withSep9Names(readRequested(chosen.method.fields ?? {}, params));
  if (request.email !== undefined) fields['email_address'] = request.email;
  const account = request.account ?? ownAccount(principal);
  checkMemo(principal, request, account);
  const amounts = await startAmounts(ctx, {
    asset,
    kind,
    amountUnits: request.amountUnits ?? null,
    method: chosen.name,
    plan,
  });
  if (kind === 'deposit') {
    checkCustodian(ctx, principal, account);
    await checkDestination(ctx, account);
  }
  const kyc = await kycFor(ctx, principal, CUSTOMER_TYPE, { id: request.customerId, lang });
  return { principal, request, asset, account, method: chosen.name, plan, amounts, fields, kyc };
}

const BEGINS = {
  ACCEPTED: 'incomplete',
  PROCESSING: 'pending_anchor',
  NEEDS_INFO: 'pending_customer_info_update',
} as const;

/** Writes the record, and asks for the money at once where nothing stands against it (S6-11, S6-39). */
function write(ctx: AnchorContext, draft: Draft, is: keyof typeof BEGINS): Promise<TransactionRow> {
  const { principal, request, asset, amounts, fields, kyc } = draft;
  const deposit = request.kind === 'deposit';
  return ctx.db.write(async (trx) => {
    const row = await createTransaction(ctx, trx, {
      sep: '6',
      kind: request.kind,
      assetId: asset.id,
      owner: principal.owner,
      subject: principal.subject,
      account: draft.account,
      clientDomain: principal.clientDomain,
      memo: deposit ? request.memo : null,
      refundMemo: request.refundMemo,
      claimableBalanceSupported: deposit && request.claimableBalanceSupported,
      amountUnits: request.amountUnits ?? null,
      customerId: kyc.customerId ?? request.customerId ?? null,
      offchainAsset: request.offchainAsset ?? null,
      plan: draft.plan,
      lang: request.lang,
      onChangeCallback: request.onChangeCallback ?? null,
      exchange: request.exchange,
      fundingMethod: draft.method,
      countryCode: request.countryCode ?? null,
      locationId: request.locationId ?? null,
      status: BEGINS[is],
      ...(Object.keys(fields).length === 0 ? {} : { fields }),
    });
    const set = amountColumns(amounts);
    if (is === 'ACCEPTED') {
      return startTransfer(ctx, trx, row, asset, {
        by: 'wallet',
        reason: 'everything needed was given',
        set: { ...set, kyc_verified: kyc.customerId === null ? 0 : 1 },
      });
    }
    return moveTransaction(ctx, trx, row, {
      to: BEGINS[is],
      by: 'wallet',
      reason: 'amounts',
      set: {
        ...set,
        required_info_message:
          is === 'NEEDS_INFO' ? (kyc.message ?? textsFor(request.lang)('customer.needed')) : null,
        user_action_required_by: is === 'NEEDS_INFO' ? row.expires_at : null,
      },
    });
  });
}

/** A customer may have been accepted while its transaction was being written, which then would wait for ever. */
async function catchUp(ctx: AnchorContext, draft: Draft, row: TransactionRow): Promise<TransactionRow> {
  const { principal, kyc } = draft;
  if (kyc.is === 'ACCEPTED') return row;
  const { is } = await kycFor(ctx, principal, CUSTOMER_TYPE, { id: row.customer_id ?? undefined });
  if (is === kyc.is) return row;
  await ctx.db
    .write((trx) => moveOn(ctx, trx, row, is, 'wallet'))
    .catch((error) => {
      if (!isMoved(error)) throw error;
    });
  return (await findOwned(ctx.db.read, row.id, principal)) ?? row;
}

/** Denied customers are told so at once (S6-13). */
const denied = (lang: string) => ({
  type: 'customer_info_status',
  status: 'denied',
  error: textsFor(lang)('customer.rejected'),
});

export interface Begun {
  status: 200 | 403;
  body: Printed;
}

/**
 * GET /deposit, /withdraw and the exchanges: a record, and with it what the wallet has to do next (S6-09 to S6-12, S6-17, S6-18, S6-25).
 *
 * @throws ASSET_UNSUPPORTED, AMOUNT_*, PARAMETER_*, REQUEST_REFUSED (400), NETWORK_UNAVAILABLE (503), HOOK_FAILED, HOOK_ANSWER_INVALID
 */
export async function beginTransfer(
  ctx: AnchorContext,
  principal: Principal,
  request: TransferRequest,
  params: Fields,
): Promise<Begun> {
  const draft = await draftOf(ctx, principal, request, params);
  const word = await askAnchor(ctx, draft);
  const { is } = draft.kyc;
  if (is === 'REJECTED') return { status: 403, body: denied(request.lang) };
  const written = await catchUp(ctx, draft, await write(ctx, draft, is));
  const row = await publishHowToPay(ctx, written, draft.asset);
  const body = {
    id: row.id,
    ...(request.kind === 'deposit' ? depositAnswer(ctx, row) : withdrawalAnswer(row)),
    ...termsOf(ctx, draft.asset, request.kind),
    eta: word.eta,
    extra_info: word.message === undefined ? undefined : { message: word.message },
  };
  const { fee_minimum: _, ...told } = body as Printed;
  return { status: 200, body: told };
}

/** S6-F01 to F03. */
function depositAnswer(ctx: AnchorContext, row: TransactionRow): Printed {
  const t = textsFor(row.lang);
  if (row.status !== 'pending_user_transfer_start') return { how: t('how.later') };
  const how = readHowToPay(ctx, row);
  if (how === null) return { how: t('how.soon') };
  return { how: howText(row, how), instructions: instructionsOf(row, how) };
}

/** S6-F08 to F10. */
function withdrawalAnswer(row: TransactionRow): Printed {
  if (row.anchor_account === null || row.memo === null || row.memo_type === null) return {};
  return {
    account_id: row.anchor_account,
    memo_type: row.memo_type,
    memo: printMemo({ type: row.memo_type, value: row.memo }),
  };
}
