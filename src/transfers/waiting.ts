import { formatAmount } from '../kernel/amounts.ts';
import { isoTime } from '../kernel/clock.ts';
import { assetOf } from './assets.ts';
import type { AnchorContext } from './context.ts';
import { readFreeze } from './freeze.ts';
import { jobHealth } from './job-health.ts';
import type { AssetRow, ObligationRow, TransactionRow } from './rows.ts';
import { TERMINAL } from './states.ts';

export type WaitingCode =
  | 'job_not_running'
  | 'rails_credit'
  | 'trustline'
  | 'account'
  | 'kyc'
  | 'operator'
  | 'network'
  | 'signatures'
  | 'funds';

export interface Waiting {
  code: WaitingCode;
  text: string;
  /** ISO 8601 */
  since: string;
}

/** Money that the bank took back or brought back, also after the transaction has ended: an operator has to deal with it. */
async function openReturn(ctx: AnchorContext, row: TransactionRow): Promise<Waiting | null> {
  const open = await ctx.db.read
    .selectFrom('bank_returns')
    .select(['reason', 'created_at'])
    .where('transaction_id', '=', row.id)
    .where('resolved_at', 'is', null)
    .orderBy('created_at')
    .executeTakeFirst();
  if (open === undefined) return null;
  return { code: 'operator', text: `The bank returned the money: ${open.reason}`, since: open.created_at };
}

/** After the end only the refund of a payout that came back can still be open. */
async function lateRefund(ctx: AnchorContext, row: TransactionRow): Promise<Waiting | null> {
  if (row.status !== 'completed' || row.refunded_units === 0n) return null;
  const open = await ctx.db.read
    .selectFrom('obligations')
    .select('id')
    .where('transaction_id', '=', row.id)
    .where('state', 'not in', ['paid', 'cancelled'])
    .executeTakeFirst();
  return open === undefined ? null : { since: row.updated_at, ...(await owed(ctx, row)) };
}

type Answer = Omit<Waiting, 'since'> & { since?: string };

/**
 * What a transaction waits for, in one code and one sentence; null when it is finished. It looks at the state, at what is owed and at
 * which jobs are alive, so that it is true also where nothing runs that could write a reason down.
 */
export async function waitingFor(ctx: AnchorContext, row: TransactionRow): Promise<Waiting | null> {
  const returned = await openReturn(ctx, row);
  if (returned !== null) return returned;
  if (TERMINAL.has(row.status)) return lateRefund(ctx, row);
  const asset = await assetOf(ctx.db.read, row.asset_id);
  const answer = await reason(ctx, row, asset);
  return { since: row.updated_at, ...answer };
}

async function reason(ctx: AnchorContext, row: TransactionRow, asset: AssetRow): Promise<Answer> {
  switch (row.status) {
    case 'incomplete':
      return { code: 'kyc', text: 'The user has not given all data yet.' };
    case 'pending_user':
      return { code: 'kyc', text: row.message ?? 'The user has to do something more.' };
    case 'pending_customer_info_update':
      return {
        code: 'kyc',
        text: row.required_info_message ?? 'The customer has to give more data (SEP-12).',
      };
    case 'pending_transaction_info_update':
      return { code: 'kyc', text: askedText(row) };
    case 'on_hold':
      return { code: 'operator', text: 'An operator has to review it.' };
    case 'too_small':
    case 'too_large':
      return wrongAmount(ctx, row, asset);
    case 'pending_user_transfer_complete':
      return { code: 'operator', text: 'The user has to pick up the money.' };
    case 'pending_user_transfer_start':
      return row.kind === 'deposit' ? bankMoney(ctx, row, asset) : stellarMoney(ctx, row, asset);
    default:
      return owed(ctx, row);
  }
}

function askedText(row: TransactionRow): string {
  const names = Object.keys(JSON.parse(row.required_info_updates ?? '{}') as object).join(', ');
  return `The wallet has to send anew: ${names}. ${row.required_info_message ?? ''}`.trim();
}

/** Its money goes back: by the asset's policy, by an operator's decision, or it is on its way. */
async function wrongAmount(ctx: AnchorContext, row: TransactionRow, asset: AssetRow): Promise<Answer> {
  if (row.refunded_units > 0n) return owed(ctx, row);
  const hours = asset.refund_after_hours;
  const small = row.received_units < asset.refund_min_units;
  if (hours === null || small) {
    return {
      code: 'operator',
      text: 'Another amount arrived than was announced; an operator has to refund it.',
    };
  }
  const at = isoTime(Date.parse(row.updated_at) + hours * 3_600_000);
  return { code: 'operator', text: `Another amount arrived than was announced; it goes back at ${at}.` };
}

