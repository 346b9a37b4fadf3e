import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { AnchorError } from '../kernel/errors.ts';
import type { SignedEnvelope } from '../stellar/build.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { moveTransaction, transactionMoved } from '../transfers/move.ts';
import { moveTransactions } from '../transfers/move-many.ts';
import { databaseTime } from '../transfers/pauses.ts';
import type { ObligationRow, TransactionRow } from '../transfers/rows.ts';
import { changeObligation, transactionOf } from '../transfers/settle.ts';
import type { Batch } from './batch.ts';
import { policy, waitMs } from './policy.ts';
import { readingsOf } from './readings.ts';
import { PAYABLE } from './ready.ts';
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
  payer: string = source,
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
        payer,
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
    .set({ state: 'open', payer, updated_at: at })
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
  marks: readonly { index: number; id: string }[];
  /** signatures that it still lacks; absent: none */
  awaiting?: 'signer' | 'cosigners';
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
      awaiting: envelope.awaiting ?? null,
      signed_ledger: readingsOf(ctx).highest || null,
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

const obligationMoved = (id: string): AnchorError =>
  new AnchorError({
    code: 'OBLIGATION_MOVED',
    message: `Obligation ${id} was changed by someone else.`,
    httpStatus: 409,
  });

/**
 * Binds a batch to its slot in a few statements; the deposits show pending_stellar (S24-M10). What somebody else is writing at this
 * moment is not waited for: the batch is made again without it.
 *
 * @throws OBLIGATION_MOVED, TRANSACTION_MOVED
 */
export async function bind(ctx: AnchorContext, trx: Queries, slot: SlotRow, batch: Batch): Promise<void> {
  const ids = batch.items.map(({ owed }) => owed.obligation.id);
  const found = await trx
    .selectFrom('obligations')
    .select(['id', 'state', 'attempts'])
    .where('id', 'in', ids)
    .$if(ctx.db.dialect === 'postgres', (query) => query.forUpdate().skipLocked())
    .execute();
  const now = new Map(found.map((row) => [row.id, row]));
  for (const { owed } of batch.items) {
    const { id, state, attempts } = owed.obligation;
    const row = now.get(id);
    if (row?.state !== state || row.attempts !== attempts) throw obligationMoved(id);
  }
  await trx
    .updateTable('obligations')
    .set({
      state: 'bound',
      slot_id: slot.id,
      waiting_code: null,
      waiting_text: null,
      not_before_at: null,
      updated_at: isoTime(ctx.clock.now()),
    })
    .where('id', 'in', ids)
    .execute();
  await showSent(ctx, trx, batch);
}

/** A refund shows in its transaction when it is paid. */
async function showSent(ctx: AnchorContext, trx: Queries, batch: Batch): Promise<void> {
  const ids = batch.items.flatMap(({ owed: { obligation } }) =>
    obligation.purpose === 'deliver' && obligation.transaction_id !== null ? [obligation.transaction_id] : [],
  );
  const rows = await lockedTransactions(ctx, trx, ids);
  const held = rows.find((row) => !PAYABLE.includes(row.status));
  if (held !== undefined) throw transactionMoved(held.id);
  const deposits = rows.filter((row) => row.kind === 'deposit');
  const step = { by: BY, set: { message: null } };
  const trusting = await moveTransactions(
    ctx,
    trx,
    deposits.filter((row) => row.status === 'pending_trust'),
    { ...step, to: 'pending_anchor', reason: 'it can be paid now' },
  );
  const ready = deposits.filter((row) => row.status === 'pending_anchor');
  await moveTransactions(ctx, trx, [...ready, ...trusting], {
    ...step,
    to: 'pending_stellar',
    reason: 'the payment is sent',
  });
}

/** In the order of their ids, so that nobody waits for us while we wait for him. */
export async function lockedTransactions(
  ctx: AnchorContext,
  trx: Queries,
  ids: readonly string[],
): Promise<TransactionRow[]> {
  if (ids.length === 0) return [];
  return trx
    .selectFrom('transactions')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('id')
    .$if(ctx.db.dialect === 'postgres', (query) => query.forUpdate())
    .execute();
}

/** Gives an obligation back: to go again at once (`wait` null) or to wait for something. */
export async function release(
  ctx: AnchorContext,
  trx: Queries,
  row: ObligationRow,
  wait: Wait | null,
): Promise<void> {
  if (row.held_for === 'returned') return withhold(ctx, trx, row);
  const attempts = row.attempts + 1;
  await changeObligation(ctx, trx, row, {
    state: wait === null ? 'owed' : 'waiting',
    slot_id: null,
    attempts,
    waiting_code: wait?.code ?? null,
    waiting_text: wait?.text ?? null,
    not_before_at: wait === null ? null : await databaseTime(ctx, pauseMs(row.attempts, wait), trx),
  });
  await showWaiting(ctx, trx, row, wait);
}

/** The bank took its money back while the payment was on its way: it did not happen, and now it must not. */
async function withhold(ctx: AnchorContext, trx: Queries, row: ObligationRow): Promise<void> {
  await hold(ctx, trx, row, 'The bank took the money back.');
  await trx
    .updateTable('bank_returns')
    .set({ effect: 'withheld' })
    .where('transaction_id', '=', row.transaction_id)
    .where('effect', '=', 'after_payment')
    .where('resolved_at', 'is', null)
    .execute();
}

/** Funds come by a deed of the operator's, who looks whether it helps. */
const pauseMs = (attempts: number, wait: Wait): number => {
  const pause = Math.max(wait.pauseMs ?? 0, waitMs(attempts));
  return wait.code === 'funds' ? Math.min(policy.fundsMaxMs, pause) : pause;
};

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
