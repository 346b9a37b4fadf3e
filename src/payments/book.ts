import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { SignedEnvelope } from '../stellar/build.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { moveTransaction } from '../transfers/move.ts';
import type { ObligationRow } from '../transfers/rows.ts';
import { changeObligation, transactionOf } from '../transfers/settle.ts';
import type { Batch } from './batch.ts';
import { waitMs } from './policy.ts';
import type { EnvelopeRow, SlotRow, Wait } from './rows.ts';

const BY = 'job:submit-payments';

/** The account's sequence number was read from a server that lags behind our own book. */
const stale = (source: string): AnchorError =>
  new AnchorError({
    code: 'SEQUENCE_STALE',
    message: `The network's answer about ${source} is older than our own book.`,
    hint: 'It is asked again; check HORIZON_URI when this stays.',
  });

export const isStale = (error: unknown): boolean => AnchorError.is(error) && error.code === 'SEQUENCE_STALE';

/**
 * Takes the slot (source, sequence): new, or a dead one offered anew. Any other row there, or beyond, says that the sequence number
 * was read from a server that lags.
 *
 * @throws SEQUENCE_STALE
 */
export async function takeSlot(
  ctx: AnchorContext,
  trx: Queries,
  source: string,
  sequence: bigint,
): Promise<SlotRow> {
  const later = await trx
    .selectFrom('slots')
    .selectAll()
    .where('source_account', '=', source)
    .where('sequence', '>=', sequence)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  const at = isoTime(ctx.clock.now());
  if (later === undefined) {
    return trx
      .insertInto('slots')
      .values({
        id: ctx.ids.uuid(),
        source_account: source,
        sequence,
        state: 'open',
        created_at: at,
        updated_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  }
  if (later.sequence !== sequence || later.state !== 'dead') throw stale(source);
  const reopened = await trx
    .updateTable('slots')
    .set({ state: 'open', updated_at: at })
    .where('id', '=', later.id)
    .where('state', '=', 'dead')
    .returningAll()
    .executeTakeFirst();
  if (reopened === undefined) throw stale(source);
  return reopened;
}

export interface NewEnvelope {
  signed: SignedEnvelope;
  purpose: string;
  maxLedger: number;
  maxTime: number;
  fee: bigint;
  marks: { index: number; id: string }[];
}

/** Writes an envelope and what each of its operations stands for, before it is sent (reliability R3). */
export async function storeEnvelope(
  ctx: AnchorContext,
  trx: Queries,
  slot: SlotRow,
  envelope: NewEnvelope,
): Promise<EnvelopeRow> {
  const at = isoTime(ctx.clock.now());
  const row = await trx
    .insertInto('envelopes')
    .values({
      hash: envelope.signed.hash,
      inner_hash: envelope.signed.innerHash,
      slot_id: slot.id,
      purpose: envelope.purpose,
      xdr: envelope.signed.xdr,
      source_account: slot.source_account,
      sequence: slot.sequence,
      max_ledger: envelope.maxLedger,
      max_time: envelope.maxTime,
      fee_units: envelope.fee,
      state: 'signed',
      created_at: at,
      updated_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('envelope_obligations')
    .values(
      envelope.marks.map((mark) => ({
        envelope_hash: row.hash,
        operation_index: mark.index,
        obligation_id: mark.id,
      })),
    )
    .execute();
  return row;
}

/** Binds a batch to its slot; the deposits show pending_stellar (S24-M10). @throws OBLIGATION_MOVED, TRANSACTION_MOVED */
export async function bind(ctx: AnchorContext, trx: Queries, slot: SlotRow, batch: Batch): Promise<void> {
  for (const { owed } of batch.items) {
    await changeObligation(ctx, trx, owed.obligation, {
      state: 'bound',
      slot_id: slot.id,
      waiting_code: null,
      waiting_text: null,
      not_before_at: null,
    });
    // a refund shows in the transaction when it is paid
    if (owed.obligation.purpose === 'refund') continue;
    let row = await transactionOf(trx, owed.obligation.transaction_id);
    const step = { by: BY, set: { message: null } };
    if (row.status === 'pending_trust') {
      row = await moveTransaction(ctx, trx, row, {
        ...step,
        to: 'pending_anchor',
        reason: 'it can be paid now',
      });
    }
    if (row.kind === 'deposit' && row.status === 'pending_anchor') {
      await moveTransaction(ctx, trx, row, { ...step, to: 'pending_stellar', reason: 'the payment is sent' });
    }
  }
}

/** Gives an obligation back: to go again at once (`wait` null) or to wait for something. */
export async function release(
  ctx: AnchorContext,
  trx: Queries,
  row: ObligationRow,
  wait: Wait | null,
): Promise<void> {
  const attempts = row.attempts + 1;
  await changeObligation(ctx, trx, row, {
    state: wait === null ? 'owed' : 'waiting',
    slot_id: null,
    attempts,
    waiting_code: wait?.code ?? null,
    waiting_text: wait?.text ?? null,
    not_before_at: wait === null ? null : isoTime(ctx.clock.now() + waitMs(row.attempts)),
  });
  await showWaiting(ctx, trx, row, wait);
}

/** For the operator alone: nothing goes on before the operator has decided. */
export async function hold(
  ctx: AnchorContext,
  trx: Queries,
  row: ObligationRow,
  text: string,
): Promise<void> {
  ctx.log.error('payment_held', { obligation: row.id, transaction: row.transaction_id, text });
  await changeObligation(ctx, trx, row, {
    state: 'held',
    slot_id: null,
    waiting_code: 'operator',
    waiting_text: text.slice(0, 500),
    not_before_at: null,
  });
  await showWaiting(ctx, trx, row, null);
}

/** The deposit's status while its payment is not under way: pending_trust where the user has to act, else pending_anchor. */
async function showWaiting(
  ctx: AnchorContext,
  trx: Queries,
  obligation: ObligationRow,
  wait: Wait | null,
): Promise<void> {
  if (obligation.purpose === 'refund') return;
  let row = await transactionOf(trx, obligation.transaction_id);
  if (row.kind !== 'deposit') return;
  if (row.status === 'pending_stellar') {
    const reason = 'the payment did not go through';
    row = await moveTransaction(ctx, trx, row, { to: 'pending_anchor', by: BY, reason });
  }
  if (wait?.user && row.status === 'pending_anchor') {
    const set = { message: wait.text };
    await moveTransaction(ctx, trx, row, { to: 'pending_trust', by: BY, reason: wait.text, set });
  }
}
