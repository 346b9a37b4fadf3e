import { isoTime } from '../kernel/clock.ts';
import { AnchorError, messageOf } from '../kernel/errors.ts';
import {
  type AnchorContext,
  isMoved,
  nothing,
  type PassOptions,
  type PassResult,
  waitingFor,
} from '../transfers/index.ts';
import { partnerRefused, reasonOf } from './http.ts';
import { closeLeg, legOf } from './legs.ts';
import { askPayment, forgetSession, record, sessionWith } from './partner.ts';
import { askAgain, awaitAccount, prepare } from './prepare.ts';
import { CLAIM_MS, changeSend, isSendMoved, type SendChange, type SendRow } from './store.ts';
import { fail, nextTry, wait } from './turns.ts';

const BATCH = 50;

/**
 * Takes every payment that is under way a step further: what the other anchor is told and says, and what our own money engine has done
 * meanwhile. It never moves money itself.
 */
export async function followSends(ctx: AnchorContext, options: PassOptions): Promise<PassResult> {
  const result = nothing();
  const seen = new Set<string>();
  while (!options.signal.aborted && ctx.clock.now() < options.deadlineMs) {
    const due = await ctx.db.read
      .selectFrom('sends')
      .selectAll()
      .where('ended_at', 'is', null)
      .where('not_before_at', '<=', isoTime(ctx.clock.now()))
      .orderBy('not_before_at')
      .limit(BATCH)
      .execute();
    const fresh = due.filter((row) => !seen.has(row.id));
    if (fresh.length === 0) break;
    for (const row of fresh) {
      if (options.signal.aborted || ctx.clock.now() >= options.deadlineMs) break;
      seen.add(row.id);
      result[await followOne(ctx, row)] += 1;
    }
  }
  return result;
}

/** One payment as far as it goes by itself now. */
export async function followOne(ctx: AnchorContext, row: SendRow): Promise<keyof PassResult> {
  let current = row;
  try {
    const claim = isoTime(ctx.clock.now() + CLAIM_MS);
    current = await changeSend(ctx, ctx.db.read, current, { not_before_at: claim });
    for (;;) {
      const { state } = current;
      current = await step(ctx, current);
      if (current.ended_at !== null) return 'processed';
      if (current.state === state) return 'waiting';
    }
  } catch (error) {
    if (isSendMoved(error) || isMoved(error)) return 'waiting';
    return troubled(ctx, row.id, error);
  }
}

function step(ctx: AnchorContext, row: SendRow): Promise<SendRow> {
  switch (row.state) {
    case 'preparing':
      return prepare(ctx, row);
    case 'asked':
      return askAgain(ctx, row);
    case 'awaiting_account':
      return awaitAccount(ctx, row);
    case 'awaiting_funds':
      return awaitFunds(ctx, row);
    case 'paying':
      return awaitPayment(ctx, row);
    default:
      return awaitDelivery(ctx, row);
  }
}

/** Faults that a later attempt does not mend, before any money has come. */
const FINAL = [
  'PARTNER_REFUSED',
  'PARTNER_INVALID',
  'PARTNER_ADDRESS_INVALID',
  'AMOUNT_BELOW_FEE',
  'CHALLENGE_INVALID',
];
const TRIES = 3;

/** What went wrong is written with the payment, which is tried again later; unknown is not failed. */
async function troubled(ctx: AnchorContext, id: string, error: unknown): Promise<keyof PassResult> {
  const row = await ctx.db.read
    .selectFrom('sends')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const code = AnchorError.is(error) ? error.code : 'UNEXPECTED';
  const text = AnchorError.is(error) ? error.message : 'A fault of our own; see the log.';
  ctx.log.error('send_failed', { send: id, code, error: messageOf(error) });
  forgetSession(ctx, row.home);
  try {
    const early = row.state === 'preparing' || row.state === 'asked';
    if (early && FINAL.includes(code) && row.failures + 1 >= TRIES) {
      await fail(ctx, row, text);
      return 'failed';
    }
    const change = { failures: row.failures + 1, not_before_at: nextTry(ctx, row) };
    await wait(ctx, row, text, change);
  } catch (fault) {
    if (!isSendMoved(fault) && !isMoved(fault)) throw fault;
  }
  return 'failed';
}

