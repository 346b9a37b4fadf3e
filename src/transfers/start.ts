import * as v from 'valibot';
import type { PaymentInstructions, TransactionView } from '../config/integrations.ts';
import type { Queries } from '../database/port.ts';
import { messageOf } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import { waitsUntil } from './create.ts';
import { type ExchangePlan, exchangeAmounts } from './exchange.ts';
import { amountsAfterFee, checkLimits, type Fee, feeFor } from './fees.ts';
import { callHook, withData } from './hooks.ts';
import { knownFields } from './known-fields.ts';
import { moveTransaction } from './move.ts';
import type { AssetRow, Kind, TransactionRow, TransactionUpdate } from './rows.ts';
import { freeMemo } from './submit.ts';
import { transactionView } from './view.ts';

/** What a transaction without pages is to cost. */
export interface StartAmounts {
  in: bigint;
  /** null: decided when the money comes, by the price of then */
  out: bigint | null;
  fee: Fee | null;
}

export interface StartRequest {
  asset: AssetRow;
  kind: Kind;
  /** stroops; null where the wallet announced no amount: any within the limits is taken then */
  amountUnits: bigint | null;
  /** funding method, for the fee */
  method: string | null;
  /** what comes in is exchanged */
  plan: ExchangePlan | null;
}

/**
 * Amounts of a deposit or withdrawal; null where none was announced. Before the database transaction, because fee and price may be the
 * anchor's own code.
 *
 * @throws AMOUNT_TOO_SMALL, AMOUNT_TOO_BIG, AMOUNT_TOO_PRECISE, AMOUNT_BELOW_FEE, QUOTE_* (400); PRICE_UNAVAILABLE (503);
 *   HOOK_FAILED, HOOK_ANSWER_INVALID
 */
export async function startAmounts(ctx: AnchorContext, request: StartRequest): Promise<StartAmounts | null> {
  const { asset, kind, amountUnits, method, plan } = request;
  if (amountUnits === null) return null;
  if (plan !== null) {
    const found = await exchangeAmounts(ctx, plan, '6', amountUnits);
    return found.binding ? found : { in: found.in, out: null, fee: null };
  }
  checkLimits(asset, kind, amountUnits);
  const fee = await feeFor(ctx, asset, kind, amountUnits, { type: method ?? undefined });
  const amounts = amountsAfterFee(amountUnits, fee);
  return { in: amounts.in, out: amounts.out, fee };
}

/** The columns of amounts that are known beforehand. */
export function amountColumns(amounts: StartAmounts | null): TransactionUpdate {
  if (amounts === null) return {};
  const { fee } = amounts;
  return {
    amount_expected_units: amounts.in,
    amount_in_units: amounts.in,
    amount_out_units: amounts.out,
    amount_fee_units: fee?.fee ?? null,
    fee_details: fee === null ? null : JSON.stringify(fee.details),
  };
}

/**
 * Asks for the money: `pending_user_transfer_start`, the time until which it is waited for, and for a withdrawal our account with a memo
 * of its own (S24-M03, S24-M14, S6-18, S6-39).
 *
 * @throws TRANSACTION_MOVED, STATUS_MOVE_FORBIDDEN
 */
export async function startTransfer(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  asset: Pick<AssetRow, 'distribution_account'>,
  how: { by: string; reason: string; set?: TransactionUpdate },
): Promise<TransactionRow> {
  const until = waitsUntil(ctx, row.quote_expires_at);
  const fresh = row.kind === 'withdrawal' && row.anchor_account === null;
  const target = fresh
    ? {
        anchor_account: asset.distribution_account,
        memo: await freeMemo(ctx, trx, asset.distribution_account),
        memo_type: 'id' as const,
      }
    : {};
  return moveTransaction(ctx, trx, row, {
    to: 'pending_user_transfer_start',
    by: how.by,
    reason: how.reason,
    set: { ...target, ...how.set, expires_at: until, user_action_required_by: until },
  });
}

const text = (max: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(max));

const fieldsSchema = v.nullish(
  v.record(
    v.pipe(v.string(), v.regex(/^[A-Za-z][\w.]{0,99}$/, 'a SEP-9 field')),
    v.object({ value: text(1000), description: text(500) }),
  ),
);
const linesSchema = v.array(v.object({ label: text(200), value: text(1000) }));

/** How a deposit is paid, as the anchor's own code says it. */
export interface HowToPay {
  /** null: not known yet, or only told in words */
  fields: PaymentInstructions | null;
  /** lines for people */
  lines: string[];
}

/**
 * Asks the anchor's own code how a deposit is paid: `sep6.instructions`, or the lines of `deposit.instructions` that pages show. Null as
 * long as that is not known.
 *
 * @throws HOOK_FAILED, HOOK_ANSWER_INVALID
 */
export async function askHowToPay(
  ctx: AnchorContext,
  id: string,
  view: TransactionView,
): Promise<HowToPay | null> {
  const { sep6, deposit } = ctx.project.integrations;
  if (sep6?.instructions !== undefined) {
    const fields = await callHook(
      ctx,
      'sep6.instructions',
      (hook) => sep6.instructions?.(view, withData(ctx, id, hook)),
      fieldsSchema,
    );
    if (fields === null || fields === undefined) return null;
    return {
      fields,
      lines: Object.values(fields).map(({ value, description }) => `${description}: ${value}`),
    };
  }
  if (deposit?.instructions === undefined) return { fields: null, lines: [] };
  const lines = await callHook(
    ctx,
    'deposit.instructions',
    (hook) => deposit.instructions?.(view, withData(ctx, id, hook)),
    linesSchema,
  );
  return { fields: null, lines: lines.map(({ label, value }) => `${label}: ${value}`) };
}

/** Statuses in which somebody may still want to know how a deposit is paid. */
const PAYABLE = ['pending_user_transfer_start', 'pending_customer_info_update', 'pending_anchor'];

/**
 * Asks how a deposit that is not paid yet is paid, and keeps it with the transaction, also while its customer is looked at: then it is told
 * as soon as money is waited for. What goes wrong is logged: the transaction stands, and is asked about again.
 */
export async function publishHowToPay(
  ctx: AnchorContext,
  row: TransactionRow,
  asset: AssetRow,
): Promise<TransactionRow> {
  if (row.kind !== 'deposit' || row.received_units > 0n || !PAYABLE.includes(row.status)) return row;
  try {
    const view = transactionView(row, asset, await knownFields(ctx, row));
    const how = await askHowToPay(ctx, row.id, view);
    if (how === null) return row;
    const instructions = ctx.box.seal(JSON.stringify(how), scope(row.id));
    await ctx.db.read.updateTable('transactions').set({ instructions }).where('id', '=', row.id).execute();
    return { ...row, instructions };
  } catch (error) {
    ctx.log.error('instructions_failed', { transaction: row.id, error: messageOf(error) });
    return row;
  }
}

/** Instructions may name an account that is the user's alone: in the database they are sealed. */
const scope = (id: string): string => `transactions.instructions:${id}`;

/** Null where nothing is known yet. @throws SECRET_UNREADABLE */
export const readHowToPay = (
  ctx: Pick<AnchorContext, 'box'>,
  row: Pick<TransactionRow, 'id' | 'instructions'>,
): HowToPay | null =>
  row.instructions === null ? null : (JSON.parse(ctx.box.open(row.instructions, scope(row.id))) as HowToPay);
