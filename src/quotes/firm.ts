import * as v from 'valibot';
import { callHook } from '../config/call-hook.ts';
import type { Queries } from '../database/port.ts';
import { parseAmount } from '../kernel/amounts.ts';
import { isoTime } from '../kernel/clock.ts';
import { badInput } from '../kernel/errors.ts';
import { isUuid } from '../kernel/ids.ts';
import { type Owner, type Principal, parseSubject } from '../kernel/principal.ts';
import { checkDelivery, exchangeAssets, pairOf } from './assets.ts';
import { type QuoteContextName, type QuoteRow, type QuotesContext, settingsOf } from './context.ts';
import { expiryInvalid, pairNotOffered, priceUnavailable, quoteUnusable } from './errors.ts';
import {
  askPrice,
  checkBounds,
  checkGiven,
  type ExchangeRequest,
  hookRequest,
  type Offer,
  priceWith,
} from './price.ts';

export interface FirmRequest extends ExchangeRequest {
  context: QuoteContextName;
  /** milliseconds since 1970: the quote holds at least until then */
  expireAfter: number | null;
}

/**
 * A quote that is kept for whoever asked until it expires: one transaction may use it (S38-27 to S38-35). What it holds is taken off what
 * the next ones may (S38-33).
 *
 * @throws as indicativePrice; QUOTE_EXPIRY_INVALID, QUOTE_LIQUIDITY, QUOTES_OPEN_MAX (400)
 */
