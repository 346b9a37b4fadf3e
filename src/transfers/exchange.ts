import { formatAmount } from '../kernel/amounts.ts';
import { badInput } from '../kernel/errors.ts';
import type { Fee } from '../kernel/fees.ts';
import { type Principal, parseSubject } from '../kernel/principal.ts';
import {
  exchangeArrived,
  indicativePrice,
  isPair,
  NO_DELIVERY,
  offchainAssetOf,
  onchainAsset,
  onchainId,
  type Pair,
  type QuoteRow,
  usableQuote,
} from '../quotes/index.ts';
import type { AnchorContext } from './context.ts';
import type { AssetRow, FundedRow, Kind, TransactionRow } from './rows.ts';

/**
 * What comes in is exchanged for something else. For `createTransaction`, which uses the quote up, and for `exchangeAmounts`. Made by
 * `exchangeFor` and `quotedExchange` only.
 */
export interface ExchangePlan {
  /** SEP-38 ids */
  readonly inAsset: string;
  readonly outAsset: string;
  readonly offchain: string;
  readonly principal: Principal;
  /** null: what the money is worth is decided when it has come */
  readonly quote: QuoteRow | null;
}

const contextOf = (sep: TransactionRow['sep']): QuoteRow['context'] => `sep${sep}`;

const unsupported = (): Error =>
  badInput(
    'EXCHANGE_UNSUPPORTED',
    'This anchor does not exchange the one of these assets for the other. See /sep38/info.',
  );

function pairFor(ctx: AnchorContext, asset: AssetRow, kind: Kind, offchainId: string): Pair | null {
  const [onchain, offchain] = [onchainAsset(asset), offchainAssetOf(ctx, offchainId)];
  if (offchain === null) return null;
  return kind === 'deposit' ? { sell: offchain, buy: onchain } : { sell: onchain, buy: offchain };
}

const planOf = (
  asset: AssetRow,
  kind: Kind,
  offchain: string,
  principal: Principal,
  quote: QuoteRow | null,
): ExchangePlan => {
  const onchain = onchainId(asset);
  return kind === 'deposit'
    ? { inAsset: offchain, outAsset: onchain, offchain, principal, quote }
    : { inAsset: onchain, outAsset: offchain, offchain, principal, quote };
};

/**
 * How an asset outside of Stellar goes with one of ours where there is no quote: null for what ours is anchored to, which goes one for
 * one; else an exchange at the price of the time when the money comes (S24-29).
 *
 * @param offchainId SEP-38 id, read; undefined: not said
 * @throws EXCHANGE_UNSUPPORTED (400) not an asset of `quotes.assets`, or SEP-38 is off
 */
export function exchangeFor(
  ctx: AnchorContext,
  principal: Principal,
  asset: AssetRow,
  kind: Kind,
  offchainId: string | undefined,
): ExchangePlan | null {
  if (offchainId === undefined || offchainId === asset.anchored_asset) return null;
  const on = ctx.project.seps.includes(38) && asset.sep38_enabled === 1;
  const pair = on ? pairFor(ctx, asset, kind, offchainId) : null;
  if (pair === null || !isPair(pair.sell, pair.buy)) throw unsupported();
  return planOf(asset, kind, offchainId, principal, null);
}

/** What a request says beside its quote; all of it must agree (S24-24, S6-23, S31-P06). */
export interface QuotedRequest {
  sep: TransactionRow['sep'];
  quoteId: string;
  kind: Kind;
  asset: AssetRow;
  /** `source_asset` or `destination_asset` */
  offchainId?: string | undefined;
  /** stroops of what is sold */
  amountUnits?: bigint | null | undefined;
  /** `funding_method`, compared with the delivery method that the quote was made for */
  fundingMethod?: string | null | undefined;
}

const conflict = (name: string): Error =>
  badInput('QUOTE_CONFLICT', `${name} does not agree with the quote that quote_id names.`);

/**
 * The exchange that a firm quote promises. `createTransaction` uses the quote up.
 *
 * @throws QUOTE_UNUSABLE (400) unknown, another account's, used, expired, of another context: one answer
 * @throws QUOTE_CONFLICT (400)
 */
export async function quotedExchange(
  ctx: AnchorContext,
  principal: Principal,
  request: QuotedRequest,
): Promise<ExchangePlan> {
  const quote = await usableQuote(ctx, principal, request.quoteId, contextOf(request.sep));
  const { kind, asset, offchainId, amountUnits, fundingMethod } = request;
  const [onchain, offchain] =
    kind === 'deposit' ? [quote.buy_asset, quote.sell_asset] : [quote.sell_asset, quote.buy_asset];
  if (onchain !== onchainId(asset)) throw conflict('The asset');
  if (offchainId !== undefined && offchainId !== offchain) {
    throw conflict(kind === 'deposit' ? 'source_asset' : 'destination_asset');
  }
  if (amountUnits !== undefined && amountUnits !== null && amountUnits !== quote.sell_units) {
    throw conflict('amount');
  }
  const method = quote.sell_delivery_method ?? quote.buy_delivery_method;
  if (fundingMethod && method !== null && fundingMethod !== method) throw conflict('funding_method');
  return planOf(asset, kind, offchain, principal, quote);
}

export interface ExchangeAmounts {
  in: bigint;
  out: bigint;
  fee: Fee;
  /** whether the rate is promised; else it is the one of now, and another when the money comes */
  binding: boolean;
}

