import { limits } from '../kernel/limits.ts';
import { buildTransaction } from '../stellar/build.ts';
import type { Operation } from '../stellar/operations.ts';
import type { SubmitAnswer } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { storeEnvelope } from './book.ts';
import { readFreeze } from './freeze.ts';
import { fenced, type Lease } from './lease.ts';
import { readEnvelope, readResult } from './results.ts';
import type { EnvelopeRow, SlotRow } from './rows.ts';
import { signerFor } from './signing.ts';

type Refusal = Extract<SubmitAnswer, { status: 'refused' }>;

interface Mark {
  index: number;
  id: string;
}

interface Change {
  feePerOperation: bigint;
  operations: Operation[];
  marks: Mark[];
}

/**
 * Another envelope in the same slot where the door refused the last one for its fee or named a bad operation: a higher fee, or the
 * others without that one, which goes on only after the slot has ended. Safe whatever became of the first, because the ledger lets at
 * most one envelope of a slot succeed (reliability R2). Null where nothing better can be made.
 */
export async function replace(
  ctx: AnchorContext,
  lease: Lease,
  slot: SlotRow,
  envelope: EnvelopeRow,
): Promise<EnvelopeRow | null> {
  const refusal = refusalOf(envelope);
  if (refusal === null || (await readFreeze(ctx.db.read)) !== null) return null;
  const { operations, feePerOperation } = await readEnvelope(envelope.xdr, ctx.network.passphrase);
  const marks = await marksOf(ctx, envelope.hash);
  const change = await better(ctx, refusal, { operations, feePerOperation, marks });
  if (change === null) return null;
  const [ledger, key] = await Promise.all([ctx.network.latestLedger(), signerFor(ctx, slot.source_account)]);
  const maxLedger = ledger.sequence + limits.envelopeLedgers;
  const maxTime = ledger.closeTime + limits.envelopeSeconds;
  const memo = await memoOf(ctx, marks);
  const signed = await buildTransaction({
    passphrase: ctx.network.passphrase,
    source: slot.source_account,
    sequence: slot.sequence,
    feePerOperation: change.feePerOperation,
    operations: change.operations,
    memo,
    maxTime,
    maxLedger,
    signers: [key],
  });
  const fee = change.feePerOperation * BigInt(change.operations.length);
  ctx.log.info('envelope_replaced', { before: envelope.hash, hash: signed.hash });
  return fenced(ctx, lease, (trx) =>
    storeEnvelope(ctx, trx, slot, {
      signed,
      purpose: 'payment',
      maxLedger,
      maxTime,
      fee,
      marks: change.marks,
    }),
  );
}

function refusalOf(envelope: EnvelopeRow): Refusal | null {
  if (envelope.last_answer === null) return null;
  const answer = JSON.parse(envelope.last_answer) as SubmitAnswer;
  return answer.status === 'refused' ? answer : null;
}

async function better(ctx: AnchorContext, refusal: Refusal, now: Change): Promise<Change | null> {
  if (refusal.transactionCode === 'tx_insufficient_fee') return dearer(ctx, refusal, now);
  if (refusal.transactionCode !== 'tx_failed' || now.marks.length < 2) return null;
  const bad = refusal.operationCodes.findIndex((code) => code !== 'op_success' && code !== 'op_inner');
  return bad < 0 ? null : without(now, bad);
}

async function dearer(ctx: AnchorContext, refusal: Refusal, now: Change): Promise<Change | null> {
  const asked = await ctx.network.feeStats().catch(() => null);
  const said = refusal.resultXdr === null ? null : await readResult(refusal.resultXdr).catch(() => null);
  const count = BigInt(now.operations.length);
  const needed = said === null ? 0n : (said.feeCharged + count - 1n) / count;
  const wanted = [needed, asked?.p90Fee ?? 0n, now.feePerOperation * 2n].reduce((a, b) => (a > b ? a : b));
  const cap = ctx.project.stellar.maxFee;
  const fee = wanted > cap ? cap : wanted;
  return fee > now.feePerOperation ? { ...now, feePerOperation: fee } : null;
}

/** Leaves out every operation of the obligation that the bad one belongs to: those after the mark before it, up to its own. */
function without(now: Change, bad: number): Change | null {
  const marks = [...now.marks].sort((a, b) => a.index - b.index);
  const at = marks.findIndex((mark) => mark.index >= bad);
  if (at < 0) return null;
  const from = (marks[at - 1]?.index ?? -1) + 1;
  const to = marks[at]?.index ?? bad;
  const gone = to - from + 1;
  return {
    ...now,
    operations: now.operations.filter((_, index) => index < from || index > to),
    marks: marks
      .filter((_, index) => index !== at)
      .map((mark) => (mark.index > to ? { ...mark, index: mark.index - gone } : mark)),
  };
}

async function marksOf(ctx: AnchorContext, hash: string): Promise<Mark[]> {
  const rows = await ctx.db.read
    .selectFrom('envelope_obligations')
    .select(['obligation_id', 'operation_index'])
    .where('envelope_hash', '=', hash)
    .execute();
  return rows.map((row) => ({ index: row.operation_index, id: row.obligation_id }));
}

/** A transaction with a memo carries one obligation only, whose memo it is. */
async function memoOf(ctx: AnchorContext, marks: Mark[]) {
  const [only] = marks;
  if (only === undefined || marks.length > 1) return null;
  const row = await ctx.db.read
    .selectFrom('obligations')
    .select(['memo', 'memo_type'])
    .where('id', '=', only.id)
    .executeTakeFirst();
  return row?.memo != null && row.memo_type != null ? { type: row.memo_type, value: row.memo } : null;
}
