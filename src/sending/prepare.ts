import { formatAmount } from '../kernel/amounts.ts';
import { assetId } from '../kernel/assets.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import { parseMemo } from '../kernel/memos.ts';
import { isAccount } from '../kernel/strkey.ts';
import { type AnchorContext, type AssetRow, amountsAfterFee, assetOf, feeFor } from '../transfers/index.ts';
import { freeMemo } from '../transfers/submit.ts';
import { call, partnerRefused, type Reply, reasonOf } from './http.ts';
import { openLegs, type Target } from './legs.ts';
import {
  askPayment,
  type CustomerStatus,
  type Offer,
  offerFor,
  record,
  type Session,
  sessionWith,
  tellCustomer,
} from './partner.ts';
import { openRequest, type SealedRequest } from './request.ts';
import { changeSend, type SendRow } from './store.ts';
import { fail, wait } from './turns.ts';

/** A firm quote of the other anchor, as far as we go by it. */
export interface Quote {
  id: string;
  sell_amount: string;
  buy_amount: string;
  buy_asset: string;
  expires_at: string;
}

/** Time for the payment itself before a quote of the other anchor ends. */
const MARGIN_MS = 60_000;

/**
 * Everything before money: discovery, login, customers, quote, POST. None of it moves any, so what got lost on the way is done again; a
 * payment that the other anchor has taken on twice is paid once, and the other expires there.
 */
export async function prepare(ctx: AnchorContext, row: SendRow): Promise<SendRow> {
  const session = await sessionWith(ctx, row.home);
  const asset = await assetOf(ctx.db.read, row.asset_id);
  const details = openRequest(ctx, row);
  const offer = await offerFor(ctx, session, asset);
  const method = methodOf(offer, details);
  if (method instanceof AnchorError) return fail(ctx, row, method.message);
  const introduced = await introduce(ctx, session, row, offer, details);
  if (!introduced.accepted) return introduced.row;
  const fee = await feeFor(ctx, asset, 'deposit', row.amount_units);
  const amounts = amountsAfterFee(row.amount_units, fee);
  const quote = await quoteFor(ctx, session, asset, offer, details, amounts.out, method);
  const memo = await freeMemo(ctx, ctx.db.read, asset.distribution_account);
  // written before it is sent: what was asked for, and by which memo it may come back
  const asked = await changeSend(
    ctx,
    ctx.db.read,
    introduced.row,
    {
      state: 'asked',
      posts: row.posts + 1,
      sent_units: amounts.out,
      fee_units: amounts.fee,
      refund_memo: memo,
      quote: quote === null ? null : JSON.stringify(quote),
      waiting: null,
    },
    'asking the other anchor to take it on',
  );
  const reply = await post(ctx, session, asked, asset, details, quote, method);
  return taken(ctx, asked, asset, details, reply);
}

function methodOf(offer: Offer, details: SealedRequest): string | null | AnchorError {
  const { fundingMethods } = offer;
  const asked = details.fundingMethod;
  const list = fundingMethods.join(', ');
  if (asked !== null) {
    const good = fundingMethods.length === 0 || fundingMethods.includes(asked);
    return good ? asked : partnerRefused('the funding method', `it has ${list}`);
  }
  if (fundingMethods.length > 1)
    return partnerRefused('a payment without funding method', `name one of ${list}`);
  return fundingMethods[0] ?? null;
}

/** Both customers known and accepted, else what that waits for. */
async function introduce(
  ctx: AnchorContext,
  session: Session,
  row: SendRow,
  offer: Offer,
  details: SealedRequest,
): Promise<{ accepted: boolean; row: SendRow }> {
  let current = row;
  const open: string[] = [];
  for (const role of ['sender', 'receiver'] as const) {
    const type = role === 'sender' ? offer.senderType : offer.receiverType;
    if (type === null) continue;
    const column = role === 'sender' ? 'remote_sender' : 'remote_receiver';
    const told = await tellCustomer(ctx, session, { role, type, person: details[role], id: current[column] });
    if (told.id !== current[column]) {
      current = await changeSend(ctx, ctx.db.read, current, { [column]: told.id });
    }
    if (told.status === 'REJECTED') {
      return { accepted: false, row: await fail(ctx, current, `the ${role} was rejected${because(told)}`) };
    }
    if (told.status !== 'ACCEPTED') open.push(missing(role, told));
  }
  if (open.length === 0) return { accepted: true, row: current };
  return { accepted: false, row: await wait(ctx, current, open.join('; ')) };
}

