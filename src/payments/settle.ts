import type { Queries } from '../database/port.ts';
import { isoTime } from '../kernel/clock.ts';
import { claimableBalanceId } from '../stellar/build.ts';
import { tellCompleted } from '../transfers/completed.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { moveTransactions } from '../transfers/move-many.ts';
import { refundPaid } from '../transfers/refunds.ts';
import type { ObligationRow, TransactionRow } from '../transfers/rows.ts';
import { changeObligation, completeTransaction, transactionOf } from '../transfers/settle.ts';
import { hold, lockedTransactions, release } from './book.ts';
import { freezeSigning } from './freeze.ts';
import { fenced, type Lease } from './lease.ts';
import { policy } from './policy.ts';
import { looksFirst, reactionTo } from './reactions.ts';
import { type Outcome, operationTypes, readResult } from './results.ts';
import type { EnvelopeRow, SlotRow, Wait } from './rows.ts';

/** A transaction found in a ledger: the only thing that uses up a slot. */
export interface Found {
  successful: boolean;
  ledger: number;
  resultXdr: string;
}

/** Denied by the signer, say: it is tried again seldom. */
const leftOut = ({ waiting_code: code, waiting_text: text }: ObligationRow): Wait =>
  code === 'signatures' && text !== null ? { code, text, user: false, pauseMs: policy.waitMaxMs } : LEFT_OUT;

/** An obligation of the slot that the applied envelope does not carry: the door had refused its operation in an earlier one. */
const LEFT_OUT: Wait = {
  code: 'network',
  text: 'The network refused the operation at the door.',
  user: false,
};

/** What came of it: how many obligations were paid, and those whose operation failed. */
export interface Settled {
  paid: number;
  faulty: ReadonlySet<string>;
}

/** An envelope that was found in a ledger, and the slot that it has used. */
export interface Arrival {
  lease: Lease;
  slot: SlotRow;
  envelope: EnvelopeRow;
  found: Found;
}

/**
 * Books envelopes that the ledger holds, in one database transaction: each slot is consumed; of a successful one its obligations are
 * paid and their transactions completed, of a failed one the operations that it names wait or are held; all others of the slot go
 * again (reliability R2, R4). Answers in the order of `arrivals`.
 */
export async function settleFound(ctx: AnchorContext, arrivals: readonly Arrival[]): Promise<Settled[]> {
  if (arrivals.length === 0) return [];
  const read = await Promise.all(
    arrivals.map(async (arrival) => {
      const { found, envelope } = arrival;
      const outcome = found.successful ? null : await readResult(found.resultXdr);
      return { ...arrival, outcome, types: found.successful ? operationTypes(envelope.xdr) : [] };
    }),
  );
  const leases = arrivals.map(({ lease }) => lease);
  const booked = await fenced(ctx, leases, async (trx) => {
    const all: Booked[] = [];
    for (const one of read) all.push(await book(ctx, trx, one));
    return all;
  });
  for (const [at, { completed }] of booked.entries()) {
    const { envelope, found, outcome } = read[at] as Read;
    const { hash } = envelope;
    for (const row of completed) {
      ctx.log.info('payment_completed', { transaction: row.id, hash, ledger: found.ledger });
      await tellCompleted(ctx, row);
    }
    if (outcome !== null) ctx.log.warn('payment_failed_in_ledger', { hash, code: outcome.code });
  }
  return booked.map(({ completed, faulty }) => ({ paid: completed.length, faulty }));
}

interface Read extends Arrival {
  /** of a failed one */
  outcome: Outcome | null;
  /** of a successful one: its operations */
  types: string[];
}

interface Booked {
  completed: TransactionRow[];
  faulty: Set<string>;
}

