import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/port.ts';
import { formatAmount } from '../kernel/amounts.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError, notFound } from '../kernel/errors.ts';
import { printMemo } from '../kernel/memos.ts';
import { allAssets, keyOf } from './assets.ts';
import type { AssetRow, CreditRow, IncomingRow, ObligationRow } from './rows.ts';
import { openRefunds, type SuspenseItem, suspenseId } from './suspense.ts';

/** Where money stands: undecided, kept back by an operator, on its way back or back, or no longer in suspense. */
export const SUSPENSE_STATES = ['open', 'held', 'refunding', 'refunded'] as const;
export type SuspenseState = (typeof SUSPENSE_STATES)[number];

/** Why money lies in suspense, in a sentence for people. */
export const SUSPENSE_TEXTS: Readonly<Record<string, string>> = {
  no_reference: 'It names no deposit.',
  unknown_reference: 'No deposit has this reference.',
  no_memo: 'It has no memo and no muxed id.',
  unknown_memo: 'No withdrawal waits with this memo.',
  memo_and_muxed: 'Its memo and its muxed id differ.',
  wrong_asset: 'It is another asset than the transaction is of.',
  too_small: 'It is less than was announced.',
  too_large: 'It is more than was announced.',
  duplicate: 'The transaction has its money already.',
  expired: 'It came after the transaction had expired.',
  not_awaited: 'The transaction does not wait for money.',
  below_fee: 'The fee leaves nothing of it.',
  unsupported_operation: 'It did not come as a payment (account merge, claimed balance).',
  unreadable: 'It could not be read.',
  id_reused: 'The bank has given its id to other money before.',
  no_price: 'There was no price to exchange it by; it is booked as soon as there is one.',
  internal_error: 'The fee could not be computed: see the log.',
};

export interface SuspenseFilters {
  /** default: open, held and refunding */
  state?: SuspenseState | undefined;
  reason?: string | undefined;
  kind?: SuspenseItem['kind'] | undefined;
  /** only what names this transaction; in every state */
  transactionId?: string | undefined;
  limit: number;
  /** only what is older than this one */
  after?: { at: string; id: string } | undefined;
}

/** Newest first, payments and credits together. */
export async function listSuspense(db: Queries, filters: SuspenseFilters): Promise<SuspenseItem[]> {
  const { kind, limit } = filters;
  const payments: SuspenseItem[] = [];
  const credits: SuspenseItem[] = [];
  if (kind !== 'credit') {
    const { rows } = await page<IncomingRow>('incoming_payments', 'operation_id', filters).execute(db);
    payments.push(...rows.map((row): SuspenseItem => ({ kind: 'payment', row })));
  }
  if (kind !== 'payment') {
    const { rows } = await page<CreditRow>('bank_credits', 'id', filters).execute(db);
    credits.push(...rows.map((row): SuspenseItem => ({ kind: 'credit', row })));
  }
  const newest = (a: SuspenseItem, b: SuspenseItem): number => (placeOf(a) < placeOf(b) ? 1 : -1);
  return [...payments, ...credits].sort(newest).slice(0, limit);
}

const placeOf = (item: SuspenseItem): string => `${item.row.created_at} ${suspenseId(item)}`;

function page<Row>(table: string, id: string, filters: SuspenseFilters): RawBuilder<Row> {
  const parent = table === 'incoming_payments' ? 'incoming_id' : 'credit_id';
  const key = sql.ref(`${table}.${id}`);
  const open = sql`exists (select 1 from obligations where obligations.${sql.ref(parent)} = ${key}
    and obligations.state not in ('paid', 'cancelled'))`;
  const states: Record<SuspenseState, RawBuilder<unknown>> = {
    open: sql`refunded_units = 0 and held_at is null`,
    held: sql`refunded_units = 0 and held_at is not null`,
    refunding: sql`refunded_units > 0 and ${open}`,
    refunded: sql`refunded_units > 0 and not ${open}`,
  };
  const wanted: RawBuilder<unknown>[] = [];
  if (filters.state !== undefined) wanted.push(sql`(${states[filters.state]})`);
  else if (filters.transactionId === undefined) wanted.push(sql`(refunded_units = 0 or ${open})`);
  if (filters.transactionId !== undefined) wanted.push(sql`transaction_id = ${filters.transactionId}`);
  if (filters.reason !== undefined) wanted.push(sql`reason = ${filters.reason}`);
  if (filters.after !== undefined) {
    const { at, id: last } = filters.after;
    wanted.push(sql`(created_at < ${at} or (created_at = ${at} and ${key} < ${last}))`);
  }
  return sql<Row>`select * from ${sql.table(table)} where bucket = 'suspense' and ${sql.join(wanted, sql` and `)}
    order by created_at desc, ${key} desc limit ${filters.limit}`;
}

/**
 * Money that came in, in suspense or not any more, by the network's operation id or the bank's own id.
 *
 * @throws SUSPENSE_NOT_FOUND (404), SUSPENSE_AMBIGUOUS (409)
 */
