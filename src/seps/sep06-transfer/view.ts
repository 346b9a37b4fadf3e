import { messageOf } from '../../kernel/errors.ts';
import {
  type AnchorContext,
  type AssetRow,
  assetOf,
  type HowToPay,
  readFields,
  readHowToPay,
  type TransactionRow,
} from '../../transfers/index.ts';
import { moreInfoUrl } from '../../transfers/links.ts';
import { textsFor } from '../shared/messages/index.ts';
import {
  amounts,
  masked,
  memoOf,
  type Printed,
  type RefundPayment,
  refunds,
  refundsOf,
  USER_ACTS,
} from '../shared/transaction-view.ts';

/** A transaction as SEP-6 prints it (S6-F13 to F33). Keys without a value are left out. */
export type Sep6Transaction = Printed;

/** S6-33: before money is waited for there is nothing to pay. */
const NOT_YET = new Set(['incomplete', 'pending_anchor', 'pending_customer_info_update']);
export const PAY = 'pending_user_transfer_start';
const INFO = new Set(['pending_customer_info_update', 'pending_transaction_info_update']);

/** S6-25, S6-28. */
export const kindOf = (row: Pick<TransactionRow, 'kind' | 'exchange'>): string =>
  row.exchange === 1 ? `${row.kind}-exchange` : row.kind;

/** What was sealed with a key that is gone keeps nobody from the rest of the transaction. */
function readable<T>(ctx: AnchorContext, row: TransactionRow, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    ctx.log.error('fields_unreadable', { transaction: row.id, error: messageOf(error) });
    return null;
  }
}

/** Where a withdrawal goes: of the account only the last characters (S6-F23), its bank by number and name (S6-F24). */
function payee(ctx: AnchorContext, row: TransactionRow): Printed {
  const fields = readable(ctx, row, () => readFields(ctx, row)) ?? {};
  return {
    to: masked(row.to_address ?? fields['bank_account_number'] ?? null) ?? undefined,
    external_extra: fields['bank_number'],
    external_extra_text: fields['bank_name'],
  };
}

function parties(ctx: AnchorContext, row: TransactionRow): Printed {
  const { memo, type } = memoOf(row);
  if (row.kind === 'deposit') {
    return {
      to: row.account,
      from: row.from_address ?? undefined,
      deposit_memo: memo ?? undefined,
      deposit_memo_type: type ?? undefined,
      claimable_balance_id: row.claimable_balance_id ?? undefined,
    };
  }
  const ready = row.anchor_account !== null;
  return {
    from: row.from_address ?? row.account,
    ...payee(ctx, row),
    withdraw_anchor_account: row.anchor_account ?? undefined,
    withdraw_memo: ready ? (memo ?? undefined) : undefined,
    withdraw_memo_type: ready ? (type ?? undefined) : undefined,
  };
}

/** What the user is asked for, in the statuses that ask (S6-F30, S6-F31, S6-37). */
function asked(row: TransactionRow): Printed {
  if (!INFO.has(row.status)) return {};
  const updates = row.status === 'pending_transaction_info_update' ? row.required_info_updates : null;
  return {
    required_info_message: row.required_info_message ?? undefined,
    required_info_updates: updates === null ? undefined : { transaction: JSON.parse(updates) as Printed },
  };
}

/** Where the payer names what its bank credit is found by; SEP-9's name for it, at our bank. */
const REFERENCE = 'organization.external_transfer_memo';

/** Fields of `how`, with the reference if they do not name it already. Undefined as long as nothing is known (S6-10). */
export function instructionsOf(row: TransactionRow, how: HowToPay | null): Printed | undefined {
  if (how === null) return undefined;
  const fields = how.fields ?? {};
  if (Object.values(fields).some(({ value }) => value.includes(row.reference))) return fields;
  const description = textsFor(row.lang)('instruction.reference');
  return { ...fields, [REFERENCE]: { value: row.reference, description } };
}

/** The same in words, for people. */
export function howText(row: TransactionRow, how: HowToPay): string {
  const told = how.lines.some((line) => line.includes(row.reference));
  const reference = textsFor(row.lang)('how.reference', { reference: row.reference });
  return (told ? how.lines : [...how.lines, reference]).join('\n');
}

/** S6-33; in words where the anchor has only words, and no other message (S6-F15). */
function howToPay(ctx: AnchorContext, row: TransactionRow): Printed {
  if (row.kind !== 'deposit' || NOT_YET.has(row.status)) return {};
  const how = readable(ctx, row, () => readHowToPay(ctx, row));
  const words = how !== null && how.fields === null && row.status === PAY && row.message === null;
  return { instructions: instructionsOf(row, how), ...(words ? { message: howText(row, how) } : {}) };
}

export function printTransaction(
  ctx: AnchorContext,
  row: TransactionRow,
  asset: AssetRow,
  refunded: readonly RefundPayment[],
): Sep6Transaction {
  const acts = USER_ACTS.has(row.status);
  return {
    id: row.id,
    kind: kindOf(row),
    status: row.status,
    more_info_url: moreInfoUrl(ctx, row.id),
    started_at: row.started_at,
    updated_at: row.updated_at,
    completed_at: row.completed_at ?? undefined,
    message: row.message ?? undefined,
    user_action_required_by: acts ? (row.user_action_required_by ?? undefined) : undefined,
    ...amounts(row, asset),
    quote_id: row.quote_id ?? undefined,
    stellar_transaction_id: row.stellar_transaction_id ?? undefined,
    external_transaction_id: row.external_transaction_id ?? undefined,
    refunded: row.status === 'refunded',
    refunds: refunds(refunded),
    ...parties(ctx, row),
    ...asked(row),
    ...howToPay(ctx, row),
  };
}

/** One transaction with all that belongs to it: for callbacks and answers. */
export async function describeTransfer(ctx: AnchorContext, row: TransactionRow): Promise<Sep6Transaction> {
  const asset = await assetOf(ctx.db.read, row.asset_id);
  return printTransaction(ctx, row, asset, await refundsOf(ctx, [row]));
}
