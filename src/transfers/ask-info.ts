import type { FieldRequest } from '../config/integrations.ts';
import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { AnchorContext } from './context.ts';
import { moveTransaction } from './move.ts';
import { obligationId } from './obligations.ts';
import type { TransactionRow } from './rows.ts';
import { changeObligation } from './settle.ts';

export interface InfoRequest {
  /** what is asked for, by name */
  fields: Readonly<Record<string, FieldRequest>>;
  /** why, for the user */
  message: string;
  /** `operator:NAME`, `integration` */
  by: string;
}

/** States in which nothing of a payout is on its way, nor may be. */
const AT_REST = ['owed', 'waiting', 'cancelled'];

/**
 * Asks the wallet for data of this transaction anew: it waits in `pending_transaction_info_update` until they come (S6-37, S31-M05). What is
 * owed waits with it; a payout that the bank has rejected is ordered anew afterwards, under another key.
 *
 * @throws ASK_NOTHING (400) no field; ASK_TOO_LATE (409) a payment is on its way; STATUS_MOVE_FORBIDDEN, TRANSACTION_MOVED (409)
 */
export async function askInfo(
  ctx: AnchorContext,
  row: TransactionRow,
  request: InfoRequest,
): Promise<TransactionRow> {
  if (Object.keys(request.fields).length === 0) {
    throw new AnchorError({
      code: 'ASK_NOTHING',
      message: 'No field was named.',
      exitStatus: 2,
      httpStatus: 400,
    });
  }
  const until = isoTime(ctx.clock.now() + ctx.project.transfers.expireHours * 3_600_000);
  return ctx.db.write(async (trx) => {
    await restPayments(ctx, trx, row);
    return moveTransaction(ctx, trx, row, {
      to: 'pending_transaction_info_update',
      by: request.by,
      reason: `asked for ${Object.keys(request.fields).join(', ')}`,
      set: {
        required_info_message: request.message,
        required_info_updates: JSON.stringify(request.fields),
        user_action_required_by: until,
        ...(row.received_units === 0n ? { expires_at: until } : {}),
      },
    });
  });
}

async function restPayments(ctx: AnchorContext, trx: Queries, row: TransactionRow): Promise<void> {
  const open = await trx
    .selectFrom('obligations')
    .selectAll()
    .where('transaction_id', '=', row.id)
    .where('state', '<>', 'cancelled')
    .execute();
  for (const owed of open) {
    if (owed.state === 'held' && owed.leg === 'rails' && owed.held_for === 'rejected') {
      await changeObligation(ctx, trx, owed, { state: 'cancelled', attempts: owed.attempts + 1 });
      const at = isoTime(ctx.clock.now());
      const ordinal = owed.ordinal + 1;
      await trx
        .insertInto('obligations')
        .values({
          ...owed,
          id: obligationId(owed, owed.leg, owed.purpose, ordinal),
          ordinal,
          state: 'owed',
          attempts: 0,
          waiting_code: null,
          waiting_text: null,
          held_for: null,
          not_before_at: null,
          external_id: null,
          paid_by: null,
          created_at: at,
          updated_at: at,
        })
        .execute();
    } else if (AT_REST.includes(owed.state) || owed.held_for === 'info') {
      // so that a worker that has just read it finds it changed
      await changeObligation(ctx, trx, owed, { attempts: owed.attempts + 1 });
    } else {
      throw new AnchorError({
        code: 'ASK_TOO_LATE',
        message: `A payment of ${row.id} is ${owed.state}: there is nothing to ask now.`,
        hint: `See: anchor tx show ${row.id}`,
        httpStatus: 409,
      });
    }
  }
}