async function book(
  ctx: AnchorContext,
  trx: Queries,
  { slot, envelope, found, outcome, types }: Read,
): Promise<Booked> {
  const faulty = new Set<string>();
  const evidence = { hash: envelope.hash, ledger: found.ledger, successful: found.successful };
  await endSlot(ctx, trx, slot, 'consumed', evidence);
  await endEnvelopes(ctx, trx, slot, envelope, found);
  const rows = await boundTo(trx, slot);
  const marks = await marksOf(trx, envelope.hash);
  const bound = new Set(rows.map((row) => row.id));
  const strays = [...marks.keys()].filter((id) => !bound.has(id));
  if (found.successful && strays.length > 0) {
    // it has paid what our book has bound elsewhere: stop, and let the operator look (R13)
    ctx.log.error('paid_outside_of_slot', { hash: envelope.hash, obligations: strays });
    await freezeSigning(ctx, trx, { hash: envelope.hash, account: slot.source_account });
  }
  const carried: Paying[] = [];
  const indexes = outcome === null ? [] : [...marks.values()].sort((a, b) => a - b);
  for (const row of rows) {
    const index = marks.get(row.id);
    if (index === undefined) await release(ctx, trx, row, leftOut(row));
    else if (outcome === null) carried.push({ row, index, type: types[index] ?? '' });
    else {
      const fault = faultOf(outcome, indexes, index);
      if (fault !== null) faulty.add(row.id);
      await failed(ctx, trx, row, fault);
    }
  }
  return { completed: await payAll(ctx, trx, envelope, carried), faulty };
}

/** What the failed transaction says of one obligation: the first bad operation up to its own since the mark before it. */
function faultOf(outcome: Outcome, indexes: readonly number[], index: number): string | null {
  const at = indexes.indexOf(index);
  const from = at <= 0 ? 0 : (indexes[at - 1] ?? -1) + 1;
  const codes = outcome.operations.slice(from, index + 1);
  return codes.find((code) => !code.endsWith('Success')) ?? null;
}

interface Paying {
  row: ObligationRow;
  index: number;
  /** of its operation */
  type: string;
}

const DONE = { by: 'job:submit-payments', reason: 'the payment is in a ledger' };

/** The plain payments in a few statements together, everything else one by one. Answers the transactions that are completed by it. */
async function payAll(
  ctx: AnchorContext,
  trx: Queries,
  envelope: EnvelopeRow,
  carried: readonly Paying[],
): Promise<TransactionRow[]> {
  const plain = carried.filter(({ row, type }) => row.purpose === 'deliver' && type === 'payment');
  const ids = plain.flatMap(({ row }) => row.transaction_id ?? []);
  const together = (await lockedTransactions(ctx, trx, ids)).filter(
    (row) => row.kind === 'deposit' && row.status === 'pending_stellar',
  );
  const known = new Set(together.map((row) => row.id));
  const bulk = plain.filter(({ row }) => known.has(row.transaction_id ?? ''));
  if (bulk.length > 0) {
    await trx
      .updateTable('obligations')
      .set({
        state: 'paid',
        paid_by: envelope.hash,
        waiting_code: null,
        waiting_text: null,
        held_for: null,
        updated_at: isoTime(ctx.clock.now()),
      })
      .where(
        'id',
        'in',
        bulk.map(({ row }) => row.id),
      )
      .execute();
  }
  const set = { stellar_transaction_id: envelope.hash };
  const completed = await moveTransactions(ctx, trx, together, { ...DONE, to: 'completed', set });
  const done = new Set(bulk);
  for (const one of carried) {
    if (done.has(one)) continue;
    const row = await paid(ctx, trx, envelope, one);
    if (row !== null) completed.push(row);
  }
  return completed;
}

async function paid(
  ctx: AnchorContext,
  trx: Queries,
  envelope: EnvelopeRow,
  { row, index, type }: Paying,
): Promise<TransactionRow | null> {
  if (type === 'createAccount' && !(await isNative(trx, row))) {
    const text = 'The account was created; it has no trustline yet.';
    await release(ctx, trx, row, { code: 'trustline', text, user: true });
    return null;
  }
  await changeObligation(ctx, trx, row, {
    state: 'paid',
    paid_by: envelope.hash,
    waiting_code: null,
    waiting_text: null,
    held_for: null,
  });
  if (row.purpose === 'refund') {
    await refundPaid(ctx, trx, row, DONE.by);
    return null;
  }
  const transaction = await transactionOf(trx, row.transaction_id);
  const claimable = type === 'createClaimableBalance';
  const source = envelope.source_account;
  const balance = claimable
    ? claimableBalanceId({ source, sequence: envelope.sequence, operationIndex: index })
    : null;
  return completeTransaction(ctx, trx, transaction, {
    ...DONE,
    reason: claimable ? 'the claimable balance was created' : DONE.reason,
    set: {
      stellar_transaction_id: envelope.hash,
      ...(balance === null ? {} : { claimable_balance_id: balance }),
    },
  });
}

