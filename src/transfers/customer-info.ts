import { findCustomer } from '../customers/index.ts';
import type { Queries } from '../database/port.ts';
import { type Owner, parseSubject } from '../kernel/principal.ts';
import { assetOf } from './assets.ts';
import type { AnchorContext } from './context.ts';
import { isMoved, moveTransaction } from './move.ts';
import { payOn } from './receive.ts';
import type { TransactionRow } from './rows.ts';
import { startTransfer } from './start.ts';

/** A customer's status, as SEP-12 names it. */
export type CustomerStatus = 'ACCEPTED' | 'PROCESSING' | 'NEEDS_INFO' | 'REJECTED';

/** What became of a customer; `by` goes into the history of its transactions. */
export interface CustomerNews {
  readonly customerId: string;
  /** whose customer it is: what they began before they registered is theirs too */
  readonly owner: Owner;
  readonly type: string;
  readonly to: CustomerStatus;
  readonly by: string;
}

/** Statuses in which a transaction may wait for its customers, or may have to from now on. */
const WATCHED = ['pending_customer_info_update', 'pending_anchor', 'pending_user_transfer_start'] as const;

/** States of an obligation in which nothing of it is on its way. */
const AT_REST = ['owed', 'waiting', 'held', 'paid', 'cancelled'] as const;

/** The worst first: a transaction with two customers goes by the one that holds it up. */
const ORDER: readonly CustomerStatus[] = ['REJECTED', 'NEEDS_INFO', 'PROCESSING', 'ACCEPTED'];

/**
 * A customer's status became another one: its transactions move with it, in the same database transaction (S6-36, S31-M04). None of the
 * anchor's own code is called: what a transaction costs and how it is paid was asked when it began.
 */
export async function customerChanged(ctx: AnchorContext, trx: Queries, news: CustomerNews): Promise<void> {
  const rows = await trx
    .selectFrom('transactions')
    .selectAll()
    .where(({ eb, or, and }) =>
      or([
        eb('customer_id', '=', news.customerId),
        and([eb('owner', '=', news.owner), eb('customer_id', 'is', null), eb('sep', '=', '6')]),
        eb('sender_id', '=', news.customerId),
        eb('receiver_id', '=', news.customerId),
      ]),
    )
    .where('status', 'in', WATCHED)
    .orderBy('started_at')
    .execute();
  for (const row of rows) {
    if (!(await isTheirs(trx, row, news.customerId))) continue;
    const known = await linked(trx, row, news.customerId);
    const status = await statusFor(trx, known, news);
    if (status !== null) await follow(ctx, trx, known, status, news.by);
  }
}

/** Whether the customer is one of the transaction's own user: a wallet may have named any id while SEP-12 was off (SC-21). */
async function isTheirs(trx: Queries, row: TransactionRow, id: string): Promise<boolean> {
  const principal = parseSubject(row.subject);
  return principal !== null && (await findCustomer(trx, principal, { id })) !== null;
}

/** One that was begun before the customer registered is the customer's from now on. */
async function linked(trx: Queries, row: TransactionRow, customerId: string): Promise<TransactionRow> {
  if (row.sep !== '6' || row.customer_id !== null) return row;
  await trx
    .updateTable('transactions')
    .set({ customer_id: customerId })
    .where('id', '=', row.id)
    .where('customer_id', 'is', null)
    .execute();
  return { ...row, customer_id: customerId };
}

/** The uses that a transaction makes of its customers. */
function uses(row: TransactionRow): { id: string; type: string }[] {
  if (row.sep !== '31')
    return row.customer_id === null ? [] : [{ id: row.customer_id, type: `sep${row.sep}` }];
  return [
    ...(row.sender_id === null ? [] : [{ id: row.sender_id, type: 'sep31-sender' }]),
    ...(row.receiver_id === null ? [] : [{ id: row.receiver_id, type: 'sep31-receiver' }]),
  ];
}

/** The status that counts for a transaction; null where the news are of a use that it makes not. */
async function statusFor(
  trx: Queries,
  row: TransactionRow,
  news: CustomerNews,
): Promise<CustomerStatus | null> {
  const found: CustomerStatus[] = [];
  let told = false;
  for (const { id, type } of uses(row)) {
    if (id === news.customerId && type === news.type) {
      found.push(news.to);
      told = true;
      continue;
    }
    const other = await trx
      .selectFrom('customer_statuses')
      .select('status')
      .where('customer_id', '=', id)
      .where('type', '=', type)
      .executeTakeFirst();
    found.push((other?.status as CustomerStatus | undefined) ?? 'NEEDS_INFO');
  }
  return told ? (ORDER.find((status) => found.includes(status)) ?? null) : null;
}