const because = ({ message }: CustomerStatus): string => (message === null ? '' : `: ${message}`);

const missing = (role: string, told: CustomerStatus): string =>
  told.status === 'NEEDS_INFO'
    ? `the other anchor needs more of the ${role}: ${told.needed.join(', ') || 'see its SEP-12'}${because(told)}`
    : `the other anchor checks the ${role}${because(told)}`;

async function quoteFor(
  ctx: AnchorContext,
  { partner, token }: Session,
  asset: AssetRow,
  offer: Offer,
  details: SealedRequest,
  sellUnits: bigint,
  method: string | null,
): Promise<Quote | null> {
  const wanted = offer.quotesRequired || (details.quote && offer.quotesSupported);
  if (!wanted) return null;
  if (details.destinationAsset === null || partner.quotes === null) {
    throw partnerRefused('a payment without a quote', 'name what the receiver is to get: destinationAsset');
  }
  const body = {
    context: 'sep31',
    sell_asset: assetId({ code: asset.code, issuer: asset.issuer === '' ? null : asset.issuer }),
    buy_asset: details.destinationAsset,
    sell_amount: formatAmount(sellUnits),
    ...(method === null ? {} : { buy_delivery_method: method }),
  };
  let reply = await call(ctx, 'SEP-38 quote', `${partner.quotes}/quote`, { method: 'POST', token, body });
  if (reply.status === 400 && method !== null) {
    // not every anchor names its ways of delivery in both SEPs
    const { buy_delivery_method: _, ...plain } = body;
    reply = await call(ctx, 'SEP-38 quote', `${partner.quotes}/quote`, {
      method: 'POST',
      token,
      body: plain,
    });
  }
  if (reply.status !== 201 && reply.status !== 200) throw partnerRefused('a quote', reasonOf(reply));
  const { id, sell_amount, buy_amount, buy_asset, expires_at } = reply.body;
  const texts = [id, sell_amount, buy_amount, buy_asset, expires_at];
  if (!texts.every((one) => typeof one === 'string') || Number.isNaN(Date.parse(String(expires_at)))) {
    throw partnerRefused('a quote', 'its answer is none');
  }
  if (Number(sell_amount) !== Number(body.sell_amount))
    throw partnerRefused('a quote', 'it is for another amount');
  return { id, sell_amount, buy_amount, buy_asset, expires_at } as Quote;
}

function post(
  ctx: AnchorContext,
  { partner, token }: Session,
  row: SendRow,
  asset: AssetRow,
  details: SealedRequest,
  quote: Quote | null,
  method: string | null,
): Promise<Reply> {
  const fields = Object.keys(details.fields).length === 0 ? {} : { fields: { transaction: details.fields } };
  return call(ctx, 'SEP-31 transactions', `${partner.payments}/transactions`, {
    method: 'POST',
    token,
    body: {
      amount: formatAmount(row.sent_units ?? 0n),
      asset_code: asset.code,
      ...(asset.issuer === '' ? {} : { asset_issuer: asset.issuer }),
      ...(method === null ? {} : { funding_method: method }),
      ...(details.destinationAsset === null ? {} : { destination_asset: details.destinationAsset }),
      ...(quote === null ? {} : { quote_id: quote.id }),
      ...(row.remote_sender === null ? {} : { sender_id: row.remote_sender }),
      ...(row.remote_receiver === null ? {} : { receiver_id: row.remote_receiver }),
      refund_memo: row.refund_memo,
      refund_memo_type: 'id',
      lang: details.lang,
      ...fields,
    },
  });
}

