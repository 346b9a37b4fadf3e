import { assetOf } from '../../transfers/assets.ts';
import type { AnchorContext } from '../../transfers/context.ts';
import { readFields } from '../../transfers/fields.ts';
import type { TransactionRow } from '../../transfers/rows.ts';
import { TERMINAL } from '../../transfers/states.ts';
import { waitingFor } from '../../transfers/waiting.ts';
import { messagesFor } from '../messages/index.ts';
import { type PageData, renderPage } from '../render.ts';
import { contentFor } from './flow.ts';
import { plainAmount, unitsOf } from './money.ts';
import { paymentRequest } from './payment-uri.ts';
import { amountFacts, detailFacts, instructions, type Shown, stateText, timeline } from './status-facts.ts';

const GOOD = new Set(['completed', 'refunded']);
const BAD = new Set(['error', 'expired', 'no_market', 'too_small', 'too_large']);
const ACT = new Set([
  'incomplete',
  'pending_user_transfer_start',
  'pending_user',
  'pending_trust',
  'pending_user_transfer_complete',
  'pending_customer_info_update',
  'pending_transaction_info_update',
]);
const REFRESH_SECONDS = 5;

const moodOf = (status: string): string =>
  GOOD.has(status) ? 'good' : BAD.has(status) ? 'bad' : ACT.has(status) ? 'act' : 'busy';

function testBankUrl(ctx: AnchorContext, row: TransactionRow): string | null {
  const here = ctx.project.network.name !== 'public' && ctx.project.integrations.testBank !== undefined;
  if (!here || row.kind !== 'deposit' || row.status !== 'pending_user_transfer_start') return null;
  const amount = plainAmount(row.amount_in_units ?? 0n);
  return `/bank?${new URLSearchParams({ amount, reference: row.reference })}`;
}

export interface StatusOptions {
  /** where the script asks for news */
  stateUrl: string;
  /** origin that postMessage goes to */
  target: string;
  /** address that outlives the session, e.g. the more_info_url */
  laterUrl?: string;
}

/**
 * The page of a transaction: what it waits for, how to pay, amounts, history. It is the last page of the interactive flow and the
 * page behind `more_info_url` (S24-39, S24-42).
 */
export async function statusPage(
  ctx: AnchorContext,
  row: TransactionRow,
  options: StatusOptions,
): Promise<string> {
  const t = messagesFor(row.lang);
  const asset = await assetOf(ctx.db.read, row.asset_id);
  const shown: Shown = { row, asset, fields: readFields(ctx, row), t };
  const unit = unitsOf({ row, asset });
  const token = row.kind === 'deposit' ? unit.out : unit.in;
  const terminal = TERMINAL.has(row.status);
  const deposit = row.kind === 'deposit';
  const content = await contentFor(ctx, shown, 'status', {
    title: t(deposit ? 'status.depositTitle' : 'status.withdrawalTitle'),
    guidance: [],
  });
  const data: PageData = {
    ...content,
    lang: t.lang,
    title: content.heading,
    scripts: ['status.js'],
    refreshSeconds: terminal ? undefined : REFRESH_SECONDS,
    id: row.id,
    kind: row.kind,
    version: row.version,
    terminal,
    stateUrl: options.stateUrl,
    targetOrigin: options.target,
    laterUrl: options.laterUrl ?? '',
    callback: row.callback === 'postMessage' ? row.callback : '',
    onChange: row.on_change_callback === 'postMessage' ? row.on_change_callback : '',
    mood: moodOf(row.status),
    state: stateText(t, row, token, ''),
    stateText: stateText(t, row, token, '.text'),
    message: row.message ?? row.required_info_message,
    instructions: await instructions(ctx, shown),
    instructionsTitle: t(deposit ? 'status.howToPay' : 'status.howToSend'),
    instructionsGuidance: t(deposit ? 'status.payGuidance' : 'status.sendGuidance'),
    testBankUrl: testBankUrl(ctx, row),
    payment: paymentRequest(ctx, row, asset),
    amounts: amountFacts(shown),
    details: detailFacts(shown),
    timeline: await timeline(ctx, shown),
    waiting: ctx.project.network.name === 'sandbox' ? await waitingFor(ctx, row) : null,
  };
  return renderPage(ctx, 'status', data);
}

/** How the SEP prints the transaction for postMessage: handed in by the server, because wire formats are the SEP's. */
export type DescribeTransaction = (row: TransactionRow) => Promise<unknown>;

/** What the page's script asks for. */
export async function stateOf(row: TransactionRow, describe: DescribeTransaction) {
  return {
    version: row.version,
    status: row.status,
    kind: row.kind,
    submitted: row.status !== 'incomplete',
    terminal: TERMINAL.has(row.status),
    transaction: await describe(row),
  };
}