/**
 * Lets a transaction go on as far as its customer lets it.
 *
 * @throws TRANSACTION_MOVED, STATUS_MOVE_FORBIDDEN
 */
export const moveOn = (
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  status: CustomerStatus,
  by: string,
): Promise<void> => step(ctx, trx, row, status, by);

/** Moves a transaction to where its customers let it be; once more where somebody else has just moved it. */
async function follow(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  status: CustomerStatus,
  by: string,
): Promise<void> {
  let current = row;
  for (let attempt = 0; ; attempt++) {
    try {
      await step(ctx, trx, current, status, by);
      return;
    } catch (error) {
      if (!isMoved(error) || attempt > 2) throw error;
      const found = await trx
        .selectFrom('transactions')
        .selectAll()
        .where('id', '=', row.id)
        .where('status', 'in', WATCHED)
        .executeTakeFirst();
      if (found === undefined) return;
      current = found;
    }
  }
}

async function step(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  status: CustomerStatus,
  by: string,
): Promise<void> {
  switch (status) {
    case 'ACCEPTED':
      return accepted(ctx, trx, row, by);
    case 'PROCESSING':
      if (row.status === 'pending_customer_info_update') {
        const set = { required_info_message: null, user_action_required_by: null };
        await moveTransaction(ctx, trx, row, {
          to: 'pending_anchor',
          by,
          reason: 'the customer is being looked at',
          set,
        });
      }
      return;
    case 'NEEDS_INFO':
      return needed(ctx, trx, row, by);
    case 'REJECTED':
      return rejected(ctx, trx, row, by);
  }
}

/** On with it: with money to be paid out, without to wait for it (S6-36). */
async function accepted(ctx: AnchorContext, trx: Queries, row: TransactionRow, by: string): Promise<void> {
  const known = row.customer_id !== null || row.sep === '31';
  const set = { ...(known ? { kyc_verified: 1 as const } : {}), required_info_message: null };
  const reason = known ? 'the customer was accepted' : 'everything needed was given';
  if (row.received_units > 0n) {
    const to = 'pending_anchor';
    const moved = await moveTransaction(ctx, trx, row, { to, by, reason, set });
    await payOn(ctx, trx, moved);
    return;
  }
  if (row.status === 'pending_user_transfer_start') {
    if (known && row.kyc_verified !== 1)
      await moveTransaction(ctx, trx, row, { to: row.status, by, reason, set });
    return;
  }
  const asset = await assetOf(trx, row.asset_id);
  await startTransfer(ctx, trx, row, asset, { by, reason, set });
}

const onItsWay = async (trx: Queries, row: TransactionRow): Promise<boolean> =>
  (await trx
    .selectFrom('obligations')
    .select('id')
    .where('transaction_id', '=', row.id)
    .where('state', 'not in', AT_REST)
    .executeTakeFirst()) !== undefined;

/** Back to asking, but for money that is on its way already. SEP-24 has no status for it: its pages ask. */
async function needed(ctx: AnchorContext, trx: Queries, row: TransactionRow, by: string): Promise<void> {
  if (row.status === 'pending_customer_info_update' || (await onItsWay(trx, row))) return;
  const reason = 'the customer has to tell more';
  if (row.sep !== '24') {
    await moveTransaction(ctx, trx, row, {
      to: 'pending_customer_info_update',
      by,
      reason,
      set: { kyc_verified: 0, user_action_required_by: row.expires_at },
    });
  } else if (row.status === 'pending_anchor' && row.received_units === 0n) {
    await moveTransaction(ctx, trx, row, { to: 'incomplete', by, reason, set: { kyc_verified: 0 } });
  }
}

/** Without money that is the end; money that is there waits for an operator, who gives it back (S24-M07). */
async function rejected(ctx: AnchorContext, trx: Queries, row: TransactionRow, by: string): Promise<void> {
  const reason = 'the customer was rejected';
  const set = { kyc_verified: 0 as const, required_info_message: null, user_action_required_by: null };
  if (row.received_units === 0n) {
    await moveTransaction(ctx, trx, row, { to: 'error', by, reason, set });
  } else if (!(await onItsWay(trx, row))) {
    await moveTransaction(ctx, trx, row, { to: 'on_hold', by, reason, set });
  }
}