const amountOf = (row: TransactionRow, asset: AssetRow): string =>
  row.amount_in_units === null
    ? asset.code
    : `${formatAmount(row.amount_in_units)} ${asset.code === 'native' ? 'XLM' : asset.code}`;

async function bankMoney(ctx: AnchorContext, row: TransactionRow, asset: AssetRow): Promise<Answer> {
  const stopped = await notRunning(ctx, ['poll-deposits']);
  if (stopped !== null) return stopped;
  const text = `A bank credit of ${amountOf(row, asset)} with reference ${row.reference}.`;
  return { code: 'rails_credit', text };
}

async function stellarMoney(ctx: AnchorContext, row: TransactionRow, asset: AssetRow): Promise<Answer> {
  const stopped = await notRunning(ctx, ['watch-payments']);
  if (stopped !== null) return stopped;
  const memo = `memo ${row.memo_type ?? ''} ${row.memo ?? ''}`;
  const text = `A Stellar payment of ${amountOf(row, asset)} to ${row.anchor_account ?? ''} with ${memo}.`;
  return { code: 'network', text };
}

async function owed(ctx: AnchorContext, row: TransactionRow): Promise<Answer> {
  const open = await ctx.db.read
    .selectFrom('obligations')
    .selectAll()
    .where('transaction_id', '=', row.id)
    .where('state', 'not in', ['paid', 'cancelled'])
    .orderBy('created_at')
    .executeTakeFirst();
  if (open === undefined) {
    const text =
      row.received_units > 0n
        ? 'An operator has to look at it.'
        : 'The check of the customer is not finished.';
    return { code: row.received_units > 0n ? 'operator' : 'kyc', text };
  }
  const freeze = await readFreeze(ctx.db.read);
  if (freeze !== null) {
    const why = freeze.text ?? `the transaction ${freeze.hash} of ${freeze.account} is not ours.`;
    return { code: 'operator', text: `All payments are stopped: ${why}`, since: freeze.at };
  }
  const answer = open.leg === 'stellar' ? await stellarLeg(ctx, open) : await railsLeg(ctx, open);
  return { since: open.updated_at, ...answer };
}

const known = (code: string | null): WaitingCode => (code ?? 'operator') as WaitingCode;

async function stellarLeg(ctx: AnchorContext, owed: ObligationRow): Promise<Answer> {
  if (owed.state === 'held') {
    return { code: 'operator', text: owed.waiting_text ?? 'An operator has to decide about the payment.' };
  }
  const stopped = await notRunning(ctx, ['submit-payments', 'poll-deposits', 'watch-payments']);
  if (stopped !== null) return stopped;
  if (owed.waiting_code !== null) {
    return { code: known(owed.waiting_code), text: owed.waiting_text ?? 'The payment has to wait.' };
  }
  const text =
    owed.state === 'bound' ? 'The network has to confirm the payment.' : 'The payment is about to be sent.';
  return { code: 'network', text };
}

async function railsLeg(ctx: AnchorContext, owed: ObligationRow): Promise<Answer> {
  if (owed.state === 'held') {
    return { code: 'operator', text: owed.waiting_text ?? 'An operator has to decide about the payout.' };
  }
  const job = owed.state === 'accepted' ? 'poll-payouts' : 'execute-payouts';
  const stopped = await notRunning(ctx, [job]);
  if (stopped !== null) return stopped;
  if (owed.waiting_code !== null) {
    return { code: known(owed.waiting_code), text: owed.waiting_text ?? 'The payout has to wait.' };
  }
  const text =
    owed.state === 'accepted' ? 'The bank has to confirm the payout.' : 'The payout is about to be sent.';
  return { code: 'rails_credit', text };
}

/** Null when one of the jobs is alive; the first one named is the one to start. */
async function notRunning(ctx: AnchorContext, jobs: string[]): Promise<Answer | null> {
  const health = await Promise.all(jobs.map((job) => jobHealth(ctx, job)));
  if (health.some((job) => job.running)) return null;
  const [first] = jobs;
  const seen = health[0]?.lastSeen;
  const when = seen ? `is not running in a loop; it last ran at ${seen}` : 'has never run';
  return { code: 'job_not_running', text: `The job ${first} ${when}. Start it: anchor run ${first} --loop` };
}