async function taken(
  ctx: AnchorContext,
  row: SendRow,
  asset: AssetRow,
  details: SealedRequest,
  reply: Reply,
): Promise<SendRow> {
  const { error, type, id } = reply.body;
  if (reply.status === 201 || reply.status === 200) {
    if (typeof id !== 'string' || id === '' || id.length > 200)
      return fail(ctx, row, 'it gave the payment no id');
    return accept(ctx, row, asset, details, { id, status: 'pending_sender', told: reply.body });
  }
  if (error === 'customer_info_needed') {
    const who = typeof type === 'string' ? ` (SEP-12 type ${type.slice(0, 100)})` : '';
    return again(ctx, row, `the other anchor needs more of a customer${who}`);
  }
  if (error === 'transaction_info_needed') {
    const names = Object.keys(record(reply.body['fields'])).join(', ').slice(0, 300);
    return again(ctx, row, `the other anchor needs fields of the payment: ${names}`);
  }
  if (reply.status === 401 || reply.status === 403) throw partnerRefused('the payment', reasonOf(reply));
  return fail(ctx, row, `the other anchor refused the payment: ${reasonOf(reply)}`);
}

/** The other anchor has an id for it; where the money goes is in what it told, or follows later (S31-09). */
export async function accept(
  ctx: AnchorContext,
  row: SendRow,
  asset: AssetRow,
  details: SealedRequest,
  answer: { id: string; status: string; told: Record<string, unknown> },
): Promise<SendRow> {
  const { id, status, told } = answer;
  if (told['stellar_account_id'] === undefined || told['stellar_account_id'] === null) {
    const change = { remote_id: id, remote_status: 'pending_receiver', failures: 0 } as const;
    return wait(ctx, row, 'the other anchor prepares the payment', { ...change, state: 'awaiting_account' });
  }
  const target = targetOf(told);
  if (target === null) return fail(ctx, row, 'it said no account and memo that can be paid');
  const quote = row.quote === null ? null : (JSON.parse(row.quote) as Quote);
  const own = ctx.clock.now() + ctx.project.transfers.expireHours * 3_600_000;
  const until = quote === null ? own : Math.min(own, Date.parse(quote.expires_at) - MARGIN_MS);
  return openLegs(ctx, row, asset, details, target, { id, status, until });
}

function targetOf(told: Record<string, unknown>): Target | null {
  const { stellar_account_id: account, stellar_memo_type: type, stellar_memo: memo } = told;
  if (!isAccount(account)) return null;
  try {
    return { account, memo: parseMemo(type, typeof memo === 'number' ? String(memo) : memo) };
  } catch {
    return null;
  }
}

/** Back to the start, with what is known now; a quote serves once, so the next attempt gets a new one. */
const again = (ctx: AnchorContext, row: SendRow, text: string): Promise<SendRow> =>
  wait(ctx, row, text, { state: 'preparing', quote: null });

/** What was asked for, and never answered: nobody knows, nothing was paid, it is asked for anew. */
export const askAgain = (ctx: AnchorContext, row: SendRow): Promise<SendRow> =>
  changeSend(
    ctx,
    ctx.db.read,
    row,
    { state: 'preparing', quote: null, not_before_at: isoTime(ctx.clock.now()) },
    'nobody knows whether the other anchor has it; nothing was paid, so it is asked anew',
  );

/** The other anchor has it and did not say yet where to pay. */
export async function awaitAccount(ctx: AnchorContext, row: SendRow): Promise<SendRow> {
  const session = await sessionWith(ctx, row.home);
  const reply = await askPayment(ctx, session, row.remote_id ?? '');
  if (reply.status !== 200) throw partnerRefused('to tell of the payment', reasonOf(reply));
  const told = record(reply.body['transaction']);
  const status = String(told['status'] ?? '');
  if (['error', 'expired', 'refunded'].includes(status)) {
    return fail(ctx, row, `the other anchor has ended it: ${status}`, { remote_status: status });
  }
  if (status !== 'pending_sender') {
    return wait(ctx, row, `the other anchor prepares the payment: ${status}`, { remote_status: status });
  }
  const asset = await assetOf(ctx.db.read, row.asset_id);
  return accept(ctx, row, asset, openRequest(ctx, row), { id: row.remote_id ?? '', status, told });
}