async function isNative(trx: Queries, row: ObligationRow): Promise<boolean> {
  if (row.asset_key !== null) return row.asset_key === 'native';
  const { asset_id: id } = row;
  const asset = await trx.selectFrom('assets').select('issuer').where('id', '=', id).executeTakeFirst();
  return asset?.issuer === '';
}

async function failed(
  ctx: AnchorContext,
  trx: Queries,
  row: ObligationRow,
  fault: string | null,
): Promise<void> {
  const first = row.attempts === 0 && fault !== null && looksFirst(fault);
  const reaction = fault === null || first ? null : reactionTo(fault);
  if (reaction !== null && 'hold' in reaction) await hold(ctx, trx, row, reaction.hold);
  else await release(ctx, trx, row, reaction);
}

/** Proven dead: no envelope of the slot can ever apply, so what it carried goes again (R4). */
export async function settleDead(
  ctx: AnchorContext,
  lease: Lease,
  slot: SlotRow,
  proof: { ledger: number; sequence: bigint },
  wait: Wait | null,
): Promise<void> {
  await fenced(ctx, lease, async (trx) => {
    const evidence = { ledger: proof.ledger, sequence: proof.sequence.toString() };
    await endSlot(ctx, trx, slot, 'dead', evidence);
    await endEnvelopes(ctx, trx, slot, null, null);
    for (const row of await boundTo(trx, slot)) await release(ctx, trx, row, wait);
  });
  ctx.log.warn('payment_expired', { source: slot.source_account, sequence: slot.sequence.toString() });
}

/** Someone else has used our sequence number: what it carried can go again, but nothing is signed until an operator has looked. */
export async function settleForeign(
  ctx: AnchorContext,
  lease: Lease,
  slot: SlotRow,
  found: { hash: string; ledger: number },
): Promise<void> {
  await fenced(ctx, lease, async (trx) => {
    await endSlot(ctx, trx, slot, 'foreign', found);
    await endEnvelopes(ctx, trx, slot, null, null);
    const text = `A transaction that this anchor did not sign has used its account: ${found.hash}.`;
    for (const row of await boundTo(trx, slot)) {
      await release(ctx, trx, row, { code: 'operator', text, user: false });
    }
    await freezeSigning(ctx, trx, { hash: found.hash, account: slot.source_account });
  });
}

async function endSlot(
  ctx: AnchorContext,
  trx: Queries,
  slot: SlotRow,
  state: 'consumed' | 'dead' | 'foreign',
  evidence: object,
): Promise<void> {
  await trx
    .updateTable('slots')
    .set({ state, evidence: JSON.stringify(evidence), updated_at: isoTime(ctx.clock.now()) })
    .where('id', '=', slot.id)
    .where('state', '=', 'open')
    .returning('id')
    .executeTakeFirstOrThrow();
}

async function endEnvelopes(
  ctx: AnchorContext,
  trx: Queries,
  slot: SlotRow,
  applied: EnvelopeRow | null,
  found: Found | null,
): Promise<void> {
  const updated_at = isoTime(ctx.clock.now());
  if (applied !== null && found !== null) {
    await trx
      .updateTable('envelopes')
      .set({
        state: found.successful ? 'applied' : 'failed',
        ledger: found.ledger,
        result_xdr: found.resultXdr,
        updated_at,
      })
      .where('hash', '=', applied.hash)
      .execute();
  }
  await trx
    .updateTable('envelopes')
    .set({ state: 'dead', updated_at })
    .where('slot_id', '=', slot.id)
    .where('state', 'in', ['signed', 'submitted'])
    .execute();
}

const boundTo = (trx: Queries, slot: SlotRow): Promise<ObligationRow[]> =>
  trx
    .selectFrom('obligations')
    .selectAll()
    .where('slot_id', '=', slot.id)
    .where('state', '=', 'bound')
    .orderBy('created_at')
    .execute();

async function marksOf(trx: Queries, hash: string): Promise<Map<string, number>> {
  const rows = await trx
    .selectFrom('envelope_obligations')
    .select(['obligation_id', 'operation_index'])
    .where('envelope_hash', '=', hash)
    .execute();
  return new Map(rows.map((row) => [row.obligation_id, row.operation_index]));
}
