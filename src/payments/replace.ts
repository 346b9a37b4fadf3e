import { messageOf } from '../kernel/errors.ts';
import { buildTransaction } from '../stellar/build.ts';
import type { KeyPair } from '../stellar/keys.ts';
import type { Operation } from '../stellar/operations.ts';
import type { SubmitAnswer } from '../stellar/port.ts';
import type { AnchorContext } from '../transfers/context.ts';
import { bumpFor } from './bump.ts';
import { boundsFor } from './cosign/bounds.ts';
import type { Flight } from './flight.ts';
import { readFreeze } from './freeze.ts';
import { fenced } from './lease.ts';
import { readingsOf } from './readings.ts';
import { readEnvelope, readResult } from './results.ts';
import type { EnvelopeRow } from './rows.ts';
import { issuerKey } from './signers/local.ts';
import { refusalsOf } from './signers/policy.ts';
import { planSigning, signAndStore } from './signing.ts';
import { innerOf } from './wrap.ts';

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
  flight: Flight,
  envelope: EnvelopeRow,
): Promise<EnvelopeRow | null> {
  const { slot, source } = flight;
  const refusal = refusalOf(envelope);
  if (refusal === null || (await readFreeze(ctx.db.read)) !== null) return null;
  const { operations, feePerOperation } = readEnvelope(innerOf(envelope.xdr));
  const marks = await marksOf(ctx, envelope.hash);
  const change = await better(refusal, { operations, feePerOperation, marks });
  if (change === null) return null;
  const [ledger, account] = await Promise.all([
    readingsOf(ctx).ledger(ctx),
    ctx.network.account(flight.payer),
  ]);
  const plan = 'missing' in account ? null : await planSigning(ctx, account);
  if (plan === null || 'wait' in plan) return null;
  const bounds = await boundsFor(ctx, plan, ledger, ledger.sequence);
  const memo = await memoOf(ctx, marks);
  const signed = await buildTransaction({
    passphrase: ctx.network.passphrase,
    source: slot.source_account,
    sequence: slot.sequence,
    feePerOperation: change.feePerOperation,
    operations: change.operations,
    memo,
    ...bounds,
    signers: [...(source.key === null ? [] : [source.key]), ...issuersOf(ctx, change.operations)],
  });
  const fee = change.feePerOperation * BigInt(change.operations.length);
  ctx.log.info('envelope_replaced', { before: envelope.hash, hash: signed.hash });
  try {
    const finish = await bumpFor(ctx, source, plan.powers);
    const draft = { signed, purpose: 'payment', ...bounds, fee, marks: change.marks };
    return await fenced(ctx, source.lease, (trx) => signAndStore(ctx, trx, plan, slot, draft, finish));
  } catch (error) {
    if (refusalsOf(error) === null) throw error;
    ctx.log.warn('signing_refused', { slot: slot.id, error: messageOf(error) });
    return null;
  }
}

/** Our own issuers' keys, where operations of theirs go before a payment. */
function issuersOf(ctx: AnchorContext, operations: readonly Operation[]): KeyPair[] {
  const sources = new Set(
    operations.flatMap((one) => (one.type === 'setTrustLineFlags' ? (one.source ?? []) : [])),
  );
  return [...sources].flatMap((source) => issuerKey(ctx, source) ?? []);
}

function refusalOf(envelope: EnvelopeRow): Refusal | null {
  if (envelope.last_answer === null) return null;
  const answer = JSON.parse(envelope.last_answer) as SubmitAnswer;
  return answer.status === 'refused' ? answer : null;
}

async function better(refusal: Refusal, now: Change): Promise<Change | null> {
  const named = refusal.transactionCode === 'tx_failed' || refusal.transactionCode === 'signer_denied';
  if (!named || now.marks.length < 2) return null;
  const bad = await firstBad(refusal);
  return bad < 0 ? null : without(now, bad);
}

/** The first operation that the door has named, or -1. */
async function firstBad({ operationCodes, resultXdr }: Refusal): Promise<number> {
  if (operationCodes.length > 0) {
    return operationCodes.findIndex((code) => code !== 'op_success' && code !== 'op_inner');
  }
  const outcome = resultXdr === null ? null : await readResult(resultXdr).catch(() => null);
  return outcome === null ? -1 : outcome.operations.findIndex((code) => !code.endsWith('Success'));
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