/** The amounts that a quote promises. */
export const quotedAmounts = (quote: QuoteRow): ExchangeAmounts => ({
  in: quote.sell_units,
  out: quote.buy_units,
  fee: {
    fee: quote.fee_units,
    details: JSON.parse(quote.fee_details) as Fee['details'],
    out: quote.buy_units,
  },
  binding: true,
});

/**
 * What an exchange brings: as quoted, or as an estimate by the price of now. Asks the anchor's own code: never in a database transaction.
 *
 * @throws AMOUNT_*, QUOTE_REFUSED, QUOTE_* (400); PRICE_UNAVAILABLE (503)
 */
export async function exchangeAmounts(
  ctx: AnchorContext,
  plan: Pick<ExchangePlan, 'inAsset' | 'outAsset' | 'quote'> & { principal: Principal | null },
  sep: TransactionRow['sep'],
  amountUnits: bigint,
): Promise<ExchangeAmounts> {
  if (plan.quote !== null) return quotedAmounts(plan.quote);
  const priced = await indicativePrice(ctx, plan.principal, {
    ...NO_DELIVERY,
    sellAsset: plan.inAsset,
    buyAsset: plan.outAsset,
    given: { sell: amountUnits },
    context: contextOf(sep),
  });
  const fee = { fee: priced.fee, details: priced.details, out: priced.buy };
  return { in: priced.sell, out: priced.buy, fee, binding: false };
}

/**
 * The same for a transaction that is there, before its money has come.
 *
 * @param amountUnits what the user wants to send; a quote has its own amount
 * @throws as exchangeAmounts
 */
export async function rowAmounts(
  ctx: AnchorContext,
  row: TransactionRow,
  amountUnits: bigint,
): Promise<ExchangeAmounts> {
  const quote =
    row.quote_id === null
      ? null
      : await ctx.db.read
          .selectFrom('quotes')
          .selectAll()
          .where('transaction_id', '=', row.id)
          .executeTakeFirstOrThrow();
  const principal = parseSubject(row.owner);
  const [inAsset, outAsset] = [row.amount_in_asset ?? '', row.amount_out_asset ?? ''];
  return exchangeAmounts(ctx, { inAsset, outAsset, quote, principal }, row.sep, amountUnits);
}

/** Whether what comes in is exchanged for something else. */
export const isExchange = (row: Pick<TransactionRow, 'amount_in_asset'>): boolean =>
  row.amount_in_asset !== null;

/** SEP-38 ids of what comes in and what goes out, also where they are one for one (S24-F12, S24-F14, S6-F18, S31-F04). The fee is of what comes in. */
export function assetIdsOf(
  row: Pick<TransactionRow, 'kind' | 'offchain_asset' | 'amount_in_asset' | 'amount_out_asset'>,
  asset: AssetRow,
): { in: string; out: string } {
  const onchain = onchainId(asset);
  const offchain = row.offchain_asset ?? asset.anchored_asset ?? onchain;
  const [comes, goes] = row.kind === 'deposit' ? [offchain, onchain] : [onchain, offchain];
  return { in: row.amount_in_asset ?? comes, out: row.amount_out_asset ?? goes };
}

/** The columns of a transaction that is to exchange what comes in. */
export function exchangeColumns(plan: ExchangePlan) {
  const columns = {
    offchain_asset: plan.offchain,
    amount_in_asset: plan.inAsset,
    amount_out_asset: plan.outAsset,
    amount_fee_asset: plan.inAsset,
  };
  if (plan.quote === null) return columns;
  const { quote } = plan;
  return {
    ...columns,
    quote_id: quote.id,
    quote_expires_at: quote.expires_at,
    amount_expected_units: quote.sell_units,
  };
}

/** Whether a firm quote binds for money that came at this time (S24-26, S6-24, S31-16). @param paidAt ISO 8601 */
export const quoteBinds = (row: Partial<Pick<TransactionRow, 'quote_expires_at'>>, paidAt: string): boolean =>
  typeof row.quote_expires_at === 'string' && Date.parse(paidAt) < Date.parse(row.quote_expires_at);

/**
 * What the money that came for an exchange brings: what was promised, where it is the amount of the quote and came before the quote
 * expired; else what it is worth now.
 *
 * @param paidAt ISO 8601
 * @throws PRICE_UNAVAILABLE, QUOTE_REFUSED, AMOUNT_BELOW_FEE
 */
export async function exchangeFee(
  ctx: AnchorContext,
  row: FundedRow,
  asset: AssetRow,
  amountUnits: bigint,
  paidAt: string,
): Promise<Fee> {
  const { amount_fee_units: fee, amount_out_units: out } = row;
  const quoted = row.quote_id !== null && amountUnits === row.amount_expected_units;
  if (quoted && fee !== null && out !== null && quoteBinds(row, paidAt)) {
    return { fee, details: JSON.parse(row.fee_details ?? '[]') as Fee['details'], out };
  }
  const pair = pairFor(ctx, asset, row.kind, row.offchain_asset ?? '');
  if (pair === null) throw unsupported();
  const priced = await exchangeArrived(ctx, {
    pair,
    units: amountUnits,
    context: contextOf(row.sep),
    account: row.owner,
  });
  ctx.log.info('exchanged', {
    transaction: row.id,
    in: formatAmount(priced.sell),
    out: formatAmount(priced.buy),
    price: priced.price,
  });
  return { fee: priced.fee, details: priced.details, out: priced.buy };
}