export async function findSuspense(
  db: Queries,
  id: string,
  kind?: SuspenseItem['kind'],
): Promise<SuspenseItem> {
  const found: SuspenseItem[] = [];
  if (kind !== 'credit') {
    const byId = db.selectFrom('incoming_payments').selectAll().where('operation_id', '=', id);
    const row = await byId.executeTakeFirst();
    if (row !== undefined) found.push({ kind: 'payment', row });
  }
  if (kind !== 'payment') {
    const row = await db.selectFrom('bank_credits').selectAll().where('id', '=', id).executeTakeFirst();
    if (row !== undefined) found.push({ kind: 'credit', row });
  }
  const [item, another] = found;
  if (item === undefined) {
    throw notFound('SUSPENSE_NOT_FOUND', `Nothing came in as ${id}.`, 'See: anchor suspense list');
  }
  if (another !== undefined) {
    throw new AnchorError({
      code: 'SUSPENSE_AMBIGUOUS',
      message: `Both a Stellar payment and a bank credit are called ${id}.`,
      hint: 'Say which: --kind payment or --kind credit',
      httpStatus: 409,
    });
  }
  return item;
}

/** Money in suspense as `--json` prints it; amounts as decimal text. */
export interface SuspenseView {
  id: string;
  kind: SuspenseItem['kind'];
  /** SuspenseState, or `matched`, `internal`, `returned` */
  state: string;
  reason: string | null;
  reason_text: string | null;
  amount: string;
  /** `native` or CODE:ISSUER; null for a bank credit */
  asset: string | null;
  from: string | null;
  memo: string | null;
  memo_type: string | null;
  muxed_id: string | null;
  reference: string | null;
  account: string | null;
  stellar_transaction_id: string | null;
  /** the transaction it names or was matched to */
  transaction_id: string | null;
  /** ISO 8601: when it came in */
  received_at: string;
  held_at: string | null;
  /** when its asset's policy sends it back; null where it does not */
  refund_due_at: string | null;
}

export async function suspenseView(db: Queries, item: SuspenseItem): Promise<SuspenseView> {
  const { row } = item;
  const text = row.reason === null ? null : (SUSPENSE_TEXTS[row.reason] ?? row.reason);
  return {
    id: suspenseId(item),
    kind: item.kind,
    state: await stateOf(db, item),
    reason: row.reason,
    reason_text: text,
    amount: formatAmount(row.amount_units),
    ...(item.kind === 'payment' ? paymentView(item.row) : creditView(item.row)),
    transaction_id: row.transaction_id,
    held_at: row.held_at,
    refund_due_at: await dueAt(db, item),
  };
}

const paymentView = (row: IncomingRow) => ({
  asset: row.asset,
  from: row.refund_to ?? row.from_account,
  memo:
    row.memo_type === 'hash' && row.memo !== null ? printMemo({ type: 'hash', value: row.memo }) : row.memo,
  memo_type: row.memo_type,
  muxed_id: row.muxed_id,
  reference: null,
  account: row.account,
  stellar_transaction_id: row.transaction_hash,
  received_at: row.paid_at,
});

const creditView = (row: CreditRow) => ({
  asset: null,
  from: row.payer,
  memo: null,
  memo_type: null,
  muxed_id: null,
  reference: row.reference,
  account: null,
  stellar_transaction_id: null,
  received_at: row.credited_at,
});

async function stateOf(db: Queries, item: SuspenseItem): Promise<string> {
  const { row } = item;
  if (row.bucket !== 'suspense') return row.bucket;
  if (row.refunded_units === 0n) return row.held_at === null ? 'open' : 'held';
  return (await openRefunds(db, item)).length > 0 ? 'refunding' : 'refunded';
}

/** As `refundDuePayments` and `refundDueCredits` choose. */
async function dueAt(db: Queries, item: SuspenseItem): Promise<string | null> {
  const { row } = item;
  if (row.bucket !== 'suspense' || row.refunded_units > 0n || row.held_at !== null) return null;
  const asset = await policyAsset(db, item);
  const least = asset?.refund_min_units ?? 0n;
  if (asset == null || asset.refund_after_hours === null) return null;
  if (row.amount_units <= 0n || row.amount_units < least) return null;
  return isoTime(Date.parse(row.created_at) + asset.refund_after_hours * 3_600_000);
}

async function policyAsset(db: Queries, item: SuspenseItem): Promise<AssetRow | null> {
  const assets = [...(await allAssets(db)).values()];
  if (item.kind === 'payment') {
    const there = assets.filter((one) => one.distribution_account === item.row.account);
    const own = there.find((one) => keyOf(one) === item.row.asset);
    const oldest = [...there].sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1))[0];
    return own ?? (item.row.reason === 'wrong_asset' ? (oldest ?? null) : null);
  }
  const { transaction_id: id } = item.row;
  if (id === null) return assets.length === 1 ? (assets[0] ?? null) : null;
  const transaction = await db
    .selectFrom('transactions')
    .select('asset_id')
    .where('id', '=', id)
    .executeTakeFirst();
  return assets.find((one) => one.id === transaction?.asset_id) ?? null;
}

/** Everything that was owed back for it, also what was called off. */
export function refundsFor(db: Queries, item: SuspenseItem): Promise<ObligationRow[]> {
  return db
    .selectFrom('obligations')
    .selectAll()
    .where(item.kind === 'payment' ? 'incoming_id' : 'credit_id', '=', suspenseId(item))
    .orderBy('ordinal')
    .execute();
}

export interface SuspenseHistoryEntry {
  at: string;
  action: string;
  by: string;
  reason: string;
}

export async function suspenseHistory(db: Queries, item: SuspenseItem): Promise<SuspenseHistoryEntry[]> {
  const rows = await db
    .selectFrom('suspense_history')
    .selectAll()
    .where(item.kind === 'payment' ? 'incoming_id' : 'credit_id', '=', suspenseId(item))
    .orderBy('id')
    .execute();
  return rows.map(({ at, action, by_whom, reason }) => ({ at, action, by: by_whom, reason }));
}
