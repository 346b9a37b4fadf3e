import type { Queries } from '../database/port.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import { moveTransaction } from './move.ts';
import type { ObligationRow, TransactionRow } from './rows.ts';
import { changeObligation } from './settle.ts';
import type { Decision } from './suspense.ts';

/** States of an obligation in which nothing of it is on its way. */
const AT_REST = ['owed', 'waiting', 'held', 'paid'];

/**
 * Keeps a transaction's payments back until it is released (S24-M07). What is owed is touched, so that a worker that has just read it
 * finds it changed.
 *
 * @throws TRANSACTION_MOVED, OBLIGATION_MOVED, STATUS_MOVE_FORBIDDEN; HOLD_TOO_LATE (409) something is on its way
 */
export async function holdTransaction(
  ctx: AnchorContext,
  row: TransactionRow,
  { by, reason }: Decision,
): Promise<TransactionRow> {
  return ctx.db.write(async (trx) => {
    for (const owed of await openObligations(trx, row)) {
      if (!AT_REST.includes(owed.state)) {
        throw new AnchorError({
          code: 'HOLD_TOO_LATE',
          message: `A payment of ${row.id} is ${owed.state}: it is on its way.`,
          hint: `See: anchor tx show ${row.id}`,
          httpStatus: 409,
        });
      }
      if (owed.state !== 'paid') await changeObligation(ctx, trx, owed, { attempts: owed.attempts + 1 });
    }
    const back = row.status === 'pending_trust';
    const step = { by, reason: 'it can be held' };
    const current = back ? await moveTransaction(ctx, trx, row, { to: 'pending_anchor', ...step }) : row;
    return moveTransaction(ctx, trx, current, { to: 'on_hold', by, reason });
  });
}

/**
 * Lets a transaction go on, and with it Stellar payments that the engine has held. A payout that the bank left unclear stays held: only
 * the bank's word settles it.
 *
 * @throws TRANSACTION_MOVED, OBLIGATION_MOVED; RELEASE_NOTHING (409)
 */
export async function releaseTransaction(
  ctx: AnchorContext,
  row: TransactionRow,
  { by, reason }: Decision,
): Promise<TransactionRow> {
  return ctx.db.write(async (trx) => {
    const held = (await openObligations(trx, row)).filter(
      (owed) => owed.state === 'held' && owed.leg === 'stellar',
    );
    if (row.status !== 'on_hold' && held.length === 0) {
      throw new AnchorError({
        code: 'RELEASE_NOTHING',
        message: `Nothing of ${row.id} is held that an operator can release.`,
        hint: `See what it waits for: anchor tx show ${row.id}`,
        httpStatus: 409,
      });
    }
    for (const owed of held) {
      await changeObligation(ctx, trx, owed, {
        state: 'owed',
        attempts: owed.attempts + 1,
        waiting_code: null,
        waiting_text: null,
        not_before_at: null,
        held_for: null,
      });
    }
    // for the history, where the transaction itself was not held
    const holding =
      row.status === 'pending_anchor' ? { to: 'on_hold' as const, by, reason: 'its payment was held' } : null;
    const current = holding === null ? row : await moveTransaction(ctx, trx, row, holding);
    if (current.status !== 'on_hold') return current;
    return moveTransaction(ctx, trx, current, { to: 'pending_anchor', by, reason });
  });
}

const openObligations = (trx: Queries, row: TransactionRow): Promise<ObligationRow[]> =>
  trx
    .selectFrom('obligations')
    .selectAll()
    .where('transaction_id', '=', row.id)
    .where('state', '<>', 'cancelled')
    .execute();