/** What the other anchor says of it now. */
async function remoteOf(
  ctx: AnchorContext,
  row: SendRow,
): Promise<{ status: string; change: SendChange; text: string }> {
  const session = await sessionWith(ctx, row.home);
  const reply = await askPayment(ctx, session, row.remote_id ?? '');
  if (reply.status !== 200) throw partnerRefused('to tell of the payment', reasonOf(reply));
  const told = record(reply.body['transaction']);
  const status = typeof told['status'] === 'string' ? told['status'].slice(0, 100) : 'unknown';
  const asks = [told['required_info_message'], told['status_message']].filter(
    (one) => typeof one === 'string',
  );
  return {
    status,
    change: { remote_status: status, remote: JSON.stringify(told).slice(0, 20_000) },
    text: `the other anchor says ${status}${asks.length === 0 ? '' : `: ${asks.join('; ').slice(0, 300)}`}`,
  };
}

async function awaitFunds(ctx: AnchorContext, row: SendRow): Promise<SendRow> {
  const leg = await legOf(ctx, row.transaction_id);
  if (leg === null) return fail(ctx, row, 'its transaction is gone');
  if (leg.received_units > 0n) {
    return changeSend(
      ctx,
      ctx.db.read,
      row,
      { state: 'paying', waiting: null, failures: 0 },
      "the customer's money is here",
    );
  }
  if (leg.status === 'expired') return fail(ctx, row, 'the money of the customer did not come in time');
  const remote = await remoteOf(ctx, row);
  if (['expired', 'error', 'refunded'].includes(remote.status)) {
    return fail(ctx, row, `the other anchor has ended it: ${remote.status}`, remote.change);
  }
  return wait(ctx, row, `the money of the customer, with the reference ${leg.reference}`, remote.change);
}

async function awaitPayment(ctx: AnchorContext, row: SendRow): Promise<SendRow> {
  const leg = await legOf(ctx, row.transaction_id);
  if (leg?.status === 'completed') {
    return changeSend(
      ctx,
      ctx.db.read,
      row,
      { state: 'sent', waiting: null, failures: 0 },
      'paid to the other anchor',
    );
  }
  if (leg?.status === 'refunded')
    return end(ctx, row, 'refunded', 'the customer got the money back; nothing was sent');
  const waiting = leg === null ? null : await waitingFor(ctx, leg);
  return wait(
    ctx,
    row,
    waiting?.text ?? `our transaction is ${leg?.status ?? 'gone'}: an operator has to look at it`,
  );
}

async function awaitDelivery(ctx: AnchorContext, row: SendRow): Promise<SendRow> {
  const back = await legOf(ctx, row.return_id);
  if (back !== null && back.received_units > 0n) {
    if (back.status === 'completed')
      return end(ctx, row, 'refunded', 'it came back and was paid out to the customer');
    return wait(ctx, row, 'it came back from the other anchor, and is being paid out to the customer');
  }
  const remote = await remoteOf(ctx, row);
  if (remote.status === 'completed')
    return end(ctx, row, 'completed', 'delivered to the receiver', remote.change);
  if (remote.status === 'refunded') {
    return wait(
      ctx,
      row,
      'the other anchor says that it has sent the money back; it is awaited',
      remote.change,
    );
  }
  return wait(ctx, row, remote.text, remote.change);
}

async function end(
  ctx: AnchorContext,
  row: SendRow,
  state: 'completed' | 'refunded',
  reason: string,
  change: SendChange = {},
): Promise<SendRow> {
  const back = await legOf(ctx, row.return_id);
  return ctx.db.write(async (trx) => {
    await closeLeg(ctx, trx, back, 'nothing came back');
    return changeSend(ctx, trx, row, { ...change, state, waiting: null }, reason);
  });
}
