import type { Insertable } from 'kysely';
import { callbackUrlOf, clientOf } from '../config/clients.ts';
import type { Queries } from '../database/port.ts';
import type { OutboxTable } from '../database/schema.ts';
import type { AnchorContext } from './context.ts';
import type { TransactionRow } from './rows.ts';

/** What the making of notices needs; an AnchorContext is one. */
export type NoticeContext = Pick<AnchorContext, 'clock'> & Partial<Pick<AnchorContext, 'wire' | 'project'>>;

type Notice = Insertable<OutboxTable>;

const isUrl = (value: string | null): value is string => value?.startsWith('http') ?? false;

/** By what those who listen to a transaction are found. */
type Heard = Pick<TransactionRow, 'id' | 'sep' | 'owner' | 'client_domain' | 'on_change_callback'>;

/** Who hears of each change: the address that came with the request, and that of the wallet in the file of clients; each once. */
function listeners(ctx: NoticeContext, row: Heard): { kind: Notice['kind']; url: string }[] {
  const heard: { kind: Notice['kind']; url: string }[] = [];
  if (isUrl(row.on_change_callback)) heard.push({ kind: 'on_change_callback', url: row.on_change_callback });
  const client = ctx.project === undefined ? undefined : clientOf(ctx.project, row.client_domain, row.owner);
  const url = client === undefined ? undefined : callbackUrlOf(client, row.sep);
  if (url !== undefined && url !== row.on_change_callback) heard.push({ kind: 'client_callback', url });
  return heard;
}

/** The body as it is sent, word for word; null where nobody here knows how a transaction looks on the wire: made when it is sent. */
async function bodyOf(ctx: NoticeContext, trx: Queries, row: TransactionRow): Promise<string | null> {
  return ctx.wire === undefined
    ? null
    : JSON.stringify({ transaction: await ctx.wire.transaction(trx, row) });
}

const noticeOf = (row: TransactionRow, at: string, body: string | null) => ({
  subject: `transaction:${row.id}`,
  transaction_id: row.id,
  status: row.status,
  body,
  next_at: at,
  created_at: at,
});

/**
 * Writes what subscribers are to be told of a change of status or `kyc_verified` (S24-34, S6-40, S31-28), in the database transaction of
 * the change, with the body as it is now (SC-36, SC-41).
 */
export async function tellChange(
  ctx: NoticeContext,
  trx: Queries,
  rows: readonly TransactionRow[],
  at: string,
): Promise<void> {
  const notices: Notice[] = [];
  for (const row of rows) {
    const heard = listeners(ctx, row);
    if (heard.length === 0) continue;
    const notice = noticeOf(row, at, await bodyOf(ctx, trx, row));
    notices.push(...heard.map((one) => ({ ...notice, ...one })));
  }
  if (notices.length > 0) await trx.insertInto('outbox').values(notices).execute();
}

/** The same of rows that were changed by one statement for many: those that somebody listens to are read again. */
export async function tellChanges(
  ctx: NoticeContext,
  trx: Queries,
  rows: readonly Heard[],
  at: string,
): Promise<void> {
  const ids = rows.filter((row) => listeners(ctx, row).length > 0).map(({ id }) => id);
  for (let from = 0; from < ids.length; from += 400) {
    const part = ids.slice(from, from + 400);
    const now = await trx.selectFrom('transactions').selectAll().where('id', 'in', part).execute();
    await tellChange(ctx, trx, now, at);
  }
}

/** `callback` hears once, when the user has finished the interactive flow, and nothing where it was abandoned (S24-33). */
export async function tellEnd(
  ctx: NoticeContext,
  trx: Queries,
  before: TransactionRow,
  after: TransactionRow,
  at: string,
): Promise<void> {
  if (!isUrl(after.callback) || before.status !== 'incomplete') return;
  if (after.status === 'incomplete' || after.status === 'expired') return;
  const told = await trx
    .selectFrom('outbox')
    .select('id')
    .where('transaction_id', '=', after.id)
    .where('kind', '=', 'callback')
    .executeTakeFirst();
  if (told !== undefined) return;
  const notice = noticeOf(after, at, await bodyOf(ctx, trx, after));
  await trx
    .insertInto('outbox')
    .values({ ...notice, kind: 'callback', url: after.callback })
    .execute();
}
