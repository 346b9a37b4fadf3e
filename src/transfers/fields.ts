import type { Queries } from '../database/port.ts';
import type { AnchorContext, SecretBox } from './context.ts';
import { moveTransaction } from './move.ts';
import type { TransactionRow } from './rows.ts';
import type { Status } from './states.ts';

const scope = (id: string): string => `transactions.fields:${id}`;

/** Form answers and SEP-9 fields are personal data: in the database they are sealed, bound to their transaction. */
export function sealFields(ctx: { box: SecretBox }, id: string, fields: Record<string, string>): string {
  return ctx.box.seal(JSON.stringify(fields), scope(id));
}

/** @throws SECRET_UNREADABLE when the key is gone or the value was changed */
export function readFields(
  ctx: { box: SecretBox },
  row: Pick<TransactionRow, 'id' | 'fields'>,
): Record<string, string> {
  if (row.fields === null) return {};
  return JSON.parse(ctx.box.open(row.fields, scope(row.id))) as Record<string, string>;
}

/** The sealed column with `add` merged over what is there, for a `set` of moveTransaction. */
export function mergedFields(
  ctx: { box: SecretBox },
  row: Pick<TransactionRow, 'id' | 'fields'>,
  add: Record<string, string>,
): string {
  return sealFields(ctx, row.id, { ...readFields(ctx, row), ...add });
}

/** Adds answers to a transaction without moving it. @throws TRANSACTION_MOVED */
export async function mergeFields(
  ctx: AnchorContext,
  trx: Queries,
  row: TransactionRow,
  add: Record<string, string>,
): Promise<TransactionRow> {
  return moveTransaction(ctx, trx, row, {
    to: row.status as Status,
    by: 'user',
    reason: 'answers',
    set: { fields: mergedFields(ctx, row, add) },
  });
}
