import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from '../transfers/index.ts';
import { assetOf } from '../transfers/index.ts';
import { followOne } from './follow.ts';
import { call, partnerRefused, reasonOf } from './http.ts';
import { offerFor, sessionWith, tellCustomer } from './partner.ts';
import { checkRequest, openRequest, type SendRequest, sealRequest } from './request.ts';
import { changeSend, findSend, type SendRow, writeSend } from './store.ts';
import { type SendView, sendView } from './view.ts';

/**
 * Sends a payment through another anchor (SEP-31, sending side): written down first, then taken as far as it goes at once; the job
 * follow-sends does the rest. Under a key that is known it is the same payment, and nothing is sent twice.
 *
 * @throws SEND_INVALID, AMOUNT_*, PARTNER_ADDRESS_INVALID (400); SEND_KEY_TAKEN (409)
 */
export async function send(ctx: AnchorContext, request: SendRequest): Promise<SendView> {
  const row = await writeSend(ctx, checkRequest(ctx, request));
  if (row.version === 0) await followOne(ctx, row);
  return sendView(ctx, await findSend(ctx, row.id));
}

/** @throws SEND_NOT_FOUND (404) */
export const showSend = async (ctx: AnchorContext, idOrKey: string): Promise<SendView> =>
  sendView(ctx, await findSend(ctx, idOrKey));

/** Newest first. */
export async function listSends(
  ctx: AnchorContext,
  options: { limit: number; open?: boolean },
): Promise<SendView[]> {
  let query = ctx.db.read.selectFrom('sends').selectAll();
  if (options.open === true) query = query.where('ended_at', 'is', null);
  const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(options.limit).execute();
  return Promise.all(rows.map((row) => sendView(ctx, row)));
}

/** Fields that were asked for, or were wrong. */
export interface SendUpdate {
  sender?: Record<string, string>;
  receiver?: Record<string, string>;
  /** `fields.transaction` */
  fields?: Record<string, string>;
}

/**
 * Tells more of the persons or the payment: kept with it, and told to the other anchor where it has the payment already (S31-24, S31-25).
 *
 * @throws SEND_NOT_FOUND (404), SEND_ENDED, PARTNER_REFUSED (409), PARTNER_UNAVAILABLE (503)
 */
export async function updateSend(ctx: AnchorContext, idOrKey: string, update: SendUpdate): Promise<SendView> {
  const row = await findSend(ctx, idOrKey);
  if (row.ended_at !== null) {
    throw new AnchorError({
      code: 'SEND_ENDED',
      message: `Payment ${row.id} is ${row.state}.`,
      httpStatus: 409,
    });
  }
  const details = openRequest(ctx, row);
  Object.assign(details.sender.fields, update.sender);
  Object.assign(details.receiver.fields, update.receiver);
  Object.assign(details.fields, update.fields);
  const changed = await changeSend(
    ctx,
    ctx.db.read,
    row,
    {
      request: sealRequest(ctx, row.id, details),
      not_before_at: isoTime(ctx.clock.now()),
      failures: 0,
      // told anew with the next step
      ...(update.sender !== undefined && row.remote_id === null ? { remote_sender: null } : {}),
      ...(update.receiver !== undefined && row.remote_id === null ? { remote_receiver: null } : {}),
    },
    'more was told',
  );
  if (row.remote_id !== null) await tellMore(ctx, changed, update);
  return showSend(ctx, row.id);
}

async function tellMore(ctx: AnchorContext, row: SendRow, update: SendUpdate): Promise<void> {
  const session = await sessionWith(ctx, row.home);
  const details = openRequest(ctx, row);
  if (update.sender !== undefined || update.receiver !== undefined) {
    const offer = await offerFor(ctx, session, await assetOf(ctx.db.read, row.asset_id));
    for (const role of ['sender', 'receiver'] as const) {
      const type = role === 'sender' ? offer.senderType : offer.receiverType;
      if (update[role] === undefined || type === null) continue;
      await tellCustomer(ctx, session, { role, type, person: details[role], id: null });
    }
  }
  if (update.fields !== undefined) {
    const url = `${session.partner.payments}/transactions/${encodeURIComponent(row.remote_id ?? '')}`;
    const body = { fields: { transaction: update.fields } };
    const reply = await call(ctx, 'SEP-31 transaction', url, { method: 'PATCH', token: session.token, body });
    if (reply.status !== 200) throw partnerRefused('the fields', reasonOf(reply));
  }
}