export async function firmQuote(
  ctx: QuotesContext,
  principal: Principal,
  request: FirmRequest,
): Promise<QuoteRow> {
  const pair = pairOf(await exchangeAssets(ctx), request.sellAsset, request.buyAsset);
  checkDelivery(pair, request, true);
  checkGiven(pair, request.given);
  const latest = latestExpiry(ctx, request.expireAfter);
  const offer = await askPrice(ctx, pair, hookRequest('firm', request, principal));
  if (offer === null) throw pairNotOffered();
  const priced = priceWith(pair, offer, request.given);
  checkBounds(pair, priced);
  const available = await liquidityOf(ctx, request.buyAsset);
  const now = ctx.clock.now();
  const expires = expiryOf(offer, latest, request.expireAfter, now);
  return ctx.db.write(async (trx) => {
    await lockBook(trx, request.buyAsset);
    await checkOpen(ctx, trx, principal, now);
    if (available !== null) await checkLiquidity(trx, request.buyAsset, available - priced.buy, now);
    return trx
      .insertInto('quotes')
      .values({
        id: ctx.ids.uuid(),
        owner: principal.owner,
        account: principal.account,
        context: request.context,
        sell_asset: pair.sell.id,
        buy_asset: pair.buy.id,
        sell_units: priced.sell,
        buy_units: priced.buy,
        fee_units: priced.fee,
        fee_details: JSON.stringify(priced.details),
        price: priced.price,
        total_price: priced.totalPrice,
        sell_delivery_method: request.sellDeliveryMethod,
        buy_delivery_method: request.buyDeliveryMethod,
        country_code: request.countryCode,
        expires_at: isoTime(expires),
        created_at: isoTime(now),
        transaction_id: null,
        used_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

/** S38-29, and no quote that holds for years. @throws QUOTE_EXPIRY_INVALID (400) */
function latestExpiry(ctx: QuotesContext, after: number | null): number {
  const { lifetimeSeconds, lifetimeMaxSeconds } = settingsOf(ctx);
  const now = ctx.clock.now();
  if (after === null) return now + lifetimeSeconds * 1000;
  if (after <= now) throw expiryInvalid('expire_after has passed already.');
  if (after > now + lifetimeMaxSeconds * 1000) {
    throw expiryInvalid(`expire_after is more than ${lifetimeMaxSeconds} seconds ahead.`);
  }
  return Math.max(after, now + lifetimeSeconds * 1000);
}

function expiryOf({ expiresMs }: Offer, latest: number, after: number | null, now: number): number {
  const expires = expiresMs === null ? latest : Math.min(latest, expiresMs);
  if (after !== null && expires < after) {
    throw expiryInvalid('No quote can be kept until expire_after at the moment.');
  }
  if (expires <= now) throw priceUnavailable();
  return expires;
}

async function liquidityOf(ctx: QuotesContext, asset: string): Promise<bigint | null> {
  const { quotes } = ctx.project.integrations;
  const hook = quotes?.liquidity;
  if (hook === undefined) return null;
  try {
    const schema = v.nullable(v.pipe(v.string(), v.maxLength(40)));
    const answer = await callHook(ctx, 'quotes.liquidity', (host) => hook.call(quotes, asset, host), schema);
    return answer === null ? null : parseAmount(answer);
  } catch (error) {
    ctx.log.error('liquidity_failed', { asset, error });
    throw priceUnavailable(error);
  }
}

/** Until the end of the database transaction nobody else writes a quote of this asset. */
async function lockBook(trx: Queries, asset: string): Promise<void> {
  await trx
    .insertInto('quote_books')
    .values({ asset, counter: 1 })
    .onConflict((conflict) =>
      conflict.column('asset').doUpdateSet(({ ref, eb }) => ({
        counter: eb(ref('quote_books.counter'), '+', 1),
      })),
    )
    .execute();
}

async function checkOpen(ctx: QuotesContext, trx: Queries, who: Principal, now: number): Promise<void> {
  const { openMax } = settingsOf(ctx);
  const { open } = await trx
    .selectFrom('quotes')
    .select(({ fn }) => fn.countAll().as('open'))
    .where('account', '=', who.account)
    .where('transaction_id', 'is', null)
    .where('expires_at', '>', isoTime(now))
    .executeTakeFirstOrThrow();
  if (Number(open) < openMax) return;
  throw badInput('QUOTES_OPEN_MAX', 'You hold as many unused quotes as you may. Use them, or wait.');
}

/** @throws QUOTE_LIQUIDITY (400) what unexpired quotes hold is more than `left` */
async function checkLiquidity(trx: Queries, asset: string, left: bigint, now: number): Promise<void> {
  const held = await trx
    .selectFrom('quotes')
    .leftJoin('transactions', 'transactions.id', 'quotes.transaction_id')
    .select('buy_units')
    .where('buy_asset', '=', asset)
    .where('quotes.expires_at', '>', isoTime(now))
    .where(({ eb, or }) =>
      or([
        eb('quotes.transaction_id', 'is', null),
        eb('transactions.status', 'in', ['incomplete', 'pending_user_transfer_start']),
      ]),
    )
    .execute();
  if (held.reduce((sum, { buy_units: units }) => sum + units, 0n) <= left) return;
  throw badInput('QUOTE_LIQUIDITY', 'This amount cannot be promised at the moment: try a smaller one.');
}

/** The quote with this id if it is this principal's, in one query (S38-38); also after it has expired or was used (S38-37). */
export async function findQuote(db: Queries, principal: Principal, id: string): Promise<QuoteRow | null> {
  if (!isUuid(id)) return null;
  const row = await db
    .selectFrom('quotes')
    .selectAll()
    .where('id', '=', id)
    .where('owner', '=', principal.owner)
    .executeTakeFirst();
  return row ?? null;
}

/** The user itself, and the account it belongs to: what an account was quoted, its users may use; never one user what another was. */
function ownersFor(principal: Principal): Owner[] {
  const account = parseSubject(principal.account);
  return account === null ? [principal.owner] : [principal.owner, account.owner];
}

/**
 * The quote that a transaction of this principal wants to use: theirs or their account's, of this context, unused and not expired.
 *
 * @throws QUOTE_UNUSABLE (400) the same for every other one (S24-25)
 */
export async function usableQuote(
  ctx: Pick<QuotesContext, 'db' | 'clock'>,
  principal: Principal,
  id: string,
  context: QuoteContextName,
): Promise<QuoteRow> {
  if (!isUuid(id)) throw quoteUnusable();
  const row = await ctx.db.read
    .selectFrom('quotes')
    .selectAll()
    .where('id', '=', id)
    .where('owner', 'in', ownersFor(principal))
    .where('context', '=', context)
    .where('transaction_id', 'is', null)
    .where('expires_at', '>', isoTime(ctx.clock.now()))
    .executeTakeFirst();
  if (row === undefined) throw quoteUnusable();
  return row;
}

/**
 * Uses a quote up, by compare-and-set in the database transaction that creates its transaction: of two that want it one fails (S38-35).
 *
 * @throws QUOTE_UNUSABLE (400)
 */
export async function useQuote(
  ctx: Pick<QuotesContext, 'clock'>,
  trx: Queries,
  principal: Principal,
  quoteId: string,
  transactionId: string,
): Promise<void> {
  const now = isoTime(ctx.clock.now());
  const used = await trx
    .updateTable('quotes')
    .set({ transaction_id: transactionId, used_at: now })
    .where('id', '=', quoteId)
    .where('owner', 'in', ownersFor(principal))
    .where('transaction_id', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (used.numUpdatedRows !== 1n) throw quoteUnusable();
}
